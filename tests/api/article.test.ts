/** The fourth article, click for click, by the AWS SDK: the platform built in the article's order, and taken down in the reverse one. */
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { patience, useCloud } from "./cloud.js";

const AL2023 = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64";
const GROUP = "asg-hakoniwa-stg";
const BALANCER = "elb-hakoniwa-stg";
const LAUNCH = "lc-hakoniwa-stg";
const KEY = "keypair-hakoniwa-stg";

/** One story: every chapter needs the ones before it. */
describe("the fourth article by SDK", () => {
  const cloud = useCloud();
  /** The ids met so far. */
  const at: Record<string, string> = {};

  const named = (ResourceType: ec2.ResourceType, Name: string) => ({ TagSpecifications: [{ ResourceType, Tags: [{ Key: "Name", Value: Name }] }] });
  const nameIs = (Name: string) => [{ Name: "tag:Name", Values: [Name] }];
  const cidr = (port: number, CidrIp: string) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges: [{ CidrIp }] });
  const waiting = () => ({ client: cloud.ec2, ...patience });
  const stateOf = async (id: string): Promise<ec2.Instance> => (await cloud.ec2.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations![0]!.Instances![0]!;

  const privateDefault = async (): Promise<ec2.Route | undefined> => {
    const { RouteTables } = await cloud.ec2.send(new ec2.DescribeRouteTablesCommand({ RouteTableIds: [at["private-table"]!] }));
    return RouteTables![0]!.Routes!.find((route) => route.DestinationCidrBlock === "0.0.0.0/0");
  };

  it("makes the VPC 10.0.0.0/16 with a Name, default tenancy and no IPv6 (S4-07, S4-08)", async () => {
    const { Vpc } = await cloud.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", ...named("vpc", "vpc-hakoniwa-stg") }));
    at["vpc"] = Vpc!.VpcId!;
    await ec2.waitUntilVpcAvailable(waiting(), { VpcIds: [at["vpc"]] });
    const { Vpcs } = await cloud.ec2.send(new ec2.DescribeVpcsCommand({ Filters: nameIs("vpc-hakoniwa-stg") }));
    expect(Vpcs).toMatchObject([{ VpcId: at["vpc"], CidrBlock: "10.0.0.0/16", State: "available", InstanceTenancy: "default", IsDefault: false, OwnerId: "123456789012" }]);
    expect(Vpcs![0]!.Ipv6CidrBlockAssociationSet ?? []).toEqual([]);
    await cloud.ec2.send(new ec2.ModifyVpcAttributeCommand({ VpcId: at["vpc"], EnableDnsHostnames: { Value: true } }));
    const { EnableDnsHostnames } = await cloud.ec2.send(new ec2.DescribeVpcAttributeCommand({ VpcId: at["vpc"], Attribute: "enableDnsHostnames" }));
    expect(EnableDnsHostnames).toEqual({ Value: true });
  });

  it("makes a public and a private subnet in ap-northeast-1a, each with 251 free addresses (S4-09, S4-12, S4-02)", async () => {
    for (const [role, CidrBlock] of [["public", "10.0.0.0/24"], ["private", "10.0.1.0/24"]] as const) {
      const { Subnet } = await cloud.ec2.send(
        new ec2.CreateSubnetCommand({ VpcId: at["vpc"]!, CidrBlock, AvailabilityZone: "ap-northeast-1a", ...named("subnet", `subnet-hakoniwa-stg-${role}`) }),
      );
      at[role] = Subnet!.SubnetId!;
    }
    await ec2.waitUntilSubnetAvailable(waiting(), { SubnetIds: [at["public"]!, at["private"]!] });
    const { Subnets } = await cloud.ec2.send(new ec2.DescribeSubnetsCommand({ Filters: [{ Name: "vpc-id", Values: [at["vpc"]!] }] }));
    const inZone = { AvailabilityZone: "ap-northeast-1a", AvailableIpAddressCount: 251, MapPublicIpOnLaunch: false };
    expect(Subnets).toHaveLength(2);
    for (const CidrBlock of ["10.0.0.0/24", "10.0.1.0/24"]) expect(Subnets).toContainEqual(expect.objectContaining({ CidrBlock, ...inZone }));
  });

  it("attaches an internet gateway and routes the public subnet to it (S4-10, S4-11)", async () => {
    const { InternetGateway } = await cloud.ec2.send(new ec2.CreateInternetGatewayCommand(named("internet-gateway", "igw-hakoniwa-stg")));
    at["igw"] = InternetGateway!.InternetGatewayId!;
    await cloud.ec2.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: at["igw"], VpcId: at["vpc"]! }));
    for (const role of ["public", "private"]) {
      const { RouteTable } = await cloud.ec2.send(new ec2.CreateRouteTableCommand({ VpcId: at["vpc"]!, ...named("route-table", `rtb-hakoniwa-stg-${role}`) }));
      at[`${role}-table`] = RouteTable!.RouteTableId!;
      const { AssociationId } = await cloud.ec2.send(new ec2.AssociateRouteTableCommand({ RouteTableId: at[`${role}-table`]!, SubnetId: at[role]! }));
      at[`${role}-association`] = AssociationId!;
    }
    const { Return } = await cloud.ec2.send(new ec2.CreateRouteCommand({ RouteTableId: at["public-table"]!, DestinationCidrBlock: "0.0.0.0/0", GatewayId: at["igw"] }));
    expect(Return).toBe(true);
    const { RouteTables } = await cloud.ec2.send(new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: "association.subnet-id", Values: [at["public"]!] }] }));
    expect(RouteTables![0]!.Routes!.map((route) => [route.DestinationCidrBlock, route.GatewayId, route.State])).toEqual([
      ["10.0.0.0/16", "local", "active"],
      ["0.0.0.0/0", at["igw"], "active"],
    ]);
  });

  it("gives the private key of a key pair once, and never again (S4-17)", async () => {
    const { KeyMaterial, KeyFingerprint, KeyPairId } = await cloud.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: KEY, KeyType: "rsa" }));
    expect(KeyMaterial).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n[\s\S]+-----END RSA PRIVATE KEY-----\n?$/);
    await ec2.waitUntilKeyPairExists(waiting(), { KeyNames: [KEY] });
    const { KeyPairs } = await cloud.ec2.send(new ec2.DescribeKeyPairsCommand({ KeyNames: [KEY] }));
    expect(KeyPairs).toMatchObject([{ KeyName: KEY, KeyPairId, KeyFingerprint, KeyType: "rsa" }]);
    expect(JSON.stringify(KeyPairs)).not.toContain("PRIVATE KEY");
  });

  it("runs a NAT instance of the newest amzn-ami-vpc-nat image, its source/destination check off, and routes the private subnet to it (S4-13, S4-14, S4-15, S4-18, S4-19, S4-20)", async () => {
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["amzn-ami-vpc-nat-*"] }] }));
    const newest = Images!.sort((a, b) => b.CreationDate!.localeCompare(a.CreationDate!))[0]!;
    const GroupName = "securitygroup-hakoniwa-stg-nat";
    const { GroupId } = await cloud.ec2.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: "SSH and HTTP from the VPC", VpcId: at["vpc"]! }));
    at["nat-group"] = GroupId!;
    await cloud.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: GroupId!, IpPermissions: [cidr(22, "10.0.0.0/16"), cidr(80, "10.0.0.0/16")] }));
    const { Instances } = await cloud.ec2.send(
      new ec2.RunInstancesCommand({
        ImageId: newest.ImageId!, InstanceType: "t3.micro", KeyName: KEY, MinCount: 1, MaxCount: 1, SubnetId: at["public"]!, SecurityGroupIds: [GroupId!],
        BlockDeviceMappings: [{ DeviceName: newest.RootDeviceName!, Ebs: { VolumeType: "standard", VolumeSize: 8 } }], ...named("instance", "nat-hakoniwa-stg"),
      }),
    );
    const InstanceId = Instances![0]!.InstanceId!;
    await ec2.waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
    at["nat-instance"] = InstanceId;
    await cloud.ec2.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, SourceDestCheck: { Value: false } }));
    const { AllocationId, PublicIp } = await cloud.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
    const { AssociationId } = await cloud.ec2.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId }));
    await cloud.ec2.send(new ec2.CreateRouteCommand({ RouteTableId: at["private-table"]!, DestinationCidrBlock: "0.0.0.0/0", InstanceId }));
    expect(await stateOf(InstanceId)).toMatchObject({ SourceDestCheck: false, PublicIpAddress: PublicIp });
    expect((await cloud.ec2.send(new ec2.DescribeVolumesCommand({ Filters: [{ Name: "attachment.instance-id", Values: [InstanceId] }] }))).Volumes).toMatchObject([{ VolumeType: "standard" }]);
    expect(await privateDefault()).toMatchObject({ InstanceId, NetworkInterfaceId: expect.stringMatching(/^eni-/), State: "active" });
    await cloud.ec2.send(new ec2.DisassociateAddressCommand({ AssociationId }));
    await cloud.ec2.send(new ec2.ReleaseAddressCommand({ AllocationId }));
  });

  it("shows the route to a terminated NAT instance as a black hole (S4-20)", async () => {
    await cloud.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [at["nat-instance"]!] }));
    await ec2.waitUntilInstanceTerminated(waiting(), { InstanceIds: [at["nat-instance"]!] });
    expect(await privateDefault()).toMatchObject({ State: "blackhole" });
    await cloud.ec2.send(new ec2.DeleteSecurityGroupCommand({ GroupId: at["nat-group"]! }));
  });

  it("makes a NAT gateway with a new Elastic IP in the public subnet, and swaps the private default route to it (S4-34, S4-35)", async () => {
    const { AllocationId, PublicIp } = await cloud.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc", ...named("elastic-ip", "eip-hakoniwa-stg-nat") }));
    at["nat-address"] = AllocationId!;
    const { NatGateway } = await cloud.ec2.send(new ec2.CreateNatGatewayCommand({ SubnetId: at["public"]!, AllocationId, ...named("natgateway", "nat-hakoniwa-stg") }));
    at["nat"] = NatGateway!.NatGatewayId!;
    expect(NatGateway!.State).toBe("pending");
    await ec2.waitUntilNatGatewayAvailable(waiting(), { NatGatewayIds: [at["nat"]] });
    const { NatGateways } = await cloud.ec2.send(new ec2.DescribeNatGatewaysCommand({ NatGatewayIds: [at["nat"]] }));
    expect(NatGateways).toMatchObject([{ State: "available", ConnectivityType: "public", NatGatewayAddresses: [{ AllocationId, PublicIp, IsPrimary: true, Status: "succeeded" }] }]);
    await cloud.ec2.send(new ec2.ReplaceRouteCommand({ RouteTableId: at["private-table"]!, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: at["nat"] }));
    expect(await privateDefault()).toMatchObject({ NatGatewayId: at["nat"], State: "active" });
  });

  it("makes the groups of bastion, web servers and load balancer, and refuses a Japanese description (S4-15, S4-16, S4-21, S4-22, S4-27)", async () => {
    for (const Description of ["踏み台サーバ", "less < more"]) {
      await expect(cloud.ec2.send(new ec2.CreateSecurityGroupCommand({ GroupName: "x", Description, VpcId: at["vpc"]! }))).rejects.toMatchObject({
        name: "InvalidParameterValue",
        message: expect.stringMatching(/beyond ASCII|Valid descriptions are strings/),
      });
    }
    const rules = { bastion: [cidr(22, "0.0.0.0/0")], web: [cidr(22, "10.0.0.0/16"), cidr(80, "10.0.0.0/16")], elb: [cidr(80, "0.0.0.0/0")] };
    for (const [role, IpPermissions] of Object.entries(rules)) {
      const GroupName = `securitygroup-hakoniwa-stg-${role}`;
      const { GroupId } = await cloud.ec2.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: `Group of ${role}`, VpcId: at["vpc"]!, ...named("security-group", GroupName) }));
      at[`${role}-group`] = GroupId!;
      await ec2.waitUntilSecurityGroupExists(waiting(), { GroupIds: [GroupId!] });
      const { SecurityGroupRules } = await cloud.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId: GroupId!, IpPermissions }));
      expect(SecurityGroupRules).toHaveLength(IpPermissions.length);
    }
    const { SecurityGroups } = await cloud.ec2.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: [at["web-group"]!] }));
    expect(SecurityGroups![0]!.IpPermissions!.map((rule) => `${rule.FromPort} ${rule.IpRanges![0]!.CidrIp}`).sort()).toEqual(["22 10.0.0.0/16", "80 10.0.0.0/16"]);
    expect(SecurityGroups![0]!.IpPermissionsEgress).toMatchObject([{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }]);
  });

  it("runs the bastion with an Elastic IP in the public subnet (S4-05, S4-06, S4-22)", async () => {
    const { Parameter } = await cloud.ssm.send(new GetParameterCommand({ Name: AL2023 }));
    at["image"] = Parameter!.Value!;
    const { Instances } = await cloud.ec2.send(
      new ec2.RunInstancesCommand({
        ImageId: at["image"], InstanceType: "t3.micro", KeyName: KEY, MinCount: 1, MaxCount: 1, SubnetId: at["public"]!, SecurityGroupIds: [at["bastion-group"]!],
        ...named("instance", "bastion-hakoniwa-stg"),
      }),
    );
    at["bastion"] = Instances![0]!.InstanceId!;
    await ec2.waitUntilInstanceExists(waiting(), { InstanceIds: [at["bastion"]] });
    await ec2.waitUntilInstanceRunning(waiting(), { InstanceIds: [at["bastion"]] });
    await ec2.waitUntilInstanceStatusOk(waiting(), { InstanceIds: [at["bastion"]] });
    const { AllocationId, PublicIp } = await cloud.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
    at["bastion-address"] = AllocationId!;
    await cloud.ec2.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId: at["bastion"] }));
    expect(await stateOf(at["bastion"])).toMatchObject({
      PublicIpAddress: PublicIp, KeyName: KEY, SubnetId: at["public"], VpcId: at["vpc"], State: { Name: "running" }, SourceDestCheck: true,
      SecurityGroups: [{ GroupId: at["bastion-group"] }], Tags: [{ Key: "Name", Value: "bastion-hakoniwa-stg" }],
    });
  });

  it("runs the web server in the private subnet, without a public address, and takes its source/destination check off and on (S4-01, S4-18, S4-21)", async () => {
    const UserData = Buffer.from("#!/bin/bash\nyum install -y httpd\nchkconfig httpd on\nservice httpd start\necho 'hello!' > /var/www/html/index.html\n").toString("base64");
    const { Instances } = await cloud.ec2.send(
      new ec2.RunInstancesCommand({
        ImageId: at["image"]!, InstanceType: "t3.micro", KeyName: KEY, MinCount: 1, MaxCount: 1, UserData,
        NetworkInterfaces: [{ DeviceIndex: 0, SubnetId: at["private"]!, Groups: [at["web-group"]!], AssociatePublicIpAddress: false }],
        BlockDeviceMappings: [{ DeviceName: "/dev/xvda", Ebs: { VolumeType: "gp3", VolumeSize: 8, DeleteOnTermination: true } }],
        ...named("instance", "web-hakoniwa-stg"),
      }),
    );
    at["web"] = Instances![0]!.InstanceId!;
    await ec2.waitUntilInstanceRunning(waiting(), { InstanceIds: [at["web"]] });
    const web = await stateOf(at["web"]);
    expect(web.PublicIpAddress).toBeUndefined();
    expect(web.PrivateIpAddress).toMatch(/^10\.0\.1\./);
    const check = async () => (await stateOf(at["web"]!)).SourceDestCheck;
    for (const Value of [false, true]) {
      await cloud.ec2.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId: at["web"], SourceDestCheck: { Value } }));
      expect(await check()).toBe(Value);
    }
    const kept = await cloud.ec2.send(new ec2.DescribeInstanceAttributeCommand({ InstanceId: at["web"], Attribute: "userData" }));
    expect(kept.UserData).toEqual({ Value: UserData });
  });

  it("makes an image from the stopped web server, whose address stays (S4-26, S2-16)", async () => {
    const before = await stateOf(at["web"]!);
    await cloud.ec2.send(new ec2.StopInstancesCommand({ InstanceIds: [at["web"]!] }));
    await ec2.waitUntilInstanceStopped(waiting(), { InstanceIds: [at["web"]!] });
    const { ImageId } = await cloud.ec2.send(new ec2.CreateImageCommand({ InstanceId: at["web"]!, Name: "ami-hakoniwa-stg-web", Description: "The web server with httpd" }));
    at["own-image"] = ImageId!;
    await ec2.waitUntilImageAvailable(waiting(), { ImageIds: [ImageId!] });
    const { Images } = await cloud.ec2.send(new ec2.DescribeImagesCommand({ Owners: ["self"] }));
    expect(Images).toMatchObject([{ ImageId, Name: "ami-hakoniwa-stg-web", State: "available", OwnerId: "123456789012", Public: false }]);
    at["snapshot"] = Images![0]!.BlockDeviceMappings![0]!.Ebs!.SnapshotId!;
    await ec2.waitUntilSnapshotCompleted(waiting(), { SnapshotIds: [at["snapshot"]!] });
    expect(await stateOf(at["web"]!)).toMatchObject({ State: { Name: "stopped" }, PrivateIpAddress: before.PrivateIpAddress });
  });

  it("makes a Classic Load Balancer for HTTP in the public subnet, with the health check of /index.html and no instances (S4-27, S4-28)", async () => {
    const { DNSName } = await cloud.elb.send(
      new elb.CreateLoadBalancerCommand({
        LoadBalancerName: BALANCER, Subnets: [at["public"]!], SecurityGroups: [at["elb-group"]!],
        Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }], Tags: [{ Key: "Name", Value: BALANCER }],
      }),
    );
    expect(DNSName).toMatch(/^elb-hakoniwa-stg-\d+\.ap-northeast-1\.elb\.amazonaws\.com$/);
    const HealthCheck = { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 };
    expect((await cloud.elb.send(new elb.ConfigureHealthCheckCommand({ LoadBalancerName: BALANCER, HealthCheck }))).HealthCheck).toEqual(HealthCheck);
    const { LoadBalancerDescriptions } = await cloud.elb.send(new elb.DescribeLoadBalancersCommand({ LoadBalancerNames: [BALANCER] }));
    expect(LoadBalancerDescriptions).toMatchObject([{
      DNSName, Scheme: "internet-facing", VPCId: at["vpc"], Subnets: [at["public"]], AvailabilityZones: ["ap-northeast-1a"], SecurityGroups: [at["elb-group"]], HealthCheck, Instances: [],
      ListenerDescriptions: [{ Listener: { Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 } }],
    }]);
  });

  it("makes the launch configuration of the own image, without a public address (S4-29)", async () => {
    await cloud.autoscaling.send(
      new autoscaling.CreateLaunchConfigurationCommand({
        LaunchConfigurationName: LAUNCH, ImageId: at["own-image"]!, InstanceType: "t3.micro", KeyName: KEY, SecurityGroups: [at["web-group"]!], AssociatePublicIpAddress: false,
      }),
    );
    const { LaunchConfigurations } = await cloud.autoscaling.send(new autoscaling.DescribeLaunchConfigurationsCommand({ LaunchConfigurationNames: [LAUNCH] }));
    expect(LaunchConfigurations).toMatchObject([{ LaunchConfigurationName: LAUNCH, ImageId: at["own-image"], KeyName: KEY, SecurityGroups: [at["web-group"]], AssociatePublicIpAddress: false }]);
  });

  it("makes the Auto Scaling group of one: 1 of 1 instances in service, from the own image, named (S4-30, S4-31)", async () => {
    await cloud.autoscaling.send(
      new autoscaling.CreateAutoScalingGroupCommand({
        AutoScalingGroupName: GROUP, LaunchConfigurationName: LAUNCH, MinSize: 1, MaxSize: 1, DesiredCapacity: 1, VPCZoneIdentifier: at["private"]!, LoadBalancerNames: [BALANCER],
        HealthCheckType: "ELB", HealthCheckGracePeriod: 60, Tags: [{ Key: "Name", Value: "web-hakoniwa-stg", PropagateAtLaunch: true }],
      }),
    );
    await elb.waitUntilAnyInstanceInService({ client: cloud.elb, ...patience }, { LoadBalancerName: BALANCER });
    await autoscaling.waitUntilGroupExists({ client: cloud.autoscaling, ...patience }, { AutoScalingGroupNames: [GROUP] });
    await autoscaling.waitUntilGroupInService({ client: cloud.autoscaling, ...patience }, { AutoScalingGroupNames: [GROUP] });
    const { InstanceStates } = await cloud.elb.send(new elb.DescribeInstanceHealthCommand({ LoadBalancerName: BALANCER }));
    const { AutoScalingGroups } = await cloud.autoscaling.send(new autoscaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }));
    const member = AutoScalingGroups![0]!.Instances![0]!;
    expect(InstanceStates).toMatchObject([{ InstanceId: member.InstanceId, State: "InService" }]);
    expect(member).toMatchObject({ LifecycleState: "InService", HealthStatus: "Healthy", AvailabilityZone: "ap-northeast-1a", LaunchConfigurationName: LAUNCH });
    const instance = await stateOf(member.InstanceId!);
    expect(instance).toMatchObject({ ImageId: at["own-image"], SubnetId: at["private"], State: { Name: "running" } });
    expect(instance.PublicIpAddress).toBeUndefined();
    expect(instance.Tags).toEqual(expect.arrayContaining([{ Key: "Name", Value: "web-hakoniwa-stg" }, { Key: "aws:autoscaling:groupName", Value: GROUP }]));
    at["member"] = member.InstanceId!;
  });

  it("heals: of a terminated instance another takes the place, and is taken in (S4-33)", async () => {
    await cloud.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [at["member"]!] }));
    await ec2.waitUntilInstanceTerminated(waiting(), { InstanceIds: [at["member"]!] });
    await elb.waitUntilInstanceDeregistered({ client: cloud.elb, ...patience }, { LoadBalancerName: BALANCER, Instances: [{ InstanceId: at["member"] }] });
    await expect
      .poll(async () => (await cloud.elb.send(new elb.DescribeInstanceHealthCommand({ LoadBalancerName: BALANCER }))).InstanceStates!.filter(({ State }) => State === "InService"), { timeout: 15_000 })
      .toHaveLength(1);
    const { Activities } = await cloud.autoscaling.send(new autoscaling.DescribeScalingActivitiesCommand({ AutoScalingGroupName: GROUP }));
    expect(Activities!.filter((activity) => activity.Description!.startsWith("Launching a new EC2 instance"))).toHaveLength(2);
  });

  it("refuses to delete what is in use (S4-10, S4-15, S4-29)", async () => {
    const dependency = { name: "DependencyViolation", $metadata: { httpStatusCode: 400 } };
    await expect(cloud.ec2.send(new ec2.DeleteVpcCommand({ VpcId: at["vpc"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.DeleteSubnetCommand({ SubnetId: at["private"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.DeleteSecurityGroupCommand({ GroupId: at["web-group"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.DeleteRouteTableCommand({ RouteTableId: at["public-table"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: at["igw"]!, VpcId: at["vpc"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: at["igw"]! }))).rejects.toMatchObject(dependency);
    await expect(cloud.ec2.send(new ec2.ReleaseAddressCommand({ AllocationId: at["nat-address"]! }))).rejects.toMatchObject({ name: "InvalidIPAddress.InUse" });
    await expect(cloud.ec2.send(new ec2.DeleteSnapshotCommand({ SnapshotId: at["snapshot"]! }))).rejects.toMatchObject({ name: "InvalidSnapshot.InUse" });
    await expect(cloud.autoscaling.send(new autoscaling.DeleteLaunchConfigurationCommand({ LaunchConfigurationName: LAUNCH }))).rejects.toMatchObject({ name: expect.stringMatching(/^ResourceInUse/) });
    await expect(cloud.autoscaling.send(new autoscaling.DeleteAutoScalingGroupCommand({ AutoScalingGroupName: GROUP }))).rejects.toMatchObject({ name: expect.stringMatching(/^ResourceInUse/) });
  });

  it("goes in reverse order without a rest: no dependency is left behind (S4-08 to S4-30)", async () => {
    await cloud.autoscaling.send(new autoscaling.UpdateAutoScalingGroupCommand({ AutoScalingGroupName: GROUP, MinSize: 0, DesiredCapacity: 0 }));
    await expect
      .poll(async () => (await cloud.autoscaling.send(new autoscaling.DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }))).AutoScalingGroups![0]!.Instances, { timeout: 15_000 })
      .toEqual([]);
    await cloud.autoscaling.send(new autoscaling.DeleteAutoScalingGroupCommand({ AutoScalingGroupName: GROUP }));
    await autoscaling.waitUntilGroupNotExists({ client: cloud.autoscaling, ...patience }, { AutoScalingGroupNames: [GROUP] });
    await cloud.autoscaling.send(new autoscaling.DeleteLaunchConfigurationCommand({ LaunchConfigurationName: LAUNCH }));
    await cloud.elb.send(new elb.DeleteLoadBalancerCommand({ LoadBalancerName: BALANCER }));
    await cloud.ec2.send(new ec2.DeregisterImageCommand({ ImageId: at["own-image"]! }));
    await cloud.ec2.send(new ec2.DeleteSnapshotCommand({ SnapshotId: at["snapshot"]! }));
    await cloud.ec2.send(new ec2.TerminateInstancesCommand({ InstanceIds: [at["web"]!, at["bastion"]!] }));
    await ec2.waitUntilInstanceTerminated(waiting(), { InstanceIds: [at["web"]!, at["bastion"]!] });
    await cloud.ec2.send(new ec2.ReleaseAddressCommand({ AllocationId: at["bastion-address"]! }));
    await cloud.ec2.send(new ec2.DeleteKeyPairCommand({ KeyName: KEY }));
    await cloud.ec2.send(new ec2.DeleteRouteCommand({ RouteTableId: at["private-table"]!, DestinationCidrBlock: "0.0.0.0/0" }));
    await cloud.ec2.send(new ec2.DeleteNatGatewayCommand({ NatGatewayId: at["nat"]! }));
    await ec2.waitUntilNatGatewayDeleted(waiting(), { NatGatewayIds: [at["nat"]!] });
    await cloud.ec2.send(new ec2.ReleaseAddressCommand({ AllocationId: at["nat-address"]! }));
    await expect
      .poll(async () => (await cloud.ec2.send(new ec2.DescribeNetworkInterfacesCommand({ Filters: [{ Name: "vpc-id", Values: [at["vpc"]!] }] }))).NetworkInterfaces, { timeout: 10_000 })
      .toEqual([]);
    for (const role of ["web", "bastion", "elb"]) await cloud.ec2.send(new ec2.DeleteSecurityGroupCommand({ GroupId: at[`${role}-group`]! }));
    for (const role of ["private", "public"]) {
      await cloud.ec2.send(new ec2.DisassociateRouteTableCommand({ AssociationId: at[`${role}-association`]! }));
      await cloud.ec2.send(new ec2.DeleteRouteTableCommand({ RouteTableId: at[`${role}-table`]! }));
      await cloud.ec2.send(new ec2.DeleteSubnetCommand({ SubnetId: at[role]! }));
    }
    await cloud.ec2.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: at["igw"]!, VpcId: at["vpc"]! }));
    await cloud.ec2.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: at["igw"]! }));
    await cloud.ec2.send(new ec2.DeleteVpcCommand({ VpcId: at["vpc"]! }));
  });

  it("leaves nothing: only the default VPC is listed, and no volume, address, workload or tag stays (S2-18)", async () => {
    const { Vpcs } = await cloud.ec2.send(new ec2.DescribeVpcsCommand({}));
    expect(Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
    expect((await cloud.ec2.send(new ec2.DescribeVolumesCommand({}))).Volumes).toEqual([]);
    expect((await cloud.ec2.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ["self"] }))).Snapshots).toEqual([]);
    expect((await cloud.ec2.send(new ec2.DescribeAddressesCommand({}))).Addresses).toEqual([]);
    expect((await cloud.ec2.send(new ec2.DescribeKeyPairsCommand({}))).KeyPairs).toEqual([]);
    expect((await cloud.elb.send(new elb.DescribeLoadBalancersCommand({}))).LoadBalancerDescriptions).toEqual([]);
    const { Tags } = await cloud.ec2.send(new ec2.DescribeTagsCommand({ Filters: [{ Name: "resource-type", Values: ["vpc", "subnet", "security-group", "route-table", "elastic-ip"] }] }));
    expect(Tags).toEqual([]);
    const kept = (): readonly string[] => [cloud.paper.networks, cloud.paper.workloads, cloud.paper.disks, cloud.paper.names].flatMap((port) => port.keys());
    await expect.poll(kept, { timeout: 5_000 }).toEqual([]);
  });
});
