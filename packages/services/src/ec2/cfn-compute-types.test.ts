import { generateKeyPairSync } from "node:crypto";
import { describeResourceTypes, type Definitions, type ResourceCase } from "../cloudformation/cases/testing.js";
import { computeResources } from "./cfn-compute.js";

const ref = (name: string) => ({ Ref: name });
const att = (name: string, attribute: string) => ({ "Fn::GetAtt": [name, attribute] });
const tag = (Key: string, Value: string) => [{ Key, Value }];
const FOUR = tag("team", "four");
const PROD = tag("env", "prod");
const AMI = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}";
const ZONE = "ap-northeast-1a";
const inVpc = (more: object = {}) => ({ VpcId: ref("Vpc"), ...more });
const group = (GroupName: string) => ({ Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription: "g", GroupName }) });
const profile = (role: string) => ({ Type: "AWS::IAM::InstanceProfile", Properties: { Roles: [ref(role)] } });
const role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] } } };
const base = { ImageId: AMI, InstanceType: "t3.micro" };
const Network: Definitions = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Subnet: { Type: "AWS::EC2::Subnet", Properties: inVpc({ CidrBlock: "10.0.0.0/24", AvailabilityZone: ZONE }) },
  Group: group("one"),
  Other: group("two"),
};
const Compute: Definitions = {
  ...Network,
  Role: role,
  Profile: profile("Role"),
  Second: profile("Role"),
  Key: { Type: "AWS::EC2::KeyPair", Properties: { KeyName: "key" } },
  Spread: { Type: "AWS::EC2::PlacementGroup", Properties: { Strategy: "spread" } },
  Spare: { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: ref("Subnet") } },
  Template: { Type: "AWS::EC2::LaunchTemplate", Properties: { LaunchTemplateData: { ...base, UserData: { "Fn::Base64": "#!/bin/sh\n" } } } },
};
const script = (text: string) => ({ "Fn::Base64": `#!/bin/sh\necho ${text}\n` });
const PUBLIC_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "der" }).toString("base64");

