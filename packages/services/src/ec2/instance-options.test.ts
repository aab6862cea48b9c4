import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

async function running(input: Partial<Ec2Types.RunInstancesRequest> = {}): Promise<string> {
  const { Instances } = await cloud.aws.ec2.RunInstances({
    ImageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
    InstanceType: "t3.micro",
    MinCount: 1,
    MaxCount: 1,
    ...input,
  });
  await cloud.advance("1s");
  return Instances![0]!.InstanceId!;
}

async function stopped(input: Partial<Ec2Types.RunInstancesRequest> = {}): Promise<string> {
  const id = await running(input);
  await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
  await cloud.settle();
  return id;
}

async function instance(id: string): Promise<Ec2Types.Instance> {
  return (await cloud.aws.ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!;
}

describe("a launch", () => {
  test.each([
    ["a type of another architecture", { InstanceType: "t4g.micro" as const }, "InvalidParameterValue", "does not match the architecture 'x86_64'"],
    ["cores that the type doesn't have", { CpuOptions: { CoreCount: 7, ThreadsPerCore: 1 } }, "InvalidParameterValue", "Value (7) for parameter CoreCount"],
    ["credits for what is not burstable", { InstanceType: "m5.large" as const, CreditSpecification: { CpuCredits: "unlimited" } }, "InvalidParameterCombination", "m5.large"],
    ["an unknown placement group", { Placement: { GroupName: "none" } }, "InvalidPlacementGroup.Unknown", "'none'"],
    ["hibernation", { HibernationOptions: { Configured: true } }, "NotImplemented", "Configured"],
    ["names of resources", { PrivateDnsNameOptions: { HostnameType: "resource-name" as const } }, "NotImplemented", "resource-name"],
    ["EBS optimization of T2", { InstanceType: "t2.micro" as const, EbsOptimized: true }, "InvalidParameterCombination", "t2.micro"],
    ["more addresses than the type has", { NetworkInterfaces: [{ DeviceIndex: 0, SecondaryPrivateIpAddressCount: 5 }] }, "PrivateIpAddressLimitExceeded", "t3.micro"],
    ["a device twice", { BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { VolumeSize: 1 } }, { DeviceName: "xvdf", Ebs: { VolumeSize: 1 } }] }, "InvalidBlockDeviceMapping", "xvdf"],
    ["an image parameter that is not there", { ImageId: "resolve:ssm:/none" }, "ParameterNotFound", ""],
  ])("is refused with %s, and nothing is left behind", async (_name, input, code, message) => {
    await expect(running(input)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    expect((await cloud.aws.ec2.DescribeInstances({})).Reservations).toEqual([]);
    expect((await cloud.aws.ec2.DescribeVolumes({})).Volumes).toEqual([]);
  });

  test("takes what clients send to say no, and the defaults of the region's metadata options", async () => {
    await cloud.aws.ec2.ModifyInstanceMetadataDefaults({ HttpTokens: "optional", HttpPutResponseHopLimit: 3 });
    const id = await running({ HibernationOptions: { Configured: false }, EnclaveOptions: { Enabled: false }, CapacityReservationSpecification: { CapacityReservationPreference: "open" } });
    expect((await instance(id)).MetadataOptions).toMatchObject({ HttpTokens: "optional", HttpPutResponseHopLimit: 3 });
    await cloud.aws.ec2.ModifyInstanceMetadataDefaults({ HttpTokens: "no-preference", HttpPutResponseHopLimit: -1 });
    expect((await cloud.aws.ec2.GetInstanceMetadataDefaults({})).AccountLevel).toEqual({ ManagedBy: "account" });
    expect((await instance(await running())).MetadataOptions).toMatchObject({ HttpTokens: "required", HttpPutResponseHopLimit: 2 });
  });

  test("in a VPC for dedicated hardware is dedicated (S2-11)", async () => {
    const { Vpc } = await cloud.aws.ec2.CreateVpc({ CidrBlock: "10.0.0.0/16", InstanceTenancy: "dedicated" });
    const { Subnet } = await cloud.aws.ec2.CreateSubnet({ VpcId: Vpc!.VpcId!, CidrBlock: "10.0.0.0/24" });
    expect((await instance(await running({ SubnetId: Subnet!.SubnetId!, InstanceType: "m5.large" }))).Placement).toMatchObject({ Tenancy: "dedicated" });
  });

  test("keeps its private address over stop and start, and says who stopped it (S2-16)", async () => {
    const id = await running();
    const { PrivateIpAddress } = await instance(id);
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.settle();
    expect(await instance(id)).toMatchObject({ State: { Name: "stopped" }, StateTransitionReason: "User initiated (2026-01-01 00:00:01 GMT)", StateReason: { Code: "Client.UserInitiatedShutdown" } });
    await cloud.aws.ec2.StartInstances({ InstanceIds: [id] });
    await cloud.advance("1s");
    expect(await instance(id)).toMatchObject({ State: { Name: "running" }, PrivateIpAddress, StateTransitionReason: "" });
  });
});

