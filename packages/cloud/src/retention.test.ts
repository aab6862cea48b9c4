import { auditStream } from "@hakoniwa/kernel";
import { expect, it } from "vitest";
import { createTestCloud } from "./testing.js";

it("the audit trail keeps what was done, and what was read, for ninety days", async () => {
  const cloud = await createTestCloud();
  const names = (readOnly: boolean) => cloud.store.segments.read<{ eventName: string }>(auditStream({ account: "123456789012", region: "ap-northeast-1" }, readOnly)).map(({ record }) => record.eventName);
  await cloud.aws.ec2.CreateKeyPair({ KeyName: "first" });
  await cloud.aws.ec2.DescribeKeyPairs({});
  await cloud.advance("89d");
  await cloud.aws.ec2.CreateSecurityGroup({ GroupName: "later", Description: "later" });
  expect(names(false)).toContain("CreateKeyPair");
  expect(names(true)).toContain("DescribeKeyPairs");
  await cloud.advance("3d");
  expect(names(false)).not.toContain("CreateKeyPair");
  expect(names(false)).toContain("CreateSecurityGroup");
  expect(names(true)).not.toContain("DescribeKeyPairs");
  await cloud.close();
});
