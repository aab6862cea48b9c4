import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Ec2Types } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

/** An instance in a default subnet, where it gets a public address. */
async function running(): Promise<string> {
  const { Images } = await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-2023.*-x86_64"] }] });
  const { Instances } = await cloud.aws.ec2.RunInstances({ ImageId: Images![0]!.ImageId!, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1 });
  await cloud.advance("5s");
  return Instances![0]!.InstanceId!;
}

async function interfaceOf(instanceId: string): Promise<Ec2Types.NetworkInterface> {
  const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "attachment.instance-id", Values: [instanceId] }] });
  return NetworkInterfaces![0]!;
}

describe("an address that was assigned at launch", () => {
  test("is Amazon's: no Elastic IP address shows, and its name leads to it", async () => {
    const { Association, VpcId, NetworkInterfaceId } = await interfaceOf(await running());
    expect(Association).toMatchObject({ IpOwnerId: "amazon", PublicDnsName: `ec2-${Association!.PublicIp!.replaceAll(".", "-")}.ap-northeast-1.compute.amazonaws.com` });
    expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toEqual([]);
    expect(cloud.paper.names.observe(Association!.PublicDnsName!)?.addresses).toEqual([Association!.PublicIp]);
    expect(cloud.paper.networks.keys()).toEqual([VpcId]);
    await cloud.aws.ec2.ModifyVpcAttribute({ VpcId: VpcId!, EnableDnsHostnames: { Value: false } });
    await cloud.settle();
    expect(cloud.paper.names.observe(Association!.PublicDnsName!)).toBeUndefined();
    expect((await cloud.aws.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [NetworkInterfaceId!] })).NetworkInterfaces![0]!.Association!.PublicDnsName).toBe("");
  });

  test("is lost when the instance stops, and another one comes when it starts; the private one stays (S2-16)", async () => {
    const id = await running();
    const before = await interfaceOf(id);
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.advance("5s");
    expect((await interfaceOf(id)).Association).toBeUndefined();
    await cloud.aws.ec2.StartInstances({ InstanceIds: [id] });
    await cloud.advance("5s");
    const after = await interfaceOf(id);
    expect(after.PrivateIpAddress).toBe(before.PrivateIpAddress);
    expect(after.Association!.PublicIp).not.toBe(before.Association!.PublicIp);
  });

  test("gives way to an Elastic IP address, which stays through a stop and is left when the instance is terminated (S2-19)", async () => {
    const id = await running();
    const { AllocationId, PublicIp } = await cloud.aws.ec2.AllocateAddress({});
    await cloud.aws.ec2.AssociateAddress({ AllocationId, InstanceId: id });
    expect((await interfaceOf(id)).Association).toMatchObject({ PublicIp, AllocationId, IpOwnerId: "123456789012" });
    await cloud.aws.ec2.StopInstances({ InstanceIds: [id] });
    await cloud.advance("5s");
    expect((await interfaceOf(id)).Association).toMatchObject({ PublicIp });
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    await cloud.advance("5s");
    const { Addresses } = await cloud.aws.ec2.DescribeAddresses({});
    expect(Addresses).toMatchObject([{ PublicIp, AllocationId }]);
    expect(Addresses![0]!.AssociationId).toBeUndefined();
  });
});

test("a load balancer's interface and address belong to amazon-elb, and the user can't touch them", async () => {
  await cloud.aws.elb.CreateLoadBalancer({
    LoadBalancerName: "front",
    Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }],
    AvailabilityZones: ["ap-northeast-1a"],
  });
  await cloud.advance("5s");
  const { NetworkInterfaces } = await cloud.aws.ec2.DescribeNetworkInterfaces({ Filters: [{ Name: "requester-id", Values: ["amazon-elb"] }] });
  expect(NetworkInterfaces).toMatchObject([{ RequesterManaged: true, Description: "ELB front", Association: { IpOwnerId: "amazon-elb" } }]);
  expect((await cloud.aws.ec2.DescribeAddresses({})).Addresses).toEqual([]);
  const { NetworkInterfaceId, Attachment } = NetworkInterfaces![0]!;
  const { PublicIp } = NetworkInterfaces![0]!.Association!;
  await expect(cloud.aws.ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId: NetworkInterfaceId!, Groups: [] })).rejects.toMatchObject({ code: "AuthFailure" });
  await expect(cloud.aws.ec2.DetachNetworkInterface({ AttachmentId: Attachment!.AttachmentId! })).rejects.toMatchObject({ code: "OperationNotPermitted" });
  await expect(cloud.aws.ec2.ReleaseAddress({ PublicIp })).rejects.toMatchObject({ code: "InvalidAddress.NotFound" });
  await cloud.aws.elb.DeleteLoadBalancer({ LoadBalancerName: "front" });
  await cloud.advance("5s");
  expect((await cloud.aws.ec2.DescribeNetworkInterfaces({})).NetworkInterfaces).toEqual([]);
});

test("after a restart every network is carried again, and nothing is written", async () => {
  await running();
  const before = cloud.store.sequence;
  cloud.core.driver.start();
  await cloud.settle();
  expect(cloud.store.sequence).toBe(before);
});