describe("an instance's attributes", () => {
  test("are changed one at a time, and some only when it is stopped", async () => {
    const id = await running();
    const modify = (input: Omit<Ec2Types.ModifyInstanceAttributeRequest, "InstanceId">) => cloud.aws.ec2.ModifyInstanceAttribute({ InstanceId: id, ...input });
    await expect(modify({})).rejects.toMatchObject({ code: "InvalidParameterCombination", message: "No attributes specified." });
    await expect(modify({ DisableApiStop: { Value: true }, EbsOptimized: { Value: true } })).rejects.toMatchObject({ message: "Fields for multiple attribute types specified" });
    await expect(modify({ InstanceType: { Value: "t3.small" } })).rejects.toMatchObject({ code: "IncorrectInstanceState", message: `The instance '${id}' is not in the 'stopped' state.` });
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.settle();
    await modify({ InstanceType: { Value: "m5.large" } });
    expect(await instance(id)).toMatchObject({ InstanceType: "m5.large", CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 } });
    await modify({ SourceDestCheck: { Value: false } });
    await cloud.aws.ec2.ResetInstanceAttribute({ InstanceId: id, Attribute: "sourceDestCheck" });
    expect((await instance(id)).SourceDestCheck).toBe(true);
  });

  test("of CPU, credits, recovery and monitoring have operations of their own", async () => {
    const id = await stopped({ InstanceType: "t3.xlarge" });
    await cloud.aws.ec2.ModifyInstanceCpuOptions({ InstanceId: id, CoreCount: 2, ThreadsPerCore: 1 });
    await cloud.aws.ec2.ModifyInstanceMaintenanceOptions({ InstanceId: id, AutoRecovery: "disabled" });
    expect((await cloud.aws.ec2.MonitorInstances({ InstanceIds: [id] })).InstanceMonitorings).toEqual([{ InstanceId: id, Monitoring: { State: "pending" } }]);
    expect(await instance(id)).toMatchObject({ CpuOptions: { CoreCount: 2, ThreadsPerCore: 1 }, MaintenanceOptions: { AutoRecovery: "disabled" }, Monitoring: { State: "enabled" } });
    const gone = "i-00000000000000000";
    const answer = await cloud.aws.ec2.ModifyInstanceCreditSpecification({ InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits: "standard" }, { InstanceId: gone, CpuCredits: "standard" }] });
    expect(answer).toMatchObject({ SuccessfulInstanceCreditSpecifications: [{ InstanceId: id }], UnsuccessfulInstanceCreditSpecifications: [{ InstanceId: gone, Error: { Code: "InvalidInstanceID.NotFound" } }] });
    expect((await cloud.aws.ec2.DescribeInstanceCreditSpecifications({ InstanceIds: [id] })).InstanceCreditSpecifications).toEqual([{ InstanceId: id, CpuCredits: "standard" }]);
    expect(await cloud.aws.ec2.GetPasswordData({ InstanceId: id })).toMatchObject({ PasswordData: "" });
  });
});