const inSubnet = { ...base, SubnetId: ref("Subnet") };
const lasting = {
  ...inSubnet,
  AvailabilityZone: ZONE,
  KeyName: ref("Key"),
  PlacementGroupName: ref("Spread"),
  PrivateIpAddress: "10.0.0.9",
  PropagateTagsToVolumeOnCreation: true,
  Tenancy: "default",
  InstanceType: "m5.large",
  CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
};
const device = (DeleteOnTermination: boolean) => [
  { DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination, VolumeSize: 9, VolumeType: "gp3", Iops: 3000 } },
  { DeviceName: "/dev/xvdz", NoDevice: {} },
];

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::EC2::Instance": {
    around: Compute,
    minimal: inSubnet,
    maximal: {
      ...lasting,
      BlockDeviceMappings: device(true),
      DisableApiTermination: false,
      EbsOptimized: true,
      IamInstanceProfile: ref("Profile"),
      InstanceInitiatedShutdownBehavior: "terminate",
      MetadataOptions: { HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", HttpPutResponseHopLimit: 3, HttpTokens: "required", InstanceMetadataTags: "enabled" },
      Monitoring: true,
      PrivateDnsNameOptions: { HostnameType: "ip-name" },
      SecurityGroupIds: [att("Group", "GroupId")],
      SourceDestCheck: false,
      Tags: FOUR,
      UserData: script("one"),
    },
    changed: {
      ...lasting,
      BlockDeviceMappings: device(false),
      EbsOptimized: false,
      IamInstanceProfile: ref("Second"),
      MetadataOptions: { HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", HttpPutResponseHopLimit: 1, HttpTokens: "optional", InstanceMetadataTags: "disabled" },
      SecurityGroupIds: [att("Other", "GroupId")],
      Tags: PROD,
      UserData: script("two"),
    },
    replaced: { ...inSubnet, PrivateIpAddress: "10.0.0.19", SecurityGroupIds: [att("Group", "GroupId")] },
    others: [
      { ...base, LaunchTemplate: { LaunchTemplateId: ref("Template"), Version: "1" }, SubnetId: ref("Subnet"), CreditSpecification: { CPUCredits: "standard" } },
      { LaunchTemplate: { LaunchTemplateName: { "Fn::Sub": "${AWS::StackName}-named" }, Version: "1" } },
      { ...base, SecurityGroups: ["default"] },
      {
        ...base,
        NetworkInterfaces: [
          {
            DeviceIndex: "0",
            SubnetId: ref("Subnet"),
            AssociatePublicIpAddress: false,
            DeleteOnTermination: true,
            Description: "first",
            GroupSet: [att("Group", "GroupId")],
            PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.0.30" }, { Primary: false, PrivateIpAddress: "10.0.0.31" }],
          },
        ],
      },
      { ...base, NetworkInterfaces: [{ DeviceIndex: "0", SubnetId: ref("Subnet"), PrivateIpAddress: "10.0.0.40", SecondaryPrivateIpAddressCount: 1 }] },
      { ...base, NetworkInterfaces: [{ DeviceIndex: "0", NetworkInterfaceId: ref("Spare") }] },
      { ...base, SubnetId: ref("Subnet"), BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { SnapshotId: "{{resolve:ssm:snapshot}}", Encrypted: true, KmsKeyId: "alias/aws/ebs" } }] },
    ],
    async before({ aws, advance }) {
      await aws.ec2.CreateLaunchTemplate({ LaunchTemplateName: "case-named", LaunchTemplateData: { InstanceType: "t3.micro", ImageId: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" } });
      const { VolumeId } = await aws.ec2.CreateVolume({ AvailabilityZone: ZONE, Size: 1 });
      await advance("1m");
      const { SnapshotId } = await aws.ec2.CreateSnapshot({ VolumeId: VolumeId! });
      await advance("5m");
      await aws.ssm.PutParameter({ Name: "snapshot", Type: "String", Value: SnapshotId! });
    },
    // An instance without metadata options, shutdown behaviour and the like keeps those it has.
    keeps: ["MetadataOptions"],
    // It has no public address.
    lacks: ["PublicIp"],
    // Other devices and another tenancy need another instance, and another type has CPU options of its own.
    lasting: ["BlockDeviceMappings", "InstanceType", "PropagateTagsToVolumeOnCreation", "Tenancy"],
    // The volume that shall outlive it.
    leaves: /^ec2\.(volumes|tags) vol-/,
    failing: { properties: { ...inSubnet, Volumes: [{ Device: "/dev/sdf", VolumeId: "vol-00000000000000000" }] }, says: "the property Volumes of AWS::EC2::Instance" },
    drift: { by: ({ aws }, InstanceId) => aws.ec2.ModifyInstanceAttribute({ InstanceId, SourceDestCheck: { Value: true } }), at: "SourceDestCheck" },
  },
  "AWS::EC2::LaunchTemplate": {
    around: Compute,
    minimal: { LaunchTemplateData: base },
    maximal: {
      LaunchTemplateName: "web",
      VersionDescription: "first",
      TagSpecifications: [{ ResourceType: "launch-template", Tags: FOUR }],
      LaunchTemplateData: {
        ...base,
        BlockDeviceMappings: [
          { DeviceName: "/dev/xvda", Ebs: { DeleteOnTermination: true, Encrypted: true, Iops: 3000, KmsKeyId: "alias/aws/ebs", Throughput: 125, VolumeSize: 9, VolumeType: "gp3" } },
          { DeviceName: "/dev/sdf", Ebs: { SnapshotId: "snap-0123456789abcdef0" } },
          { DeviceName: "/dev/xvdz", NoDevice: "" },
        ],
        CpuOptions: { CoreCount: 1, ThreadsPerCore: 2 },
        CreditSpecification: { CpuCredits: "standard" },
        DisableApiStop: true,
        DisableApiTermination: true,
        EbsOptimized: true,
        IamInstanceProfile: { Arn: att("Profile", "Arn") },
        InstanceInitiatedShutdownBehavior: "terminate",
        KeyName: ref("Key"),
        MaintenanceOptions: { AutoRecovery: "disabled" },
        MetadataOptions: { HttpEndpoint: "enabled", HttpProtocolIpv6: "disabled", HttpPutResponseHopLimit: 2, HttpTokens: "required", InstanceMetadataTags: "enabled" },
        Monitoring: { Enabled: true },
        NetworkInterfaces: [
          {
            AssociatePublicIpAddress: true,
            DeleteOnTermination: true,
            Description: "first",
            DeviceIndex: 0,
            Groups: [att("Group", "GroupId")],
            InterfaceType: "interface",
            PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.0.30" }],
            SecondaryPrivateIpAddressCount: 1,
            SubnetId: ref("Subnet"),
          },
          { DeviceIndex: 1, NetworkInterfaceId: ref("Spare") },
          { DeviceIndex: 2, PrivateIpAddress: "10.0.0.50" },
        ],
        Placement: { AvailabilityZone: ZONE, GroupName: ref("Spread"), Tenancy: "default" },
        PrivateDnsNameOptions: { HostnameType: "ip-name" },
        TagSpecifications: [{ ResourceType: "instance", Tags: FOUR }],
        UserData: script("one"),
      },
    },
    others: [
      { LaunchTemplateData: { ...base, IamInstanceProfile: { Name: ref("Profile") }, SecurityGroupIds: [att("Group", "GroupId")], Placement: { GroupId: att("Spread", "GroupId") } } },
      { LaunchTemplateData: { ...base, SecurityGroups: ["default"] } },
    ],
    changed: { LaunchTemplateName: "web", VersionDescription: "second", TagSpecifications: [{ ResourceType: "launch-template", Tags: PROD }], LaunchTemplateData: { ...base, InstanceType: "t3.small" } },
    replaced: { LaunchTemplateName: "web-2", LaunchTemplateData: base },
    failing: { properties: { LaunchTemplateData: { ...base, InstanceMarketOptions: { MarketType: "spot" } } }, says: "the property LaunchTemplateData/InstanceMarketOptions of AWS::EC2::LaunchTemplate" },
    drift: { by: ({ aws }, LaunchTemplateId) => aws.ec2.CreateLaunchTemplateVersion({ LaunchTemplateId, LaunchTemplateData: { InstanceType: "t3.large" } }), at: "LaunchTemplateData" },
  },
  "AWS::EC2::KeyPair": {
    minimal: { KeyName: "key" },
    maximal: { KeyName: "key", KeyType: "ed25519", KeyFormat: "pem", Tags: FOUR },
    others: [{ KeyName: "key", PublicKeyMaterial: PUBLIC_KEY }],
    replaced: { KeyName: "lock" },
    failing: { properties: { KeyName: "key", PublicKeyMaterial: "none" }, says: "Key is not in valid OpenSSH public key format" },
    drift: { by: ({ aws }, KeyName) => aws.ec2.DeleteKeyPair({ KeyName }), at: "all" },
  },
  "AWS::EC2::PlacementGroup": {
    minimal: {},
    maximal: { Strategy: "spread", SpreadLevel: "rack", Tags: FOUR },
    others: [{ Strategy: "partition", PartitionCount: 3 }],
    replaced: { Strategy: "cluster" },
    failing: { properties: { Strategy: "partition", PartitionCount: 30 }, says: "Value (30) for parameter partitionCount is invalid" },
    drift: { by: ({ aws }, GroupName) => aws.ec2.DeletePlacementGroup({ GroupName }), at: "all" },
  },
  "AWS::EC2::SnapshotBlockPublicAccess": {
    minimal: { State: "block-all-sharing" },
    maximal: { State: "block-all-sharing" },
    changed: { State: "block-new-sharing" },
    failing: { properties: { State: "perhaps" }, says: "perhaps" },
    drift: { by: ({ aws }) => aws.ec2.EnableSnapshotBlockPublicAccess({ State: "block-new-sharing" }), at: "State" },
    leaves: /^ec2\.settings /,
  },
  "AWS::EC2::Volume": {
    minimal: { AvailabilityZone: ZONE, Size: 10 },
    maximal: { AvailabilityZone: ZONE, Size: 10, VolumeType: "gp3", Iops: 3500, Throughput: 200, AutoEnableIO: true, Tags: FOUR },
    others: [{ AvailabilityZoneId: "apne1-az4", SnapshotId: "{{resolve:ssm:snapshot}}", Encrypted: true, KmsKeyId: "alias/aws/ebs" }],
    async before({ aws, advance }) {
      const { VolumeId } = await aws.ec2.CreateVolume({ AvailabilityZone: ZONE, Size: 1 });
      await advance("1m");
      const { SnapshotId } = await aws.ec2.CreateSnapshot({ VolumeId: VolumeId! });
      await advance("5m");
      await aws.ssm.PutParameter({ Name: "snapshot", Type: "String", Value: SnapshotId! });
    },
    // Between two modifications lie six hours, and a volume never shrinks.
    lasting: ["AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput"],
    changed: { AvailabilityZone: ZONE, Size: 20, VolumeType: "gp3", Iops: 3500, Throughput: 200, AutoEnableIO: false, Tags: PROD },
    failing: { properties: { AvailabilityZone: "ap-northeast-1z", Size: 10 }, says: "ap-northeast-1z" },
    drift: { by: ({ aws }, VolumeId) => aws.ec2.ModifyVolumeAttribute({ VolumeId, AutoEnableIO: { Value: false } }), at: "AutoEnableIO" },
  },
  "AWS::EC2::VolumeAttachment": {
    around: { ...Network, Web: { Type: "AWS::EC2::Instance", Properties: inSubnet }, Disk: { Type: "AWS::EC2::Volume", Properties: { AvailabilityZone: ZONE, Size: 1 } }, Spare: { Type: "AWS::EC2::Volume", Properties: { AvailabilityZone: ZONE, Size: 1 } } },
    minimal: { InstanceId: ref("Web"), VolumeId: ref("Disk"), Device: "/dev/sdf" },
    maximal: { InstanceId: ref("Web"), VolumeId: ref("Disk"), Device: "/dev/sdf" },
    replaced: { InstanceId: ref("Web"), VolumeId: ref("Spare"), Device: "/dev/sdg" },
    failing: { properties: { InstanceId: ref("Web"), VolumeId: "vol-00000000000000000", Device: "/dev/sdf" }, says: "vol-00000000000000000" },
    drift: { by: ({ aws }, _id, id) => aws.ec2.DetachVolume({ VolumeId: id("Disk") }), at: "all" },
  },
};

describeResourceTypes(computeResources, cases);
