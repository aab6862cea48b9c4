import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { describeResourceTypes, type Definitions, type ResourceCase } from "../cloudformation/cases/testing.js";
import { elb } from "./index.js";

const ref = (name: string) => ({ Ref: name });
const inVpc = (more: object) => ({ VpcId: ref("Vpc"), ...more });
const subnet = (zone: string, third: number) => ({ Type: "AWS::EC2::Subnet", DependsOn: "Attachment", Properties: inVpc({ AvailabilityZone: `ap-northeast-1${zone}`, CidrBlock: `10.0.${third}.0/24` }) });
const group = (GroupDescription: string) => ({ Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription }) });
const instance = { Type: "AWS::EC2::Instance", Properties: { SubnetId: ref("A"), InstanceType: "t3.micro", ImageId: "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}" } };
const certificate = { Type: "AWS::IAM::ServerCertificate", Properties: { CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY, PrivateKey: PRIVATE_KEY } };
const around: Definitions = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Igw: { Type: "AWS::EC2::InternetGateway" },
  Attachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: inVpc({ InternetGatewayId: ref("Igw") }) },
  A: subnet("a", 0),
  C: subnet("c", 1),
  Group: group("one"),
  Other: group("another"),
  One: instance,
  Two: instance,
  Site: certificate,
  Next: certificate,
};
const LOGS_POLICY = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: "arn:aws:iam::582318560864:root" }, Action: "s3:PutObject", Resource: "arn:aws:s3:::logs/*" }] };
const http = { Protocol: "http", LoadBalancerPort: "80", InstancePort: "80" };
const https = (name: string) => ({ Protocol: "HTTPS", LoadBalancerPort: "443", InstanceProtocol: "HTTP", InstancePort: "80", SSLCertificateId: { "Fn::GetAtt": [name, "Arn"] } });
const check = (Target: string) => ({ Target, Interval: "10", Timeout: "5", UnhealthyThreshold: "2", HealthyThreshold: "3" });
const tag = (Key: string, Value: string) => [{ Key, Value }];

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::ElasticLoadBalancing::LoadBalancer": {
    around,
    async before({ aws }) {
      await aws.s3.CreateBucket({ Bucket: "logs", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
      await aws.s3.PutBucketPolicy({ Bucket: "logs", Policy: JSON.stringify(LOGS_POLICY) });
    },
    leaves: /^s3\.objects /,
    minimal: { Listeners: [http], Subnets: [ref("A")], HealthCheck: check("TCP:80") },
    maximal: {
      LoadBalancerName: "web",
      Listeners: [
        { ...http, PolicyNames: ["app"] },
        { ...https("Site"), PolicyNames: ["lb"] },
      ],
      Subnets: [ref("A"), ref("C")],
      SecurityGroups: [ref("Group")],
      Scheme: "internet-facing",
      HealthCheck: check("HTTP:80/"),
      CrossZone: true,
      ConnectionDrainingPolicy: { Enabled: true, Timeout: 30 },
      ConnectionSettings: { IdleTimeout: 120 },
      AccessLoggingPolicy: { Enabled: true, S3BucketName: "logs", S3BucketPrefix: "web", EmitInterval: 5 },
      Instances: [ref("One")],
      AppCookieStickinessPolicy: [{ PolicyName: "app", CookieName: "SESSION" }],
      LBCookieStickinessPolicy: [{ PolicyName: "lb", CookieExpirationPeriod: "60" }],
      Policies: [{ PolicyName: "tls", PolicyType: "SSLNegotiationPolicyType", LoadBalancerPorts: ["443"], Attributes: [{ Name: "Reference-Security-Policy", Value: "ELBSecurityPolicy-TLS-1-2-2017-01" }] }],
      Tags: tag("team", "four"),
    },
    changed: {
      LoadBalancerName: "web",
      Listeners: [{ ...http, InstancePort: "8080" }, https("Next")],
      Subnets: [ref("C")],
      SecurityGroups: [ref("Other")],
      Scheme: "internet-facing",
      HealthCheck: check("HTTP:8080/health"),
      Instances: [ref("Two")],
      Tags: tag("env", "prod"),
    },
    replaced: { LoadBalancerName: "web-internal", Listeners: [http], Scheme: "internal", Subnets: [ref("A")] },
    others: [{ Listeners: [http], AvailabilityZones: ["ap-northeast-1a", "ap-northeast-1c"] }],
    // Without groups of its own it keeps those it has.
    keeps: ["SecurityGroups"],
    failing: { properties: { Listeners: [{ ...http, Protocol: "FTP" }], Subnets: [ref("A")] }, says: "FTP" },
    drift: { by: ({ aws }, LoadBalancerName, id) => aws.elb.DeregisterInstancesFromLoadBalancer({ LoadBalancerName, Instances: [{ InstanceId: id("One") }] }), at: "Instances" },
  },
};

describeResourceTypes(elb.resources, cases);
