import { describe, expect, it } from "vitest";
import { columns } from "./say.js";
import { lineOf, plainReason, type StackEvent } from "./stack-events.js";

const StackId = "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/web/1";

function event(LogicalResourceId: string, ResourceStatus: StackEvent["ResourceStatus"], more: Partial<StackEvent> = {}): StackEvent {
  return { StackId, StackName: "web", EventId: LogicalResourceId, Timestamp: new Date(0), ResourceType: "AWS::EC2::VPC", LogicalResourceId, ResourceStatus, ...more };
}

describe("a stack's event for people", () => {
  it("is left out when it tells of a beginning that has ended meanwhile", () => {
    const begun = event("Vpc", "CREATE_IN_PROGRESS");
    expect(lineOf(begun, [event("Other", "CREATE_COMPLETE"), event("Vpc", "CREATE_COMPLETE")])).toBeUndefined();
    expect(lineOf(begun, [event("Other", "CREATE_COMPLETE")])).toBe("CREATE_IN_PROGRESS  Vpc                             AWS::EC2::VPC");
  });

  it("names what was made, and the reason of what failed without CloudFormation's wrapping", () => {
    expect(lineOf(event("Vpc", "CREATE_COMPLETE", { PhysicalResourceId: "vpc-1" }), [])).toMatch(/^CREATE_COMPLETE {5}Vpc .* vpc-1$/);
    const reason = 'Resource handler returned message: "The keypair "a" already exists" (RequestToken: 336, HandlerErrorCode: AlreadyExists)';
    expect(lineOf(event("Key", "CREATE_FAILED", { ResourceStatusReason: reason }), [])).toMatch(/ The keypair "a" already exists$/);
    expect(plainReason("Resource creation cancelled")).toBe("Resource creation cancelled");
  });

  it("of the stack itself says only its status, and why if not because the user wanted it", () => {
    const own = { ResourceType: "AWS::CloudFormation::Stack", PhysicalResourceId: StackId };
    expect(lineOf(event("web", "CREATE_IN_PROGRESS", { ...own, ResourceStatusReason: "User Initiated" }), [event("web", "CREATE_COMPLETE", own)])).toBe("CREATE_IN_PROGRESS  web");
    expect(lineOf(event("web", "ROLLBACK_IN_PROGRESS", { ...own, ResourceStatusReason: "The following resource(s) failed to create: [A]." }), [])).toBe(
      "ROLLBACK_IN_PROGRESS  web  The following resource(s) failed to create: [A].",
    );
  });
});

describe("columns", () => {
  it("are as wide as their widest cell, and colours take no room", () => {
    expect(columns([["a", "\u001b[32mok\u001b[0m", "x"], ["long", "none", ""]])).toEqual(["a     \u001b[32mok\u001b[0m    x", "long  none"]);
  });
});
