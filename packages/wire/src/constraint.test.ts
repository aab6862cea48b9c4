/** Lengths, ranges, patterns and enums, in the words of AWS's services. */
import { AwsError } from "@hakoniwa/kernel";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkInput } from "./check.js";
import type { ConstraintTable } from "./constraint.js";
import { isConstrained } from "./constraint.js";
import { startFixture } from "./endpoint-fixture.js";
import { Autoscaling, Cloudformation, Elb, Iam, MODELS, Ssm, Sts } from "./models.gen.js";
import type { ServiceId } from "./models.gen.js";
import type { Model } from "./model.js";
import { isStruct } from "./shape.js";
import type { Shape } from "./shape.js";

function refusal(model: Model, operation: string, input: unknown): { code: string; message: string } {
  try {
    checkInput(model, operation, input);
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error as AwsError;
  }
  throw new Error("the input was accepted");
}

const IDS = (Object.keys(MODELS) as ServiceId[]).filter((id) => isConstrained(id));
const tableOf = (id: string): ConstraintTable => JSON.parse(readFileSync(new URL(`../constraints/${id}.json`, import.meta.url), "utf8")) as ConstraintTable;
const ROLE = { RoleArn: "arn:aws:iam::123456789012:role/r" };
const TRUST = "{}";

describe("a bad value is told as AWS tells it", () => {
  it.each([
    [
      "too long",
      Iam,
      "CreateRole",
      { RoleName: "r".repeat(65), AssumeRolePolicyDocument: TRUST },
      "ValidationError",
      `1 validation error detected: Value '${"r".repeat(65)}' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      "empty",
      Cloudformation,
      "CreateStack",
      { StackName: "no_underscores", Tags: [{ Key: "", Value: "v" }] },
      "ValidationError",
      "1 validation error detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      "in a structure of a list",
      Iam,
      "TagRole",
      { RoleName: "r", Tags: [{ Key: "a", Value: "" }, { Key: "SourceIP", Value: "a,b" }] },
      "ValidationError",
      "1 validation error detected: Value 'a,b' at 'tags.2.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*",
    ],
    [
      "beyond a range",
      Sts,
      "AssumeRole",
      { ...ROLE, RoleSessionName: "me", DurationSeconds: 899 },
      "ValidationError",
      "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [
      "of no enum",
      Ssm,
      "PutParameter",
      { Name: "/a", Value: "b", Type: "Text" },
      "ValidationException",
      "1 validation error detected: Value 'Text' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [String, StringList, SecureString]",
    ],
    [
      "in a list of scalars, at the list",
      Cloudformation,
      "CreateStack",
      { StackName: "s", Capabilities: ["CAPABILITY_IAM", "EVERYTHING"] },
      "ValidationError",
      "1 validation error detected: Value '[CAPABILITY_IAM, EVERYTHING]' at 'capabilities' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [CAPABILITY_IAM, CAPABILITY_NAMED_IAM, CAPABILITY_AUTO_EXPAND]]",
    ],
    [
      "a list that is too long",
      Ssm,
      "GetParameters",
      { Names: Array.from({ length: 11 }, (_, index) => `/${index}`) },
      "ValidationException",
      "1 validation error detected: Value '[/0, /1, /2, /3, /4, /5, /6, /7, /8, /9, /10]' at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
    ],
    [
      "absent beside a bad one",
      Iam,
      "CreateRole",
      { RoleName: "a b" },
      "ValidationError",
      "2 validation errors detected: Value 'a b' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+; Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null",
    ],
    [
      "bad twice, the pattern first",
      Iam,
      "GetRole",
      { RoleName: "" },
      "ValidationError",
      "2 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+; Value '' at 'roleName' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      "secret and so not repeated",
      Iam,
      "CreateLoginProfile",
      { UserName: "u", Password: "p".repeat(129) },
      "ValidationError",
      "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must have length less than or equal to 128",
    ],
    ["missing", Elb, "DeleteLoadBalancer", {}, "ValidationError", "1 validation error detected: Value null at 'loadBalancerName' failed to satisfy constraint: Member must not be null"],
    [
      "of another operation",
      Ssm,
      "CreateAssociation",
      { Name: "document", AutomationTargetParameterName: "x".repeat(51) },
      "ValidationException",
      `1 validation error detected: Value '${"x".repeat(51)}' at 'automationTargetParameterName' failed to satisfy constraint: Member must have length less than or equal to 50`,
    ],
  ] as const)("%s", (_what, model, operation, input, code, message) => {
    expect(refusal(model as Model, operation, input)).toMatchObject({ code, message });
  });

  it("in short when the value is long, and in characters that XML can carry", () => {
    const { message } = refusal(Autoscaling, "DeleteAutoScalingGroup", { AutoScalingGroupName: `\u0000${"x".repeat(10_000)}` });
    expect(message.length).toBeLessThan(1300);
    expect(message).toContain("Value '\ufffdxxx");
  });

  it("fifty times at most", () => {
    const { message } = refusal(Iam, "TagRole", { RoleName: "r", Tags: Array.from({ length: 1000 }, () => ({ Key: "\u0007", Value: "v" })) });
    expect(message).toMatch(/^5[01] validation errors detected/);
  });
});

describe("over HTTP a bad value is refused before the call is carried out", () => {
  const send = async (headers: Record<string, string>, body: string): Promise<{ status: number; text: string; calls: number }> => {
    const fixture = await startFixture({ verify: "open", strictOutput: false });
    const reply = await fetch(fixture.url, { method: "POST", headers, body });
    const answer = { status: reply.status, text: await reply.text(), calls: fixture.calls.length };
    await fixture.close();
    return answer;
  };
  const json = (target: string): Record<string, string> => ({ "content-type": "application/x-amz-json-1.1", "x-amz-target": target });

  it("by a query service", async () => {
    const reply = await send({ "content-type": "application/x-www-form-urlencoded" }, "Action=GetRole&Version=2010-05-08&RoleName=a%20b");
    expect(reply).toMatchObject({ status: 400, calls: 0 });
    expect(reply.text).toContain("<Code>ValidationError</Code>");
    expect(reply.text).toMatch(/1 validation error detected: Value .{1,6}a b.{1,6} at .{1,6}roleName/);
  });

  it("by a json service, and by Logs under its own code", async () => {
    const ssm = await send(json("AmazonSSM.GetParameter"), '{"Name":""}');
    expect(ssm).toMatchObject({ status: 400, calls: 0 });
    expect(JSON.parse(ssm.text)).toMatchObject({ __type: "ValidationException", message: expect.stringContaining("Value '' at 'name' failed to satisfy constraint") });
    const logs = await send(json("Logs_20140328.CreateLogGroup"), '{"logGroupName":"a b"}');
    expect(logs).toMatchObject({ status: 400, calls: 0 });
    expect(JSON.parse(logs.text)).toMatchObject({ __type: "InvalidParameterException", message: expect.stringContaining("Value 'a b' at 'logGroupName' failed to satisfy constraint") });
  });

  it("and not when it is good", async () => {
    expect(await send(json("Logs_20140328.CreateLogGroup"), '{"logGroupName":"a"}')).toMatchObject({ status: 200, calls: 1 });
  });
});

describe.each(IDS)("the table of %s", (id) => {
  const { rules, structures } = tableOf(id);

  it("names structures and members that the model's inputs have", () => {
    const { schemas } = MODELS[id];
    const found = new Map<string, Shape>();
    const visit = (shape: Shape): void => {
      if (isStruct(shape) && found.has(shape.name)) {
        return;
      }
      if (isStruct(shape)) {
        found.set(shape.name, shape);
      }
      for (const member of shape.members) {
        visit(member.shape);
      }
    };
    for (const name of schemas.operationNames()) {
      visit(schemas.operation(name)!.input);
    }
    const strangers = Object.entries(structures).flatMap(([name, members]) => {
      const has = new Set(found.get(name)?.members.map((member) => member.name));
      return Object.keys(members)
        .filter((member) => !has.has(member))
        .map((member) => `${name}.${member}`);
    });
    // The tables and the SDK are of different days, so a few may differ.
    expect(strangers.length, strangers.join(", ")).toBeLessThan(Object.keys(structures).length / 20 + 1);
  });

  it("has no pattern that a hostile text keeps busy", { timeout: 30_000 }, () => {
    const seeds = ["a", "0", "-", ".", "/", ":", " ", "a.", "a-", "a/", "aA", "a,", "\u3042", "arn:aws:"];
    for (const rule of rules) {
      if (rule.test === undefined) {
        continue;
      }
      const expression = new RegExp(rule.test, rule.flags ?? "u");
      const longest = Math.min(rule.max ?? 1_000_000, 100_000);
      const started = performance.now();
      for (const seed of seeds) {
        expression.test(`${seed.repeat(Math.ceil(longest / seed.length)).slice(0, longest - 1)}\u0000`);
      }
      expect(performance.now() - started, rule.pattern).toBeLessThan(1000);
    }
  });
});
