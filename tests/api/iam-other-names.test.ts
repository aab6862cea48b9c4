/** A policy on one resource holds however a request calls it: by a name, an address, an association or an attachment. */
import * as ec2 from "@aws-sdk/client-ec2";
import * as iam from "@aws-sdk/client-iam";
import { beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, patience, REGION, useCloud, type Clients } from "./cloud.js";

const cloud = useCloud();

interface There {
  readonly group: string;
  readonly defaultGroup: string;
  readonly subnet: string;
  readonly defaultSubnet: string;
  readonly reservation: string;
  readonly allocation: string;
  readonly ip: string;
  readonly addressAssociation: string;
  readonly vpc: string;
  readonly cidrAssociation: string;
  readonly table: string;
  readonly tableAssociation: string;
  readonly acl: string;
  readonly aclAssociation: string;
  readonly interface: string;
  readonly attachment: string;
  readonly instance: string;
  readonly profileAssociation: string;
  readonly template: string;
  readonly keyId: string;
  readonly image: string;
}

/** By what the policy denies: the resource, and a call that means it without its id. */
const CASES: readonly (readonly [type: string, id: (there: There) => string, call: (there: There) => object])[] = [
  ["security-group", ({ group }) => group, () => new ec2.DeleteSecurityGroupCommand({ GroupName: "kept", DryRun: true })],
  ["security-group", ({ group }) => group, () => new ec2.AuthorizeSecurityGroupIngressCommand({ GroupName: "kept", CidrIp: "0.0.0.0/0", IpProtocol: "tcp", FromPort: 22, ToPort: 22, DryRun: true })],
  ["security-group", ({ group }) => group, () => new ec2.RevokeSecurityGroupIngressCommand({ GroupName: "kept", CidrIp: "0.0.0.0/0", IpProtocol: "tcp", FromPort: 80, ToPort: 80, DryRun: true })],
  ["security-group", ({ group }) => group, () => new ec2.UpdateSecurityGroupRuleDescriptionsIngressCommand({ GroupName: "kept", IpPermissions: [], DryRun: true })],
  ["security-group", ({ group }) => group, ({ image }) => launch({ ImageId: image, SecurityGroups: ["kept"] })],
  ["security-group", ({ defaultGroup }) => defaultGroup, ({ image }) => launch({ ImageId: image })],
  ["subnet", ({ defaultSubnet }) => defaultSubnet, ({ image }) => launch({ ImageId: image })],
  ["elastic-ip", ({ allocation }) => allocation, ({ ip }) => new ec2.ReleaseAddressCommand({ PublicIp: ip, DryRun: true })],
  ["elastic-ip", ({ allocation }) => allocation, ({ ip }) => new ec2.DisassociateAddressCommand({ PublicIp: ip, DryRun: true })],
  ["elastic-ip", ({ allocation }) => allocation, ({ addressAssociation }) => new ec2.DisassociateAddressCommand({ AssociationId: addressAssociation, DryRun: true })],
  ["elastic-ip", ({ allocation }) => allocation, ({ ip, instance }) => new ec2.AssociateAddressCommand({ PublicIp: ip, InstanceId: instance, DryRun: true })],
  ["instance", ({ instance }) => instance, ({ allocation, instance }) => new ec2.AssociateAddressCommand({ AllocationId: allocation, InstanceId: instance, DryRun: true })],
  ["route-table", ({ table }) => table, ({ tableAssociation }) => new ec2.DisassociateRouteTableCommand({ AssociationId: tableAssociation, DryRun: true })],
  ["subnet", ({ subnet }) => subnet, ({ tableAssociation, table }) => new ec2.ReplaceRouteTableAssociationCommand({ AssociationId: tableAssociation, RouteTableId: table, DryRun: true })],
  ["subnet", ({ subnet }) => subnet, ({ aclAssociation, acl }) => new ec2.ReplaceNetworkAclAssociationCommand({ AssociationId: aclAssociation, NetworkAclId: acl, DryRun: true })],
  ["subnet", ({ subnet }) => subnet, ({ reservation }) => new ec2.DeleteSubnetCidrReservationCommand({ SubnetCidrReservationId: reservation, DryRun: true })],
  ["vpc", ({ vpc }) => vpc, ({ cidrAssociation }) => new ec2.DisassociateVpcCidrBlockCommand({ AssociationId: cidrAssociation })],
  ["network-interface", (there) => there.interface, ({ attachment }) => new ec2.DetachNetworkInterfaceCommand({ AttachmentId: attachment, DryRun: true })],
  ["instance", ({ instance }) => instance, ({ attachment }) => new ec2.DetachNetworkInterfaceCommand({ AttachmentId: attachment, DryRun: true })],
  ["instance", ({ instance }) => instance, ({ profileAssociation }) => new ec2.ReplaceIamInstanceProfileAssociationCommand({ AssociationId: profileAssociation, IamInstanceProfile: { Name: "nobody" } })],
  ["instance", ({ instance }) => instance, ({ profileAssociation }) => new ec2.DisassociateIamInstanceProfileCommand({ AssociationId: profileAssociation })],
  ["launch-template", ({ template }) => template, () => new ec2.CreateLaunchTemplateVersionCommand({ LaunchTemplateName: "kept", LaunchTemplateData: { KeyName: "kept" }, DryRun: true })],
  ["launch-template", ({ template }) => template, () => new ec2.ModifyLaunchTemplateCommand({ LaunchTemplateName: "kept", DefaultVersion: "1", DryRun: true })],
  ["launch-template", ({ template }) => template, () => new ec2.DeleteLaunchTemplateVersionsCommand({ LaunchTemplateName: "kept", Versions: ["1"], DryRun: true })],
  ["launch-template", ({ template }) => template, () => new ec2.DeleteLaunchTemplateCommand({ LaunchTemplateName: "kept", DryRun: true })],
  ["key-pair", () => "kept", ({ keyId }) => new ec2.DeleteKeyPairCommand({ KeyPairId: keyId, DryRun: true })],
  ["key-pair", () => "kept", ({ keyId }) => new ec2.DeleteTagsCommand({ Resources: [keyId], DryRun: true })],
];