test("an instance profile is associated, replaced and taken away (S0-13)", async () => {
  for (const InstanceProfileName of ["web", "db"]) await cloud.aws.iam.CreateInstanceProfile({ InstanceProfileName });
  const id = await running();
  const { IamInstanceProfileAssociation: first } = await cloud.aws.ec2.AssociateIamInstanceProfile({ InstanceId: id, IamInstanceProfile: { Name: "web" } });
  expect(first).toMatchObject({ State: "associating", InstanceId: id });
  await expect(cloud.aws.ec2.AssociateIamInstanceProfile({ InstanceId: id, IamInstanceProfile: { Name: "db" } })).rejects.toMatchObject({ code: "IncorrectState", message: `There is an existing association for instance ${id}` });
  const { IamInstanceProfileAssociation: second } = await cloud.aws.ec2.ReplaceIamInstanceProfileAssociation({ AssociationId: first!.AssociationId!, IamInstanceProfile: { Name: "db" } });
  expect((await cloud.aws.ec2.DescribeIamInstanceProfileAssociations({})).IamInstanceProfileAssociations).toMatchObject([{ AssociationId: second!.AssociationId, State: "associated", IamInstanceProfile: { Arn: expect.stringMatching(/\/db$/) } }]);
  await cloud.aws.ec2.DisassociateIamInstanceProfile({ AssociationId: second!.AssociationId! });
  expect((await instance(id)).IamInstanceProfile).toBeUndefined();
  await expect(cloud.aws.ec2.DisassociateIamInstanceProfile({ AssociationId: second!.AssociationId! })).rejects.toMatchObject({ code: "InvalidAssociationID.NotFound" });
});

test("a placement group holds instances, and stays as long as it does", async () => {
  await cloud.aws.ec2.CreatePlacementGroup({ GroupName: "web", Strategy: "spread", TagSpecifications: [{ ResourceType: "placement-group", Tags: [{ Key: "env", Value: "stg" }] }] });
  await cloud.aws.ec2.CreatePlacementGroup({ GroupName: "near" });
  await expect(running({ Placement: { GroupName: "near" } })).rejects.toMatchObject({ code: "InvalidParameterCombination", message: expect.stringContaining("Cluster placement groups are not supported by the 't3.micro' instance type") });
  const id = await running({ Placement: { GroupName: "web" } });
  expect((await instance(id)).Placement).toMatchObject({ GroupName: "web" });
  expect((await cloud.aws.ec2.DescribePlacementGroups({ Filters: [{ Name: "tag:env", Values: ["stg"] }] })).PlacementGroups).toMatchObject([{ GroupName: "web", SpreadLevel: "rack", State: "available" }]);
  await expect(cloud.aws.ec2.DeletePlacementGroup({ GroupName: "web" })).rejects.toMatchObject({ code: "InvalidPlacementGroup.InUse" });
  await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
  await cloud.settle();
  await cloud.aws.ec2.DeletePlacementGroup({ GroupName: "web" });
});

test("a launch template made from an instance launches its like; its versions are deleted one by one", async () => {
  const id = await running({ DisableApiStop: true, TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] }] });
  const { LaunchTemplateData: data } = await cloud.aws.ec2.GetLaunchTemplateData({ InstanceId: id });
  const { LaunchTemplate: template } = await cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "web", LaunchTemplateData: data as Ec2Types.RequestLaunchTemplateData });
  const { Instances } = await cloud.aws.ec2.RunInstances({ LaunchTemplate: { LaunchTemplateName: "web" }, MinCount: 1, MaxCount: 1 });
  expect(await instance(Instances![0]!.InstanceId!)).toMatchObject({ InstanceType: "t3.micro", Tags: [{ Key: "Name", Value: "web" }] });
  await cloud.aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateName: "web", SourceVersion: "1", LaunchTemplateData: { InstanceType: "t3.small" } });
  const answer = await cloud.aws.ec2.DeleteLaunchTemplateVersions({ LaunchTemplateId: template!.LaunchTemplateId!, Versions: ["1", "2", "9"] });
  expect(answer.SuccessfullyDeletedLaunchTemplateVersions).toMatchObject([{ VersionNumber: 2 }]);
  expect(answer.UnsuccessfullyDeletedLaunchTemplateVersions).toMatchObject([{ VersionNumber: 1 }, { VersionNumber: 9, ResponseError: { Code: "launchTemplateVersionDoesNotExist" } }]);
  await expect(cloud.aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "x!", LaunchTemplateData: { InstanceType: "t3.micro" } })).rejects.toMatchObject({ code: "InvalidLaunchTemplateName.MalformedException" });
});
