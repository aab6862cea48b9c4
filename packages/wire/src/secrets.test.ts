import { describe, expect, it } from "vitest";
import { Ec2, Iam, S3, Ssm } from "./models.gen.js";
import { HIDDEN, withoutSecrets } from "./secrets.js";

describe("what is written down about a call", () => {
  it("has no parameter's value, password or user data in it", () => {
    expect(withoutSecrets(Ssm, "PutParameter", { Name: "/db/password", Type: "SecureString", Value: "hunter2" })).toEqual({
      Name: "/db/password",
      Type: "SecureString",
      Value: HIDDEN,
    });
    expect(withoutSecrets(Iam, "CreateLoginProfile", { UserName: "ann", Password: "hunter2" })).toEqual({ UserName: "ann", Password: HIDDEN });
    expect(withoutSecrets(Ec2, "RunInstances", { ImageId: "ami-1", UserData: "aHVudGVyMg==" })).toMatchObject({ ImageId: "ami-1", UserData: HIDDEN });
  });

  it("keeps lists, structures, times and bytes as they are", () => {
    const input = { TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }], MinCount: 1, MaxCount: 1 };
    expect(withoutSecrets(Ec2, "RunInstances", input)).toEqual(input);
  });

  it("leaves a body that streams alone: it can be read but once", () => {
    const body = { [Symbol.asyncIterator]: (): never => expect.unreachable("the body was read") };
    expect(withoutSecrets(S3, "PutObject", { Bucket: "b", Key: "k", Body: body, SSECustomerKey: "secret" })).toEqual({ Bucket: "b", Key: "k", SSECustomerKey: HIDDEN });
  });

  it("is nothing for an operation that the model doesn't have", () => {
    expect(withoutSecrets(Ssm, "__proto__", { Value: "hunter2" })).toEqual({});
  });
});
