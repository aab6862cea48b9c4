/** The services that have service-linked roles, of those that the platform meets: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html */

export interface LinkedService {
  /** The role's name, after `AWSServiceRoleFor`. */
  readonly name: string;
  /** The managed policy that it comes with, where it is here. */
  readonly policy?: string;
  readonly description: string;
  /** More than one role a service, told apart by a suffix. */
  readonly takesSuffix: boolean;
}

const policy = (name: string): string => `arn:aws:iam::aws:policy/aws-service-role/${name}`;

const SERVICES: Readonly<Record<string, Omit<LinkedService, "takesSuffix"> & { readonly takesSuffix?: true }>> = {
  "autoscaling.amazonaws.com": {
    name: "AutoScaling",
    policy: policy("AutoScalingServiceRolePolicy"),
    description: "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
    takesSuffix: true,
  },
  "elasticloadbalancing.amazonaws.com": {
    name: "ElasticLoadBalancing",
    policy: policy("AWSElasticLoadBalancingServiceRolePolicy"),
    description: "Allows ELB to call AWS services on your behalf.",
  },
  "ecs.amazonaws.com": { name: "ECS", description: "Role to enable Amazon ECS to manage your cluster." },
  "ecs.application-autoscaling.amazonaws.com": { name: "ApplicationAutoScaling_ECSService", description: "Allows Application Auto Scaling to scale Amazon ECS services." },
  "rds.amazonaws.com": { name: "RDS", description: "Allows Amazon RDS to manage AWS resources on your behalf" },
  "elasticache.amazonaws.com": { name: "ElastiCache", description: "This policy allows ElastiCache to manage AWS resources on your behalf as necessary for managing your cache." },
  "config.amazonaws.com": { name: "Config", description: "Allows AWS Config to call AWS services and collect resource configurations on your behalf." },
  "cloudtrail.amazonaws.com": { name: "CloudTrail", description: "Permissions policy for CloudTrail ServiceLinkedRole" },
  "guardduty.amazonaws.com": { name: "AmazonGuardDuty", description: "A service-linked role required for Amazon GuardDuty to access your resources." },
  "ssm.amazonaws.com": { name: "AmazonSSM", description: "Provides access to AWS Resources managed or used by Amazon SSM." },
  "spot.amazonaws.com": { name: "EC2Spot", description: "Default EC2 Spot Service Linked Role" },
  "spotfleet.amazonaws.com": { name: "EC2SpotFleet", description: "Default EC2 Spot Fleet Service Linked Role" },
  "events.amazonaws.com": { name: "CloudWatchEvents", description: "Allows Cloudwatch Events to call AWS services on your behalf." },
  "eks.amazonaws.com": { name: "AmazonEKS", description: "Allows Amazon EKS to call AWS services on your behalf." },
  "eks-nodegroup.amazonaws.com": { name: "AmazonEKSNodegroup", description: "This policy allows Amazon EKS to create and manage Nodegroups" },
  "wafv2.amazonaws.com": { name: "WAFV2Logging", description: "A service-linked role required for AWS WAF to write logs." },
  "shield.amazonaws.com": { name: "AWSShield", description: "Allows AWS Shield to access AWS resources on your behalf." },
  "backup.amazonaws.com": { name: "Backup", description: "Provides AWS Backup permission to create backups on your behalf across AWS services" },
  "transitgateway.amazonaws.com": { name: "VPCTransitGateway", description: "Allows VPC Transit Gateway to access EC2 resources on your behalf" },
};

/** @param service its principal, e.g. `autoscaling.amazonaws.com` */
export function linkedService(service: string): LinkedService | undefined {
  return Object.hasOwn(SERVICES, service) ? { takesSuffix: false, ...SERVICES[service]! } : undefined;
}
