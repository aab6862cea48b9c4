import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
let vpcId: string;
beforeEach(async () => {
  cloud = await createTestCloud();
  vpcId = (await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
});
afterEach(() => cloud.close());

async function group(GroupName: string, Description = "for tests"): Promise<string> {
  return (await cloud.aws.ec2.CreateSecurityGroup({ GroupName, Description, VpcId: vpcId })).GroupId!;
}

async function described(id: string) {
  return (await cloud.aws.ec2.DescribeSecurityGroups({ GroupIds: [id] })).SecurityGroups![0]!;
}

describe("a group's description (S4-16)", () => {
  const all = "azAZ09 ._-:/()#,@[]+=&;{}!$*";

  test("may have every character of AWS's set", async () => {
    expect((await described(await group("web", all))).Description).toBe(all);
  });

  test("in Japanese is rejected", async () => {
    await expect(group("nat", "NATインスタンス用")).rejects.toMatchObject({
      code: "InvalidParameterValue",
      message: "Value (NATインスタンス用) for parameter GroupDescription is invalid. Character sets beyond ASCII are not supported.",
    });
  });

  test.each(['a"b', "a<b", "a|b", "a\tb", "x".repeat(256)])("%j is rejected with the characters there are", async (text) => {
    await expect(group("nat", text)).rejects.toMatchObject({
      code: "InvalidParameterValue",
      message: "Invalid security group description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
    });
  });
});

describe("rules", () => {
  test("let SSH and HTTP in from 10.0.0.0/16, and everything out (S4-15)", async () => {
    const id = await group("nat");
    const answer = await cloud.aws.ec2.AuthorizeSecurityGroupIngress({
      GroupId: id,
      IpPermissions: [22, 80].map((port) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp: "10.0.0.0/16" }] })),
    });
    expect(answer.SecurityGroupRules).toMatchObject([{ IsEgress: false, IpProtocol: "tcp", FromPort: 22, CidrIpv4: "10.0.0.0/16" }, { FromPort: 80 }]);
    const found = await described(id);
    expect(found.IpPermissions).toMatchObject([
      { IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.0/16" }] },
      { IpProtocol: "tcp", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: "10.0.0.0/16" }] },
    ]);
    expect(found.IpPermissionsEgress).toMatchObject([{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
  });

  test("of the same ports are shown as one permission, and each is revoked alone", async () => {
    const id = await group("web");
    const permission = (CidrIp: string) => [{ IpProtocol: "6", FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp }] }];
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: id, IpPermissions: permission("10.0.0.0/24") });
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: id, IpPermissions: permission("10.0.1.7/24") });
    expect((await described(id)).IpPermissions).toMatchObject([{ IpProtocol: "tcp", IpRanges: [{ CidrIp: "10.0.0.0/24" }, { CidrIp: "10.0.1.0/24" }] }]);
    await cloud.aws.ec2.RevokeSecurityGroupIngress({ GroupId: id, IpPermissions: permission("10.0.0.0/24") });
    expect((await described(id)).IpPermissions).toMatchObject([{ IpRanges: [{ CidrIp: "10.0.1.0/24" }] }]);
    await expect(cloud.aws.ec2.RevokeSecurityGroupIngress({ GroupId: id, IpPermissions: permission("10.0.0.0/24") })).rejects.toMatchObject({
      code: "InvalidPermission.NotFound",
      message: "The specified rule does not exist in this security group.",
    });
  });

  test("are not taken twice", async () => {
    const id = await group("web");
    const twice = () => cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: id, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" });
    await twice();
    await expect(twice()).rejects.toMatchObject({
      code: "InvalidPermission.Duplicate",
      message: 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    });
    expect((await described(id)).IpPermissions).toHaveLength(1);
  });

  test("are all taken or none", async () => {
    const id = await group("web");
    const ranges = [{ CidrIp: "10.0.0.0/24" }, { CidrIp: "10.0.0/24" }];
    await expect(cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: id, IpPermissions: [{ IpProtocol: "tcp", FromPort: 1, ToPort: 2, IpRanges: ranges }] })).rejects.toMatchObject({
      message: "CIDR block 10.0.0/24 is malformed",
    });
    expect((await described(id)).IpPermissions).toEqual([]);
  });

  test.each([
    [{ IpProtocol: "tcp", FromPort: 0, ToPort: 65_536 }, "Invalid value '65536' for portRange. Must specify port numbers between 0 and 65535."],
    [{ IpProtocol: "tcp", FromPort: 81, ToPort: 80 }, "Invalid value '81-80' for portRange. The first port must not be greater than the last."],
    [{ IpProtocol: "tcq", FromPort: 80, ToPort: 80 }, "Invalid value 'tcq' for IP protocol. Unknown protocol."],
    [{ IpProtocol: "__proto__" }, "Invalid value '__proto__' for IP protocol. Unknown protocol."],
  ])("that can't be are refused: %j", async (permission, message) => {
    const GroupId = await group("web");
    await expect(cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ ...permission, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] })).rejects.toMatchObject({ message });
  });

  test("for IPv6 are answered honestly", async () => {
    const GroupId = await group("web");
    await expect(
      cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [{ IpProtocol: "-1", Ipv6Ranges: [{ CidrIpv6: "::/0" }] }] }),
    ).rejects.toMatchObject({ code: "NotImplemented" });
  });

  test("name another group as the source, which then can't be deleted (S2-52)", async () => {
    const balancer = await group("elb");
    const web = await group("web");
    await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId: web, IpPermissions: [{ IpProtocol: "tcp", FromPort: 80, ToPort: 80, UserIdGroupPairs: [{ GroupId: balancer }] }] });
    expect((await cloud.aws.ec2.DescribeSecurityGroups({ Filters: [{ Name: "ip-permission.group-id", Values: [balancer] }] })).SecurityGroups).toMatchObject([{ GroupId: web }]);
    await expect(cloud.aws.ec2.DeleteSecurityGroup({ GroupId: balancer })).rejects.toMatchObject({
      code: "DependencyViolation",
      message: `resource ${balancer} has a dependent object`,
    });
    await cloud.aws.ec2.DeleteSecurityGroup({ GroupId: web });
    await cloud.aws.ec2.DeleteSecurityGroup({ GroupId: balancer });
  });

  test("can be changed by their id", async () => {
    const GroupId = await group("web");
    const { SecurityGroupRules } = await cloud.aws.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" });
    const SecurityGroupRuleId = SecurityGroupRules![0]!.SecurityGroupRuleId!;
    await cloud.aws.ec2.ModifySecurityGroupRules({
      GroupId,
      SecurityGroupRules: [{ SecurityGroupRuleId, SecurityGroupRule: { IpProtocol: "tcp", FromPort: 443, ToPort: 443, CidrIpv4: "0.0.0.0/0" } }],
    });
    const { SecurityGroupRules: after } = await cloud.aws.ec2.DescribeSecurityGroupRules({ Filters: [{ Name: "group-id", Values: [GroupId] }] });
    expect(after!.map((r) => [r.IsEgress, r.FromPort])).toEqual([
      [true, -1],
      [false, 443],
    ]);
  });
});

test("names are unique in a VPC, and `default` is taken and stays", async () => {
  await group("web");
  await expect(group("web")).rejects.toMatchObject({ code: "InvalidGroup.Duplicate", message: `The security group 'web' already exists for VPC '${vpcId}'` });
  await expect(group("default")).rejects.toMatchObject({ code: "InvalidGroup.Reserved" });
  const { SecurityGroups } = await cloud.aws.ec2.DescribeSecurityGroups({ Filters: [{ Name: "vpc-id", Values: [vpcId] }, { Name: "group-name", Values: ["default"] }] });
  await expect(cloud.aws.ec2.DeleteSecurityGroup({ GroupId: SecurityGroups![0]!.GroupId })).rejects.toMatchObject({ code: "CannotDelete" });
});