function launch(input: Partial<ec2.RunInstancesCommandInput>): object {
  return new ec2.RunInstancesCommand({ InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, DryRun: true, ...input });
}

type Send = (command: object) => Promise<unknown>;
const outcome = (client: Clients, command: object): Promise<string> => (client.ec2.send as Send)(command).then(() => "done", (error: Error) => error.name);

async function setUp(): Promise<There> {
  const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"] }));
  const image = Images![0]!.ImageId!;
  const VpcId = (await cloud.ec2.send(new ec2.DescribeVpcsCommand({}))).Vpcs![0]!.VpcId!;
  const inVpc = { Filters: [{ Name: "vpc-id", Values: [VpcId] }] };
  const defaultGroup = (await cloud.ec2.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ["default"] }))).SecurityGroups![0]!.GroupId!;
  const group = (await cloud.ec2.send(new ec2.CreateSecurityGroupCommand({ GroupName: "kept", Description: "kept" }))).GroupId!;
  const { CidrBlockAssociation } = await cloud.ec2.send(new ec2.AssociateVpcCidrBlockCommand({ VpcId, CidrBlock: "172.30.0.0/16" }));
  const { Instances } = await cloud.ec2.send(new ec2.RunInstancesCommand({ ImageId: image, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 }));
  const { InstanceId, SubnetId: defaultSubnet, Placement } = Instances![0]!;
  await ec2.waitUntilInstanceRunning({ client: cloud.ec2, ...patience }, { InstanceIds: [InstanceId!] });
  const subnet = (await cloud.ec2.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: "172.31.200.0/24", AvailabilityZone: Placement!.AvailabilityZone! }))).Subnet!.SubnetId!;
  const { SubnetCidrReservation } = await cloud.ec2.send(new ec2.CreateSubnetCidrReservationCommand({ SubnetId: subnet, Cidr: "172.31.200.128/28", ReservationType: "explicit" }));
  const table = (await cloud.ec2.send(new ec2.CreateRouteTableCommand({ VpcId }))).RouteTable!.RouteTableId!;
  const { AssociationId: tableAssociation } = await cloud.ec2.send(new ec2.AssociateRouteTableCommand({ RouteTableId: table, SubnetId: subnet }));
  const acl = (await cloud.ec2.send(new ec2.DescribeNetworkAclsCommand(inVpc))).NetworkAcls![0]!;
  const { NetworkInterface } = await cloud.ec2.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId: subnet }));
  const { AttachmentId } = await cloud.ec2.send(new ec2.AttachNetworkInterfaceCommand({ NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId!, InstanceId: InstanceId!, DeviceIndex: 1 }));
  const { AllocationId, PublicIp } = await cloud.ec2.send(new ec2.AllocateAddressCommand({}));
  const { AssociationId } = await cloud.ec2.send(new ec2.AssociateAddressCommand({ AllocationId: AllocationId!, NetworkInterfaceId: NetworkInterface!.NetworkInterfaceId! }));
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  await cloud.iam.send(new iam.CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await cloud.iam.send(new iam.CreateInstanceProfileCommand({ InstanceProfileName: "web" }));
  await cloud.iam.send(new iam.AddRoleToInstanceProfileCommand({ InstanceProfileName: "web", RoleName: "web" }));
  const { IamInstanceProfileAssociation } = await cloud.ec2.send(new ec2.AssociateIamInstanceProfileCommand({ InstanceId: InstanceId!, IamInstanceProfile: { Name: "web" } }));
  const { LaunchTemplate } = await cloud.ec2.send(new ec2.CreateLaunchTemplateCommand({ LaunchTemplateName: "kept", LaunchTemplateData: { ImageId: image } }));
  const { KeyPairId } = await cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: "kept", KeyType: "ed25519" }));
  return {
    group,
    defaultGroup,
    subnet,
    defaultSubnet: defaultSubnet!,
    reservation: SubnetCidrReservation!.SubnetCidrReservationId!,
    allocation: AllocationId!,
    ip: PublicIp!,
    addressAssociation: AssociationId!,
    vpc: VpcId,
    cidrAssociation: CidrBlockAssociation!.AssociationId!,
    table,
    tableAssociation: tableAssociation!,
    acl: acl.NetworkAclId!,
    aclAssociation: acl.Associations!.find((each) => each.SubnetId === subnet)!.NetworkAclAssociationId!,
    interface: NetworkInterface!.NetworkInterfaceId!,
    attachment: AttachmentId!,
    instance: InstanceId!,
    profileAssociation: IamInstanceProfileAssociation!.AssociationId!,
    template: LaunchTemplate!.LaunchTemplateId!,
    keyId: KeyPairId!,
    image,
  };
}

