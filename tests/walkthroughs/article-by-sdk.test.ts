import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import { BALANCER, GROUP, KEY, newestImage, newestNatImage, type Platform } from "./article-platform.js";
import { tellTheArticle } from "./article-story.js";

const LAUNCH = "lc-hakoniwa-stg";
const named = (ResourceType: ec2.ResourceType, ...parts: readonly string[]) => ({ TagSpecifications: [{ ResourceType, Tags: [{ Key: "Name", Value: parts.join("-") }] }] });
const port = (FromPort: number, CidrIp: string) => ({ IpProtocol: "tcp", FromPort, ToPort: FromPort, IpRanges: [{ CidrIp }] });

/** The chapters in the article's order, a call for each click. */
tellTheArticle("SDK", {
  async foundation(platform) {
    const VpcId = await vpc(platform);
    const publicSubnet = await publicSubnetOf(platform, VpcId);
    const privateSubnet = await subnet(platform, VpcId, "private", "10.0.1.0/24");
    const { KeyMaterial } = await platform.garden.ec2.send(new ec2.CreateKeyPairCommand({ KeyName: KEY }));
    platform.keep(KeyMaterial!);
    await natInstance(platform, VpcId, publicSubnet, privateSubnet);
    await servers(platform, VpcId, publicSubnet, privateSubnet);
  },

  async site(platform, ImageId) {
    const { garden } = platform;
    const { VpcId } = await platform.vpc();
    const group = await securityGroup(platform, VpcId!, "elb", [port(80, "0.0.0.0/0")]);
    await garden.elb.send(
      new elb.CreateLoadBalancerCommand({
        LoadBalancerName: BALANCER, Subnets: [(await platform.subnet("public")).SubnetId!], SecurityGroups: [group],
        Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstanceProtocol: "HTTP", InstancePort: 80 }],
      }),
    );
    const HealthCheck = { Target: "HTTP:80/index.html", Interval: 5, Timeout: 2, HealthyThreshold: 2, UnhealthyThreshold: 2 };
    await garden.elb.send(new elb.ConfigureHealthCheckCommand({ LoadBalancerName: BALANCER, HealthCheck }));
    await garden.autoscaling.send(
      new autoscaling.CreateLaunchConfigurationCommand({
        LaunchConfigurationName: LAUNCH, ImageId, InstanceType: "t3.micro", KeyName: KEY, SecurityGroups: [(await platform.group("web")).GroupId!], AssociatePublicIpAddress: false,
      }),
    );
    await garden.autoscaling.send(
      new autoscaling.CreateAutoScalingGroupCommand({
        AutoScalingGroupName: GROUP, LaunchConfigurationName: LAUNCH, MinSize: 1, MaxSize: 1, VPCZoneIdentifier: (await platform.subnet("private")).SubnetId!, LoadBalancerNames: [BALANCER],
        HealthCheckType: "ELB", HealthCheckGracePeriod: 60, Tags: [{ Key: "Name", Value: "web-hakoniwa-stg", PropagateAtLaunch: true }],
      }),
    );
  },

  async natGateway(platform) {
    const { garden } = platform;
    const { AllocationId } = await garden.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
    const { NatGateway } = await garden.ec2.send(new ec2.CreateNatGatewayCommand({ SubnetId: (await platform.subnet("public")).SubnetId!, AllocationId }));
    const NatGatewayId = NatGateway!.NatGatewayId!;
    await ec2.waitUntilNatGatewayAvailable(waiting(platform), { NatGatewayIds: [NatGatewayId] });
    const { RouteTableId } = await platform.routeTable("private");
    await garden.ec2.send(new ec2.ReplaceRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", NatGatewayId }));
  },

  async https(platform, SSLCertificateId) {
    const listener = { Protocol: "HTTPS", LoadBalancerPort: 443, InstanceProtocol: "HTTP", InstancePort: 80, SSLCertificateId };
    await platform.garden.elb.send(new elb.CreateLoadBalancerListenersCommand({ LoadBalancerName: BALANCER, Listeners: [listener] }));
    const { GroupId } = await platform.group("elb");
    await platform.garden.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [port(443, "0.0.0.0/0")] }));
  },
});

function waiting({ garden }: Platform) {
  return { client: garden.ec2, maxWaitTime: 30, minDelay: 0.2, maxDelay: 0.2 };
}

