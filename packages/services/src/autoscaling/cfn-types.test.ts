import { describeResourceTypes, type Definitions, type ResourceCase } from "../cloudformation/cases/testing.js";
import { autoscaling } from "./index.js";

const ref = (name: string) => ({ Ref: name });
const AMI = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}";
const base = { ImageId: AMI, InstanceType: "t3.micro" };
const Launch = { Type: "AWS::AutoScaling::LaunchConfiguration", Properties: base };
const Group = { Type: "AWS::AutoScaling::AutoScalingGroup", Properties: { LaunchConfigurationName: ref("Launch"), MinSize: "0", MaxSize: "2", AvailabilityZones: ["ap-northeast-1a"] } };
const around: Definitions = { Launch, Group };
const inGroup = (more: object) => ({ AutoScalingGroupName: ref("Group"), ...more });
const step = { PolicyType: "StepScaling", AdjustmentType: "PercentChangeInCapacity", MinAdjustmentMagnitude: 1, MetricAggregationType: "Maximum", EstimatedInstanceWarmup: 60 };
const Role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "autoscaling.amazonaws.com" }, Action: "sts:AssumeRole" }] } } };

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::AutoScaling::LaunchConfiguration": {
    around: {
      Role,
      Profile: { Type: "AWS::IAM::InstanceProfile", Properties: { Roles: [ref("Role")] } },
      Key: { Type: "AWS::EC2::KeyPair", Properties: { KeyName: "key" } },
      Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
      Wall: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "g", VpcId: ref("Vpc") } },
    },
    minimal: base,
    maximal: {
      ...base,
      LaunchConfigurationName: "web",
      KeyName: ref("Key"),
      SecurityGroups: [{ "Fn::GetAtt": ["Wall", "GroupId"] }],
      UserData: { "Fn::Base64": "#!/bin/sh\n" },
      IamInstanceProfile: ref("Profile"),
      InstanceMonitoring: false,
      EbsOptimized: true,
      AssociatePublicIpAddress: true,
      PlacementTenancy: "default",
      BlockDeviceMappings: [
        { DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: true, Encrypted: true, Iops: 3000, Throughput: 125, VolumeSize: 9, VolumeType: "gp3" } },
        { DeviceName: "/dev/sdf", Ebs: { SnapshotId: "snap-0123456789abcdef0" } },
        { DeviceName: "/dev/sdg", NoDevice: true },
      ],
      MetadataOptions: { HttpEndpoint: "enabled", HttpPutResponseHopLimit: 2, HttpTokens: "required" },
    },
    replaced: { ...base, LaunchConfigurationName: "web-2" },
    failing: { properties: { ...base, SpotPrice: "0.1" }, says: "the property SpotPrice of AWS::AutoScaling::LaunchConfiguration" },
    drift: { by: ({ aws }, LaunchConfigurationName) => aws.autoscaling.DeleteLaunchConfiguration({ LaunchConfigurationName }), at: "all" },
  },
  "AWS::AutoScaling::AutoScalingGroup": {
    around: {
      Launch,
      Template: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateName: "web", LaunchTemplateData: base } },
      Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
      A: { Type: "AWS::EC2::Subnet", Properties: { VpcId: ref("Vpc"), CidrBlock: "10.0.0.0/24", AvailabilityZone: "ap-northeast-1a" } },
      C: { Type: "AWS::EC2::Subnet", Properties: { VpcId: ref("Vpc"), CidrBlock: "10.0.1.0/24", AvailabilityZone: "ap-northeast-1c" } },
      Blue: { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { VpcId: ref("Vpc"), Protocol: "HTTP", Port: 80 } },
      Green: { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: { VpcId: ref("Vpc"), Protocol: "HTTP", Port: 80 } },
      Classic: { Type: "AWS::ElasticLoadBalancing::LoadBalancer", Properties: { Subnets: [ref("A")], Scheme: "internal", Listeners: [{ Protocol: "HTTP", LoadBalancerPort: "80", InstancePort: "80" }] } },
      Topic: { Type: "AWS::SNS::Topic" },
      Cluster: { Type: "AWS::EC2::PlacementGroup", Properties: { Strategy: "spread" } },
    },
    minimal: { LaunchConfigurationName: ref("Launch"), MinSize: "0", MaxSize: "1", VPCZoneIdentifier: [ref("A")] },
    maximal: {
      AutoScalingGroupName: "web",
      LaunchTemplate: { LaunchTemplateId: ref("Template"), Version: "1" },
      MinSize: "0",
      MaxSize: "3",
      DesiredCapacity: "1",
      DesiredCapacityType: "units",
      Cooldown: "60",
      VPCZoneIdentifier: [ref("A"), ref("C")],
      AvailabilityZoneDistribution: { CapacityDistributionStrategy: "balanced-only" },
      HealthCheckType: "ELB",
      HealthCheckGracePeriod: 120,
      TerminationPolicies: ["OldestInstance", "Default"],
      NewInstancesProtectedFromScaleIn: false,
      MaxInstanceLifetime: 604_800,
      DefaultInstanceWarmup: 30,
      CapacityRebalance: false,
      PlacementGroup: ref("Cluster"),
      InstanceMaintenancePolicy: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150 },
      DeletionProtection: "none",
      ServiceLinkedRoleARN: { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling" },
      LoadBalancerNames: [ref("Classic")],
      TargetGroupARNs: [ref("Blue")],
      LifecycleHookSpecificationList: [
        { LifecycleHookName: "bye", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout: 30, DefaultResult: "CONTINUE", NotificationMetadata: "look", NotificationTargetARN: ref("Topic"), RoleARN: "arn:aws:iam::123456789012:role/hook" },
      ],
      MetricsCollection: [{ Granularity: "1Minute", Metrics: ["GroupInServiceInstances"] }],
      NotificationConfigurations: [{ TopicARN: [ref("Topic")], NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] }],
      Tags: [{ Key: "team", Value: "four", PropagateAtLaunch: true }],
    },
    others: [
      {
        MinSize: "0",
        MaxSize: "1",
        AvailabilityZones: ["ap-northeast-1a"],
        MixedInstancesPolicy: {
          LaunchTemplate: {
            LaunchTemplateSpecification: { LaunchTemplateName: "web", Version: "$Latest" },
            Overrides: [{ InstanceType: "t3.small", WeightedCapacity: "1", LaunchTemplateSpecification: { LaunchTemplateId: ref("Template"), Version: "1" } }],
          },
          InstancesDistribution: { OnDemandAllocationStrategy: "prioritized", OnDemandBaseCapacity: 0, OnDemandPercentageAboveBaseCapacity: 100, SpotAllocationStrategy: "lowest-price", SpotInstancePools: 2, SpotMaxPrice: "0.1" },
        },
        NotificationConfiguration: { TopicARN: ref("Topic"), NotificationTypes: ["autoscaling:EC2_INSTANCE_LAUNCH"] },
      },
      { LaunchTemplate: { LaunchTemplateName: "web", Version: "1" }, MinSize: "0", MaxSize: "1", VPCZoneIdentifier: [ref("A")], TrafficSources: [{ Identifier: ref("Blue"), Type: "elbv2" }] },
    ],
    elsewhere: Object.fromEntries(
      ["LaunchTemplateId", "LaunchTemplateName"].flatMap((name) => [
        [`MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification.${name}`, "the one or the other"],
        [`MixedInstancesPolicy.LaunchTemplate.Overrides.LaunchTemplateSpecification.${name}`, "the one or the other"],
      ]),
    ),
    changed: {
      AutoScalingGroupName: "web",
      LaunchTemplate: { LaunchTemplateId: ref("Template"), Version: "$Latest" },
      MinSize: "1",
      MaxSize: "2",
      VPCZoneIdentifier: [ref("C")],
      TargetGroupARNs: [ref("Green")],
      HealthCheckType: "EC2",
      NotificationConfigurations: [{ TopicARN: [ref("Topic")], NotificationTypes: ["autoscaling:EC2_INSTANCE_TERMINATE"] }],
      Tags: [{ Key: "env", Value: "prod", PropagateAtLaunch: false }],
    },
    replaced: { AutoScalingGroupName: "web-2", LaunchConfigurationName: ref("Launch"), MinSize: "0", MaxSize: "1", VPCZoneIdentifier: [ref("A")] },
    // UpdateAutoScalingGroup keeps what it isn't given.
    keeps: [
      "HealthCheckType", "HealthCheckGracePeriod", "TerminationPolicies", "NewInstancesProtectedFromScaleIn", "MaxInstanceLifetime", "DefaultInstanceWarmup", "CapacityRebalance", "PlacementGroup",
      "InstanceMaintenancePolicy", "DeletionProtection", "ServiceLinkedRoleARN", "Cooldown", "DesiredCapacity", "AvailabilityZoneDistribution",
    ],
    failing: { properties: { MinSize: "0", MaxSize: "1", VPCZoneIdentifier: [ref("A")], LaunchTemplate: { LaunchTemplateId: ref("Template"), Version: "7" } }, says: "version '7', does not exist" },
    drift: { by: ({ aws }, AutoScalingGroupName) => aws.autoscaling.UpdateAutoScalingGroup({ AutoScalingGroupName, MaxSize: 5 }), at: "MaxSize" },
  },
  "AWS::AutoScaling::ScalingPolicy": {
    around: { ...around, Other: Group },
    minimal: inGroup({ AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 1 }),
    maximal: inGroup({ PolicyType: "SimpleScaling", AdjustmentType: "PercentChangeInCapacity", MinAdjustmentMagnitude: 2, ScalingAdjustment: 50, Cooldown: "120" }),
    others: [
      inGroup({ ...step, StepAdjustments: [{ MetricIntervalLowerBound: 0, MetricIntervalUpperBound: 10, ScalingAdjustment: 1 }, { MetricIntervalLowerBound: 10, ScalingAdjustment: 2 }] }),
      inGroup({ PolicyType: "TargetTrackingScaling", TargetTrackingConfiguration: { TargetValue: 50, DisableScaleIn: true, PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" } } }),
      inGroup({
        PolicyType: "TargetTrackingScaling",
        TargetTrackingConfiguration: {
          TargetValue: 50,
          CustomizedMetricSpecification: { MetricName: "load", Namespace: "App", Statistic: "Average", Unit: "Percent", Dimensions: [{ Name: "Site", Value: "a" }], Period: 60 },
        },
      }),
    ],
    changed: inGroup({ PolicyType: "StepScaling", AdjustmentType: "ExactCapacity", StepAdjustments: [{ MetricIntervalLowerBound: 0, ScalingAdjustment: 2 }] }),
    replaced: { AutoScalingGroupName: ref("Other"), AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 1 },
    elsewhere: Object.fromEntries(
      [
        "PredefinedMetricSpecification.ResourceLabel",
        ...["Id", "Expression", "Label", "Period", "ReturnData", "MetricStat.Metric.MetricName", "MetricStat.Metric.Namespace", "MetricStat.Metric.Dimensions.Name", "MetricStat.Metric.Dimensions.Value", "MetricStat.Stat", "MetricStat.Unit", "MetricStat.Period"].map(
          (name) => `CustomizedMetricSpecification.Metrics.${name}`,
        ),
      ].map((path) => [`TargetTrackingConfiguration.${path}`, "kept as given; scaling.test.ts and targets.test.ts scale by them"]),
    ),
    failing: { properties: inGroup({ AdjustmentType: "Perhaps", ScalingAdjustment: 1 }), says: "AdjustmentType 'Perhaps' is not valid" },
    drift: {
      by: ({ aws }, arn, id) => aws.autoscaling.PutScalingPolicy({ AutoScalingGroupName: id("Group"), PolicyName: arn.slice(arn.indexOf(":policyName/") + 12), AdjustmentType: "ChangeInCapacity", ScalingAdjustment: 7 }),
      at: "ScalingAdjustment",
    },
  },
  "AWS::AutoScaling::ScheduledAction": {
    around: { ...around, Other: Group },
    minimal: inGroup({ MaxSize: 3, Recurrence: "0 9 * * *" }),
    maximal: inGroup({ MinSize: 1, MaxSize: 3, DesiredCapacity: 2, Recurrence: "0 9 * * *", TimeZone: "Asia/Tokyo", StartTime: "2098-01-01T00:00:00Z", EndTime: "2099-01-01T00:00:00Z" }),
    changed: inGroup({ MaxSize: 4, Recurrence: "0 10 * * *" }),
    replaced: { AutoScalingGroupName: ref("Other"), MaxSize: 3, Recurrence: "0 9 * * *" },
    failing: { properties: inGroup({ MaxSize: 3, Recurrence: "sometimes" }), says: "sometimes" },
    drift: {
      by: ({ aws }, ScheduledActionName, id) => aws.autoscaling.PutScheduledUpdateGroupAction({ AutoScalingGroupName: id("Group"), ScheduledActionName, MinSize: 0, MaxSize: 3, DesiredCapacity: 1, Recurrence: "0 9 * * *" }),
      at: "DesiredCapacity",
    },
  },
  "AWS::AutoScaling::LifecycleHook": {
    around: { ...around, Topic: { Type: "AWS::SNS::Topic" }, Role },
    minimal: inGroup({ LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" }),
    maximal: inGroup({
      LifecycleHookName: "ready",
      LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING",
      HeartbeatTimeout: 120,
      DefaultResult: "CONTINUE",
      NotificationMetadata: "look",
      NotificationTargetARN: ref("Topic"),
      RoleARN: { "Fn::GetAtt": ["Role", "Arn"] },
    }),
    changed: inGroup({ LifecycleHookName: "ready", LifecycleTransition: "autoscaling:EC2_INSTANCE_TERMINATING", NotificationMetadata: "look again" }),
    replaced: inGroup({ LifecycleHookName: "steady", LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING" }),
    // PutLifecycleHook can't take these back.
    keeps: ["NotificationMetadata", "RoleARN"],
    failing: { properties: inGroup({ LifecycleTransition: "autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout: 5 }), says: "HeartbeatTimeout '5' must be between 30 and 7200 seconds" },
    drift: { by: ({ aws }, LifecycleHookName, id) => aws.autoscaling.PutLifecycleHook({ AutoScalingGroupName: id("Group"), LifecycleHookName, HeartbeatTimeout: 600 }), at: "HeartbeatTimeout" },
  },
};

describeResourceTypes(autoscaling.resources, cases);
