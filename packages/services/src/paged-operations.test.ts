/** What every service does with its lists' tokens. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "./testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const times = async (count: number, make: (name: string) => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await make(`name-${i}`);
};

describe("a token", () => {
  test("neither skips nor repeats what is there when others are deleted and made between the pages", async () => {
    await times(12, () => cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" }));
    const before = (await cloud.aws.ec2.DescribeVpcs({})).Vpcs!.map(({ VpcId }) => VpcId!);
    const first = await cloud.aws.ec2.DescribeVpcs({ MaxResults: 5 });
    const seen = first.Vpcs!.map(({ VpcId }) => VpcId!);
    const gone = [seen[4]!, seen[1]!];
    for (const VpcId of gone) await cloud.aws.ec2.DeleteVpc({ VpcId });
    await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.1.0.0/16" });
    for (let token = first.NextToken; token !== undefined; ) {
      const page = await cloud.aws.ec2.DescribeVpcs({ MaxResults: 5, NextToken: token });
      seen.push(...page.Vpcs!.map(({ VpcId }) => VpcId!));
      token = page.NextToken;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(before.filter((id) => !seen.includes(id))).toEqual([]);
  });

  test("of one operation or filter is no other's, in EC2's words", async () => {
    await times(6, () => cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" }));
    const Filters = [{ Name: "cidr", Values: ["10.0.0.0/16"] }];
    const { NextToken } = await cloud.aws.ec2.DescribeVpcs({ MaxResults: 5, Filters });
    const refusal = { code: "InvalidNextToken", message: `The NextToken value "${NextToken}" is not valid.` };
    await expect(cloud.aws.ec2.DescribeVpcs({ MaxResults: 5, NextToken })).rejects.toMatchObject(refusal);
    await expect(cloud.aws.ec2.DescribeSubnets({ MaxResults: 5, NextToken, Filters })).rejects.toMatchObject(refusal);
    expect((await cloud.aws.ec2.DescribeVpcs({ MaxResults: 20, NextToken, Filters })).Vpcs).toHaveLength(1);
  });

  test("is refused by other operations of IAM, Systems Manager, Logs and Auto Scaling, in each one's words", async () => {
    await times(2, (UserName) => cloud.aws.iam.CreateUser({ UserName }));
    await times(2, (name) => cloud.aws.ssm.PutParameter({ Name: `/a/${name}`, Type: "String", Value: "1" }));
    await times(2, (logGroupName) => cloud.aws.logs.CreateLogGroup({ logGroupName }));
    const { Marker } = await cloud.aws.iam.ListUsers({ MaxItems: 1 });
    const { NextToken } = await cloud.aws.ssm.DescribeParameters({ MaxResults: 1 });
    const { nextToken } = await cloud.aws.logs.DescribeLogGroups({ limit: 1 });
    expect((await cloud.aws.iam.ListUsers({ Marker })).Users!.length).toBeGreaterThan(0);
    expect((await cloud.aws.ssm.DescribeParameters({ NextToken })).Parameters).toHaveLength(1);
    expect((await cloud.aws.logs.DescribeLogGroups({ nextToken })).logGroups).toMatchObject([{ logGroupName: "name-1" }]);
    await expect(cloud.aws.iam.ListRoles({ Marker })).rejects.toMatchObject({ code: "ValidationError", message: `Invalid Marker: '${Marker}'` });
    await expect(cloud.aws.ssm.GetParametersByPath({ Path: "/a", NextToken })).rejects.toMatchObject({ code: "InvalidNextToken" });
    await expect(cloud.aws.logs.ListLogGroups({ nextToken })).rejects.toMatchObject({ code: "InvalidParameterException" });
    await expect(cloud.aws.autoscaling.DescribeAutoScalingGroups({ NextToken })).rejects.toMatchObject({ code: "InvalidNextToken" });
  });
});