async function vpc({ garden }: Platform): Promise<string> {
  const { Vpc } = await garden.ec2.send(new ec2.CreateVpcCommand({ CidrBlock: "10.0.0.0/16", ...named("vpc", "vpc-hakoniwa-stg") }));
  return Vpc!.VpcId!;
}

async function subnet({ garden }: Platform, VpcId: string, role: string, CidrBlock: string): Promise<string> {
  const { Subnet } = await garden.ec2.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone: "ap-northeast-1a", ...named("subnet", "subnet-hakoniwa-stg", role) }));
  return Subnet!.SubnetId!;
}

async function publicSubnetOf(platform: Platform, VpcId: string): Promise<string> {
  const { garden } = platform;
  const SubnetId = await subnet(platform, VpcId, "public", "10.0.0.0/24");
  const { InternetGateway } = await garden.ec2.send(new ec2.CreateInternetGatewayCommand(named("internet-gateway", "igw-hakoniwa-stg")));
  const GatewayId = InternetGateway!.InternetGatewayId!;
  await garden.ec2.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: GatewayId, VpcId }));
  await routeTable(platform, VpcId, "public", SubnetId, { GatewayId });
  return SubnetId;
}

async function routeTable({ garden }: Platform, VpcId: string, role: string, SubnetId: string, target: { readonly GatewayId?: string; readonly InstanceId?: string }): Promise<void> {
  const { RouteTable } = await garden.ec2.send(new ec2.CreateRouteTableCommand({ VpcId, ...named("route-table", "rtb-hakoniwa-stg", role) }));
  const RouteTableId = RouteTable!.RouteTableId!;
  await garden.ec2.send(new ec2.CreateRouteCommand({ RouteTableId, DestinationCidrBlock: "0.0.0.0/0", ...target }));
  await garden.ec2.send(new ec2.AssociateRouteTableCommand({ RouteTableId, SubnetId }));
}

async function securityGroup({ garden }: Platform, VpcId: string, role: string, IpPermissions: ec2.IpPermission[]): Promise<string> {
  const GroupName = `securitygroup-hakoniwa-stg-${role}`;
  const { GroupId } = await garden.ec2.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: `Group of ${role}`, VpcId, ...named("security-group", GroupName) }));
  await garden.ec2.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  return GroupId!;
}

async function launch(platform: Platform, name: string, ImageId: string, SubnetId: string, group: string): Promise<string> {
  const { Instances } = await platform.garden.ec2.send(
    new ec2.RunInstancesCommand({
      ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, KeyName: KEY, SubnetId, SecurityGroupIds: [group], ...named("instance", name, "hakoniwa-stg"),
    }),
  );
  const id = Instances![0]!.InstanceId!;
  await ec2.waitUntilInstanceRunning(waiting(platform), { InstanceIds: [id] });
  return id;
}

async function elasticAddress({ garden }: Platform, InstanceId: string): Promise<void> {
  const { AllocationId } = await garden.ec2.send(new ec2.AllocateAddressCommand({ Domain: "vpc" }));
  await garden.ec2.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId }));
}

async function natInstance(platform: Platform, VpcId: string, publicSubnet: string, privateSubnet: string): Promise<void> {
  const group = await securityGroup(platform, VpcId, "nat", [port(22, "10.0.0.0/16"), port(80, "10.0.0.0/16")]);
  const InstanceId = await launch(platform, "nat", await newestNatImage(platform), publicSubnet, group);
  await platform.garden.ec2.send(new ec2.ModifyInstanceAttributeCommand({ InstanceId, SourceDestCheck: { Value: false } }));
  await elasticAddress(platform, InstanceId);
  await routeTable(platform, VpcId, "private", privateSubnet, { InstanceId });
}

async function servers(platform: Platform, VpcId: string, publicSubnet: string, privateSubnet: string): Promise<void> {
  const image = await newestImage(platform);
  const web = await securityGroup(platform, VpcId, "web", [port(80, "10.0.0.0/16"), port(22, "10.0.0.0/16")]);
  await launch(platform, "builder", image, privateSubnet, web);
  const bastion = await securityGroup(platform, VpcId, "bastion", [port(22, "0.0.0.0/0")]);
  await elasticAddress(platform, await launch(platform, "bastion", image, publicSubnet, bastion));
}
