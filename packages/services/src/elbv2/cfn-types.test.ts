import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { describeResourceTypes, type Definitions, type ResourceCase } from "../cloudformation/cases/testing.js";
import { elbv2 } from "./index.js";

const ref = (name: string) => ({ Ref: name });
const tag = (Key: string, Value: string) => [{ Key, Value }];
const pairs = (attributes: Readonly<Record<string, string>>) => Object.entries(attributes).map(([Key, Value]) => ({ Key, Value }));
const inVpc = (more: object) => ({ VpcId: ref("Vpc"), ...more });
const subnet = (zone: string, third: number) => ({ Type: "AWS::EC2::Subnet", DependsOn: "Attachment", Properties: inVpc({ AvailabilityZone: `ap-northeast-1${zone}`, CidrBlock: `10.0.${third}.0/24` }) });
const group = (GroupDescription: string) => ({ Type: "AWS::EC2::SecurityGroup", Properties: inVpc({ GroupDescription }) });
const Network: Definitions = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Igw: { Type: "AWS::EC2::InternetGateway" },
  Attachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: inVpc({ InternetGatewayId: ref("Igw") }) },
  A: subnet("a", 0),
  C: subnet("c", 1),
  D: subnet("d", 2),
  Group: group("one"),
  Other: group("another"),
};
const target = { Type: "AWS::ElasticLoadBalancingV2::TargetGroup", Properties: inVpc({ Protocol: "HTTP", Port: 80 }) };
const Balanced: Definitions = {
  ...Network,
  Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", Properties: { Subnets: [ref("A"), ref("C")] } },
  Blue: target,
  Green: target,
  Certificate: { Type: "AWS::IAM::ServerCertificate", Properties: { CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY, PrivateKey: PRIVATE_KEY } },
  Further: { Type: "AWS::IAM::ServerCertificate", Properties: { CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY, PrivateKey: PRIVATE_KEY } },
};
const certificate = (name: string) => [{ CertificateArn: { "Fn::GetAtt": [name, "Arn"] } }];
const forward = (name: string) => [{ Type: "forward", TargetGroupArn: ref(name) }];
const weighted = [
  {
    Type: "forward",
    Order: 1,
    ForwardConfig: { TargetGroups: [{ TargetGroupArn: ref("Blue"), Weight: 3 }, { TargetGroupArn: ref("Green"), Weight: 1 }], TargetGroupStickinessConfig: { Enabled: true, DurationSeconds: 60 } },
  },
];
const redirect = [{ Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Host: "example.com", Port: "443", Path: "/#{path}", Query: "#{query}", StatusCode: "HTTP_301" } }];
const fixed = [{ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503", ContentType: "text/plain", MessageBody: "Back soon" } }];
const Https = { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: ref("Balancer"), Port: 443, Protocol: "HTTPS", Certificates: certificate("Certificate"), DefaultActions: fixed } };
const onBalancer = (more: object) => ({ LoadBalancerArn: ref("Balancer"), ...more });
const path = (...Values: string[]) => [{ Field: "path-pattern", Values }];
const onListener = (more: object) => ({ ListenerArn: ref("Https"), ...more });

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    around: Network,
    minimal: { Subnets: [ref("A"), ref("C")] },
    maximal: {
      Name: "web",
      Type: "application",
      Scheme: "internet-facing",
      IpAddressType: "ipv4",
      Subnets: [ref("A"), ref("C")],
      SecurityGroups: [ref("Group")],
      LoadBalancerAttributes: pairs({ "idle_timeout.timeout_seconds": "30", "deletion_protection.enabled": "false", "routing.http2.enabled": "false" }),
      Tags: tag("team", "four"),
    },
    others: [{ SubnetMappings: [{ SubnetId: ref("A") }, { SubnetId: ref("C") }] }],
    changed: {
      Name: "web",
      Type: "application",
      Scheme: "internet-facing",
      Subnets: [ref("A"), ref("D")],
      SecurityGroups: [ref("Other"), ref("Group")],
      LoadBalancerAttributes: pairs({ "idle_timeout.timeout_seconds": "90" }),
      Tags: tag("env", "prod"),
    },
    replaced: { Name: "web-internal", Scheme: "internal", Subnets: [ref("A"), ref("C")] },
    // Without groups of its own it keeps those it has.
    keeps: ["SecurityGroups"],
    failing: { properties: { Subnets: [ref("A")] }, says: "At least two subnets in two different Availability Zones must be specified" },
    drift: { by: ({ aws }, arn) => aws.elbv2.ModifyLoadBalancerAttributes({ LoadBalancerArn: arn, Attributes: pairs({ "idle_timeout.timeout_seconds": "31" }) }), at: "LoadBalancerAttributes" },
  },
  "AWS::ElasticLoadBalancingV2::TargetGroup": {
    around: Network,
    minimal: inVpc({ Protocol: "HTTP", Port: 80, TargetType: "ip" }),
    maximal: inVpc({
      Name: "blue",
      Protocol: "HTTP",
      ProtocolVersion: "HTTP1",
      Port: 80,
      TargetType: "ip",
      IpAddressType: "ipv4",
      HealthCheckEnabled: true,
      HealthCheckProtocol: "HTTP",
      HealthCheckPort: "8080",
      HealthCheckPath: "/health",
      HealthCheckIntervalSeconds: 10,
      HealthCheckTimeoutSeconds: 3,
      HealthyThresholdCount: 3,
      UnhealthyThresholdCount: 4,
      Matcher: { HttpCode: "200-299" },
      TargetGroupAttributes: pairs({ "deregistration_delay.timeout_seconds": "10", "stickiness.enabled": "true" }),
      Targets: [{ Id: "10.0.0.9" }, { Id: "10.0.0.10", Port: 8080, AvailabilityZone: "ap-northeast-1a" }],
      Tags: tag("team", "four"),
    }),
    changed: inVpc({ Name: "blue", Protocol: "HTTP", ProtocolVersion: "HTTP1", Port: 80, TargetType: "ip", IpAddressType: "ipv4", HealthCheckPath: "/healthy", Targets: [{ Id: "10.0.0.11" }], Tags: tag("env", "prod") }),
    replaced: inVpc({ Name: "green", Protocol: "HTTP", Port: 8080, TargetType: "ip" }),
    failing: { properties: inVpc({ Protocol: "HTTP", Port: 80, HealthCheckPath: "health" }), says: "Health check path 'health' must begin with '/'" },
    drift: { by: ({ aws }, TargetGroupArn) => aws.elbv2.ModifyTargetGroup({ TargetGroupArn, HealthCheckPath: "/else" }), at: "HealthCheckPath" },
  },
  "AWS::ElasticLoadBalancingV2::Listener": {
    around: Balanced,
    minimal: onBalancer({ Port: 8443, Protocol: "HTTPS", Certificates: certificate("Further"), DefaultActions: forward("Blue") }),
    maximal: onBalancer({ Port: 443, Protocol: "HTTPS", SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06", Certificates: certificate("Certificate"), MutualAuthentication: { Mode: "off" }, DefaultActions: weighted, Tags: tag("team", "four") }),
    others: [onBalancer({ Port: 80, Protocol: "HTTP", DefaultActions: redirect })],
    changed: onBalancer({ Port: 8080, Protocol: "HTTP", DefaultActions: fixed, Tags: tag("env", "prod") }),
    failing: { properties: onBalancer({ Port: 443, Protocol: "HTTPS", DefaultActions: fixed }), says: "exactly one certificate" },
    drift: { by: ({ aws }, ListenerArn) => aws.elbv2.ModifyListener({ ListenerArn, Port: 444 }), at: "Port" },
  },
  "AWS::ElasticLoadBalancingV2::ListenerRule": {
    around: { ...Balanced, Https },
    minimal: onListener({ Priority: 1, Conditions: path("/a"), Actions: forward("Blue") }),
    maximal: onListener({
      Priority: 5,
      Conditions: [
        { Field: "path-pattern", PathPatternConfig: { Values: ["/a/*"] } },
        { Field: "host-header", HostHeaderConfig: { Values: ["example.com"] } },
        { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "X-Kind", Values: ["a"] } },
        { Field: "query-string", QueryStringConfig: { Values: [{ Key: "a", Value: "1" }] } },
      ],
      Actions: weighted,
      Tags: tag("team", "four"),
    }),
    others: [
      onListener({ Priority: 6, Conditions: [{ Field: "http-request-method", HttpRequestMethodConfig: { Values: ["GET"] } }, { Field: "source-ip", SourceIpConfig: { Values: ["10.0.0.0/8"] } }], Actions: fixed }),
      onListener({ Priority: 7, Conditions: path("/old"), Actions: redirect }),
    ],
    changed: onListener({ Priority: 9, Conditions: path("/b"), Actions: forward("Green"), Tags: tag("env", "prod") }),
    failing: { properties: onListener({ Priority: 1, Conditions: [{ Field: "weather", Values: ["fine"] }], Actions: fixed }), says: "Condition field 'weather' must be one of" },
    drift: { by: ({ aws }, RuleArn) => aws.elbv2.SetRulePriorities({ RulePriorities: [{ RuleArn, Priority: 77 }] }), at: "Priority" },
  },
  "AWS::ElasticLoadBalancingV2::ListenerCertificate": {
    around: { ...Balanced, Https, Third: Balanced["Further"]! },
    minimal: onListener({ Certificates: certificate("Further") }),
    maximal: onListener({ Certificates: certificate("Further") }),
    changed: onListener({ Certificates: certificate("Third") }),
    failing: { properties: onListener({ Certificates: [{ CertificateArn: "arn:aws:iam::123456789012:server-certificate/nobodys" }] }), says: "not found" },
    drift: {
      by: async ({ aws }, _id, id) => {
        const ListenerArn = id("Https");
        const { Certificates = [] } = await aws.elbv2.DescribeListenerCertificates({ ListenerArn });
        return aws.elbv2.RemoveListenerCertificates({ ListenerArn, Certificates: Certificates.filter(({ IsDefault }) => !IsDefault).map(({ CertificateArn }) => ({ CertificateArn })) });
      },
      at: "all",
    },
  },
};

describeResourceTypes(elbv2.resources, cases);
