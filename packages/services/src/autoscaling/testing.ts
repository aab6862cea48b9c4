/** What tests of Auto Scaling stand on: a VPC of two zones, a launch configuration, and words to say it in. Not built. */
import type { AutoscalingTypes } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";

export const ZONES = ["ap-northeast-1a", "ap-northeast-1c"] as const;

export interface Stage {
  readonly cloud: TestCloud;
  readonly asg: TestCloud["aws"]["autoscaling"];
  readonly vpc: string;
  readonly subnets: readonly [string, string];
  readonly image: string;
  /** A group named `web` that launches from the configuration `web`, left alone for a second. */
  create(over?: Partial<AutoscalingTypes.CreateAutoScalingGroupType>): Promise<void>;
  group(): Promise<AutoscalingTypes.AutoScalingGroup>;
  instances(): Promise<readonly string[]>;
  /** e.g. `InService Healthy`. */
  lifecycles(): Promise<readonly string[]>;
  /** Newest first. */
  activities(): Promise<readonly AutoscalingTypes.Activity[]>;
  ec2State(id: string): Promise<string>;
}

export async function createStage(options: Parameters<typeof createTestCloud>[0] = {}): Promise<Stage> {
  const cloud = await createTestCloud(options);
  const { ec2, autoscaling: asg } = cloud.aws;
  const vpc = (await ec2.CreateVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!.VpcId!;
  const subnet = async (number: 0 | 1): Promise<string> =>
    (await ec2.CreateSubnet({ VpcId: vpc, CidrBlock: `10.0.${number * 16}.0/20`, AvailabilityZone: ZONES[number] })).Subnet!.SubnetId!;
  const subnets = [await subnet(0), await subnet(1)] as const;
  const gateway = (await ec2.CreateInternetGateway({})).InternetGateway!.InternetGatewayId!;
  await ec2.AttachInternetGateway({ InternetGatewayId: gateway, VpcId: vpc });
  const image = (await ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  await asg.CreateLaunchConfiguration({ LaunchConfigurationName: "web", ImageId: image, InstanceType: "t3.micro" });
  const group = async (): Promise<AutoscalingTypes.AutoScalingGroup> => (await asg.DescribeAutoScalingGroups({ AutoScalingGroupNames: ["web"] })).AutoScalingGroups[0]!;
  return {
    cloud,
    asg,
    vpc,
    subnets: [subnets[0], subnets[1]],
    image,
    group,
    async create(over = {}) {
      const launch = over.LaunchTemplate || over.MixedInstancesPolicy ? {} : { LaunchConfigurationName: "web" };
      await asg.CreateAutoScalingGroup({ AutoScalingGroupName: "web", ...launch, MinSize: 0, MaxSize: 10, VPCZoneIdentifier: subnets.join(","), ...over });
      await cloud.advance("1s");
    },
    instances: async () => (await group()).Instances!.map((i) => i.InstanceId),
    lifecycles: async () => (await group()).Instances!.map((i) => `${i.LifecycleState} ${i.HealthStatus}`),
    activities: async () => (await asg.DescribeScalingActivities({ AutoScalingGroupName: "web" })).Activities,
    ec2State: async (id) => (await ec2.DescribeInstances({ InstanceIds: [id] })).Reservations![0]!.Instances![0]!.State!.Name!,
  };
}