describe("a Deny on one resource (S3-07)", () => {
  let there: There;
  let ann: Clients;
  const grant = (deny: string) => {
    const Statement = [{ Effect: "Allow", Action: ["ec2:*", "iam:PassRole"], Resource: "*" }, { Effect: "Deny", Action: "ec2:*", Resource: `arn:aws:ec2:${REGION}:${ACCOUNT}:${deny}` }];
    return cloud.iam.send(new iam.PutUserPolicyCommand({ UserName: "ann", PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  };
  beforeAll(async () => {
    there = await setUp();
    await cloud.iam.send(new iam.CreateUserCommand({ UserName: "ann" }));
    const { AccessKey } = await cloud.iam.send(new iam.CreateAccessKeyCommand({ UserName: "ann" }));
    ann = cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
  });

  it.each(CASES.map(([type, id, call]) => ({ type, id, call, operation: call({} as There).constructor.name.replace("Command", "") })))(
    "holds for $operation, which means a $type otherwise than by its id",
    async ({ type, id, call }) => {
      await grant(`${type}/${id(there)}`);
      expect(await outcome(ann, call(there))).toBe("UnauthorizedOperation");
      await grant("vpc/vpc-0123456789abcdef0");
      expect(await outcome(ann, call(there))).not.toBe("UnauthorizedOperation");
    },
  );

  it("that says so by tags holds for a key pair, whose ARN is its name", async () => {
    await cloud.ec2.send(new ec2.CreateTagsCommand({ Resources: [there.keyId], Tags: [{ Key: "team", Value: "four" }] }));
    const Statement = [{ Effect: "Allow", Action: "ec2:*", Resource: "*" }, { Effect: "Deny", Action: "ec2:*", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "four" } } }];
    await cloud.iam.send(new iam.PutUserPolicyCommand({ UserName: "ann", PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    expect(await outcome(ann, new ec2.DeleteKeyPairCommand({ KeyName: "kept" }))).toBe("UnauthorizedOperation");
  });
});
