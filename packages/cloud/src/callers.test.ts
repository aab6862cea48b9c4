import { afterEach, beforeEach, expect, test } from "vitest";
import { callerOf, secretOf } from "./callers.js";
import { createTestCloud, type TestCloud } from "./testing.js";

const ACCOUNT = "123456789012";
let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

test("the well-known key is the user admin's (S3-07)", () => {
  expect(secretOf(cloud.core, ACCOUNT, "test")).toEqual({ secret: "test" });
  expect(callerOf(cloud.core, ACCOUNT, "test", cloud.now()).principal.arn).toBe(`arn:aws:iam::${ACCOUNT}:user/admin`);
});

test("an inactive or unknown key has no secret", async () => {
  const { AccessKey } = await cloud.aws.iam.CreateAccessKey({ UserName: "admin" });
  expect(secretOf(cloud.core, ACCOUNT, AccessKey.AccessKeyId)).toEqual({ secret: AccessKey.SecretAccessKey });
  await cloud.aws.iam.UpdateAccessKey({ UserName: "admin", AccessKeyId: AccessKey.AccessKeyId, Status: "Inactive" });
  expect(secretOf(cloud.core, ACCOUNT, AccessKey.AccessKeyId)).toBeUndefined();
  expect(secretOf(cloud.core, ACCOUNT, "AKIANOBODY")).toBeUndefined();
});

test("temporary keys need their token, and expire (S3-18)", async () => {
  const { Credentials } = await cloud.aws.sts.GetSessionToken({ DurationSeconds: 900 });
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials!;
  expect(secretOf(cloud.core, ACCOUNT, AccessKeyId)).toEqual({ secret: SecretAccessKey, sessionToken: SessionToken });
  expect(callerOf(cloud.core, ACCOUNT, AccessKeyId, cloud.now() + 899_000).accessKeyId).toBe(AccessKeyId);
  expect(() => callerOf(cloud.core, ACCOUNT, AccessKeyId, cloud.now() + 900_000)).toThrow(expect.objectContaining({ code: "ExpiredToken" }));
});
