/** Wait conditions and their handles: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSignalStage, type SignalStage } from "./signals-testing.js";

let stage: SignalStage;

beforeEach(async () => {
  stage = await createSignalStage();
});

afterEach(() => stage.cloud.close());

const handle = { Type: "AWS::CloudFormation::WaitConditionHandle" };
const condition = (more: object = {}): object => ({ Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: { Ref: "Handle" }, Timeout: "300", ...more } });
const message = (UniqueId: string, Status = "SUCCESS", Data: unknown = `data of ${UniqueId}`): string => JSON.stringify({ Status, Reason: `reason of ${UniqueId}`, UniqueId, Data });

const template = (more: object = {}): object => ({
  Resources: { Handle: handle, Ready: condition(more) },
  Outputs: { Url: { Value: { Ref: "Handle" } }, Data: { Value: { "Fn::GetAtt": ["Ready", "Data"] } } },
});

describe("a wait condition", () => {
  it("is complete with its messages, and gives their data", async () => {
    await stage.create(template({ Count: 2 }));
    const url = await stage.physicalId("Handle");
    expect(url).toMatch(
      /^https:\/\/cloudformation-waitcondition-ap-northeast-1\.s3\.ap-northeast-1\.amazonaws\.com\/arn%3Aaws%3Acloudformation%3Aap-northeast-1%3A123456789012%3Astack%2Fweb%2F[0-9a-f-]{36}%2FHandle\?AWSAccessKeyId=AKIA[A-Z2-7]{16}&Expires=\d+&Signature=[A-Za-z0-9%]+$/,
    );
    expect(stage.put(url, message("a"))).toEqual({ status: 200 });
    await stage.cloud.settle();
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    expect(stage.put(url, message("b", "SUCCESS", { port: 80 }))).toEqual({ status: 200 });
    await stage.cloud.settle();
    expect(await stage.status()).toBe("CREATE_COMPLETE");
    expect(JSON.parse((await stage.outputs())["Data"]!)).toEqual({ a: "data of a", b: '{"port":80}' });
  });

  it("counts a unique id once", async () => {
    await stage.create(template({ Count: 2 }));
    const url = await stage.physicalId("Handle");
    for (let i = 0; i < 3; i += 1) expect(stage.put(url, message("a"))).toEqual({ status: 200 });
    await stage.cloud.settle();
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
  });

  it("takes messages that came before it was waited for", async () => {
    await stage.create({ Handle: handle, Slow: { Type: "AWS::EC2::Instance", Properties: { ImageId: stage.image, InstanceType: "t3.micro" }, CreationPolicy: { ResourceSignal: {} } }, Ready: { ...condition(), DependsOn: "Slow" } });
    expect(stage.put(await stage.physicalId("Handle"), message("early"))).toEqual({ status: 200 });
    await stage.signal("Slow", "i-1");
    expect(await stage.status()).toBe("CREATE_COMPLETE");
  });

  it("fails with a message's reason", async () => {
    await stage.create(template());
    stage.put(await stage.physicalId("Handle"), message("i-1", "FAILURE"));
    await stage.cloud.settle();
    expect(await stage.events("Ready")).toContain("CREATE_FAILED WaitCondition received failed message: 'reason of i-1' for uniqueId: i-1");
    expect(await stage.status()).toBe("ROLLBACK_COMPLETE");
  });

  it("fails when not enough came in time", async () => {
    await stage.create(template({ Count: 2 }));
    stage.put(await stage.physicalId("Handle"), message("a"));
    await stage.cloud.advance("4m");
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
    await stage.cloud.advance("2m");
    expect(await stage.events("Ready")).toContain("CREATE_FAILED WaitCondition timed out. Received 1 conditions when expecting 2");
  });

  it("fails on what is no message", async () => {
    await stage.create(template());
    expect(stage.put(await stage.physicalId("Handle"), "ready!")).toEqual({ status: 200 });
    await stage.cloud.settle();
    expect(await stage.events("Ready")).toContain("CREATE_FAILED Unparsable WaitCondition data");
  });

  it("with a creation policy waits for signals instead", async () => {
    await stage.create({ Ready: { Type: "AWS::CloudFormation::WaitCondition", CreationPolicy: { ResourceSignal: { Count: 1, Timeout: "PT1M" } } } });
    await stage.signal("Ready", "one");
    expect(await stage.status()).toBe("CREATE_COMPLETE");
  });

  it.each([
    [{ Properties: {} }, "Property Handle cannot be empty."],
    [{ Properties: { Handle: { Ref: "Handle" } } }, "Property Timeout cannot be empty."],
    [{ Properties: { Handle: "https://example.com/", Timeout: "10" } }, "Invalid wait condition handle: https://example.com/"],
    [{ Properties: { Handle: { Ref: "Handle" }, Timeout: "43201" } }, "Timeout 43201 must be a whole number of seconds from 0 to 43200."],
  ])("of %j fails by name", async (definition, reason) => {
    await stage.create({ Handle: handle, Ready: { Type: "AWS::CloudFormation::WaitCondition", ...definition } }, { OnFailure: "DO_NOTHING" });
    expect((await stage.events("Ready")).join("\n")).toContain(reason);
  });

  it("can't be changed, and is put back by the rollback", async () => {
    await stage.create(template());
    stage.put(await stage.physicalId("Handle"), message("a"));
    await stage.cloud.settle();
    await stage.update(template({ Timeout: "600" }));
    expect((await stage.events("Ready")).join("\n")).toContain("Update to resource type AWS::CloudFormation::WaitCondition is not supported.");
    expect(await stage.status()).toBe("UPDATE_ROLLBACK_COMPLETE");
  });
});

describe("a handle's address", () => {
  const refusal = (url: string, body = message("x"), contentType?: string): string | undefined => stage.put(url, body, contentType).error?.code;

  it("takes nothing without its own signature", async () => {
    await stage.create(template());
    const url = await stage.physicalId("Handle");
    expect(refusal(url.replace(/Signature=.*/, "Signature=c2VjcmV0"))).toBe("SignatureDoesNotMatch");
    expect(refusal(url.replace(/&Signature=.*/, ""))).toBe("SignatureDoesNotMatch");
    expect(refusal(url.replace(/Expires=\d+/, "Expires=4000000000"))).toBe("SignatureDoesNotMatch");
    expect(refusal(url.replace("Handle", "Other"))).toBe("SignatureDoesNotMatch");
    expect(refusal(url.replace("ap-northeast-1%3A123456789012", "us-east-1%3A123456789012"))).toBe("AccessDenied");
    expect(refusal(url.replace("123456789012", "999999999999"))).toBe("SignatureDoesNotMatch");
    expect(refusal("https://cloudformation-waitcondition-ap-northeast-1.s3.ap-northeast-1.amazonaws.com/%zz?Signature=x")).toBe("AccessDenied");
    await stage.cloud.settle();
    expect(await stage.status()).toBe("CREATE_IN_PROGRESS");
  });

  it("was signed without a content type, as every user of it learns", async () => {
    await stage.create(template());
    expect(refusal(await stage.physicalId("Handle"), message("x"), "application/x-www-form-urlencoded")).toBe("SignatureDoesNotMatch");
  });

  it("takes a signature that a client unescaped", async () => {
    await stage.create(template());
    expect(stage.put(decodeURIComponent(await stage.physicalId("Handle")), message("x"))).toEqual({ status: 200 });
  });

  it("is good for a day, and as long as its stack has it", async () => {
    await stage.create({ Handle: handle });
    const url = await stage.physicalId("Handle");
    expect(stage.put(url, message("x")).status).toBe(200);
    await stage.cloud.advance("24h");
    expect(refusal(url)).toBe("AccessDenied");
    await stage.cloud.aws.cloudformation.DeleteStack({ StackName: "web" });
    await stage.cloud.settle();
    expect(refusal(url)).toBe("SignatureDoesNotMatch");
  });

  it("takes at most 4,096 bytes, and a thousand messages", async () => {
    await stage.create(template());
    const url = await stage.physicalId("Handle");
    expect(refusal(url, message("x", "SUCCESS", "y".repeat(4096)))).toBe("EntityTooLarge");
    const other = await stage.physicalId("Handle");
    for (let i = 0; i < 1000; i += 1) stage.put(other, message(`n${i}`));
    expect(refusal(other, message("one more"))).toBe("SlowDown");
  });
});
