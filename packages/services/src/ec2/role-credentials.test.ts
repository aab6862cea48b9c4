import type { InstanceWorkload, Workload } from "@hakoniwa/network";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const TRUST = (Service: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
const CREDENTIALS = "meta-data/iam/security-credentials/web";
let cloud: TestCloud;
let carried: ReturnType<typeof vi.spyOn>["mock"];

beforeEach(async () => {
  cloud = await createTestCloud();
  carried = vi.spyOn(cloud.paper.workloads, "ensure").mock as never;
});
afterEach(() => cloud.close());

async function profile(service: string): Promise<void> {
  await cloud.aws.iam.CreateRole({ RoleName: "web", AssumeRolePolicyDocument: TRUST(service) });
  await cloud.aws.iam.CreateInstanceProfile({ InstanceProfileName: "web" });
  await cloud.aws.iam.AddRoleToInstanceProfile({ InstanceProfileName: "web", RoleName: "web" });
}

async function launch(): Promise<string> {
  const { Instances: [made] = [] } = await cloud.aws.ec2.RunInstances({ ImageId: IMAGE, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, IamInstanceProfile: { Name: "web" } });
  await cloud.settle();
  return made!.InstanceId!;
}

/** The metadata of an instance as the data plane was told it, the first time and the last. */
function metadata(id: string): { readonly first: Readonly<Record<string, string>>; readonly last: Readonly<Record<string, string>> } {
  const told = (carried.calls as unknown as [string, Workload][]).filter(([key]) => key === id).map(([, spec]) => (spec as InstanceWorkload).metadata);
  return { first: told[0]!, last: told.at(-1)! };
}

test("an instance boots with its role's credentials in its metadata, and they are the session i-… of the role (S3-18)", async () => {
  await profile("ec2.amazonaws.com");
  const id = await launch();
  const { first } = metadata(id);
  const got = JSON.parse(first[CREDENTIALS]!);
  expect(got).toMatchObject({ Code: "Success", Type: "AWS-HMAC", AccessKeyId: expect.stringMatching(/^ASIA/), SecretAccessKey: expect.stringMatching(/^.{40}$/), Token: expect.any(String) });
  expect(Date.parse(got.Expiration) - Date.parse(got.LastUpdated)).toBe(6 * 3600_000);
  expect(JSON.parse(first["meta-data/iam/info"]!)).toMatchObject({ Code: "Success", InstanceProfileArn: "arn:aws:iam::123456789012:instance-profile/web" });
  const known = cloud.core.calls.facts({ account: "123456789012", region: "global" }).sts.credentials(got.AccessKeyId);
  expect(known?.principal.arn).toBe(`arn:aws:sts::123456789012:assumed-role/web/${id}`);
});

test("they are renewed every hour, long before they expire, and go with the association", async () => {
  await profile("ec2.amazonaws.com");
  const id = await launch();
  const key = () => JSON.parse(metadata(id).last[CREDENTIALS]!).AccessKeyId as string;
  const before = key();
  await cloud.advance("59m");
  expect(key()).toBe(before);
  await cloud.advance("2m");
  expect(key()).not.toBe(before);
  const { IamInstanceProfileAssociations: [found] = [] } = await cloud.aws.ec2.DescribeIamInstanceProfileAssociations({});
  await cloud.aws.ec2.DisassociateIamInstanceProfile({ AssociationId: found!.AssociationId! });
  await cloud.settle();
  expect(Object.keys(metadata(id).last).filter((path) => path.startsWith("meta-data/iam/"))).toEqual([]);
});

test("a role that EC2 may not assume is told as AWS tells it, until its trust policy is mended", async () => {
  await profile("lambda.amazonaws.com");
  const id = await launch();
  expect(JSON.parse(metadata(id).last[CREDENTIALS]!)).toMatchObject({ Code: "AssumeRoleUnauthorizedAccess", Message: expect.stringContaining("EC2 cannot assume the role web.") });
  await cloud.aws.iam.UpdateAssumeRolePolicy({ RoleName: "web", PolicyDocument: TRUST("ec2.amazonaws.com") });
  await cloud.advance("20s");
  expect(JSON.parse(metadata(id).last[CREDENTIALS]!)).toMatchObject({ Code: "Success" });
});

test("a profile that has no role, or is gone, is told too", async () => {
  await profile("ec2.amazonaws.com");
  await cloud.aws.iam.RemoveRoleFromInstanceProfile({ InstanceProfileName: "web", RoleName: "web" });
  const id = await launch();
  expect(JSON.parse(metadata(id).last["meta-data/iam/info"]!)).toMatchObject({ Code: "InstanceProfileNotFound", Message: expect.stringContaining("has no role") });
  expect(metadata(id).last).not.toHaveProperty([CREDENTIALS]);
});
