/**
 * The managed policies of AWS's own that the platform meets. AWS revises theirs often: the documents here say what each
 * is for, ReadOnlyAccess for the services that are here only.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
import { JOB_FUNCTIONS, SERVICE_POLICIES } from "./aws-managed-functions.js";
import { allow, managed } from "./aws-managed-policy.js";
import type { Policy } from "./state.js";

const SESSIONS = [
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];
const MESSAGES = [
  "ec2messages:AcknowledgeMessage",
  "ec2messages:DeleteMessage",
  "ec2messages:FailMessage",
  "ec2messages:GetEndpoint",
  "ec2messages:GetMessages",
  "ec2messages:SendReply",
];
const AGENT = [
  "ssm:DescribeAssociation",
  "ssm:GetDeployablePatchSnapshotForInstance",
  "ssm:GetDocument",
  "ssm:DescribeDocument",
  "ssm:GetManifest",
  "ssm:GetParameters",
  "ssm:ListAssociations",
  "ssm:ListInstanceAssociations",
  "ssm:PutInventory",
  "ssm:PutComplianceItems",
  "ssm:PutConfigurePackageResult",
  "ssm:UpdateAssociationStatus",
  "ssm:UpdateInstanceAssociationStatus",
  "ssm:UpdateInstanceInformation",
];

export const ADMINISTRATOR_ACCESS = "arn:aws:iam::aws:policy/AdministratorAccess";

const LIST: readonly Policy[] = [
  managed("AdministratorAccess", "/", "ANPAIWMBCKSKIEE64ZLYK", "Provides full access to AWS services and resources.", "2015-02-06", [
    { Effect: "Allow", Action: "*", Resource: "*" },
  ]),
  managed("PowerUserAccess", "/", "ANPAJYRXTHIB4FOVS3ZXS", "Provides full access to AWS services and resources, but does not allow management of Users and groups.", "2015-02-06", [
    { Effect: "Allow", NotAction: ["iam:*", "organizations:*", "account:*"], Resource: "*" },
    allow("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization", "account:ListRegions"),
  ]),
  managed("ReadOnlyAccess", "/", "ANPAILL3HVNFSB6DCOWYQ", "Provides read-only access to AWS services and resources.", "2015-02-06", [
    allow(
      "acm:Describe*",
      "acm:Get*",
      "acm:List*",
      "autoscaling:Describe*",
      "cloudformation:Describe*",
      "cloudformation:Get*",
      "cloudformation:List*",
      "cloudwatch:Describe*",
      "cloudwatch:Get*",
      "cloudwatch:List*",
      "ec2:Describe*",
      "ec2:Get*",
      "elasticloadbalancing:Describe*",
      "iam:Get*",
      "iam:List*",
      "iam:Simulate*",
      "logs:Describe*",
      "logs:FilterLogEvents",
      "logs:Get*",
      "logs:List*",
      "s3:Get*",
      "s3:List*",
      "sns:Get*",
      "sns:List*",
      "ssm:Describe*",
      "ssm:Get*",
      "ssm:List*",
      "sts:GetAccessKeyInfo",
      "sts:GetCallerIdentity",
      "sts:GetSessionToken",
    ),
  ]),
  managed("AmazonEC2FullAccess", "/", "ANPAI3VAJF5ZCRZ7MCQE6", "Provides full access to Amazon EC2 via the AWS Management Console.", "2015-02-06", [
    allow("ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*", "iam:CreateServiceLinkedRole"),
  ]),
  managed("AmazonSSMManagedInstanceCore", "/", "ANPAIXSHM2BNB2D3AXXRU", "The policy for Amazon EC2 Role to enable AWS Systems Manager service core functionality.", "2019-03-15", [
    allow(...AGENT, "ssm:GetParameter"),
    allow(...SESSIONS),
    allow(...MESSAGES),
  ]),
  managed("AmazonEC2RoleforSSM", "/service-role/", "ANPAI6TL3SMY22S4KMMX6", "This policy will soon be deprecated. Please use AmazonSSMManagedInstanceCore policy to enable AWS Systems Manager service core functionality on EC2 instances.", "2015-05-29", [
    allow(...AGENT),
    allow(...SESSIONS),
    allow(...MESSAGES),
    allow("cloudwatch:PutMetricData", "ec2:DescribeInstanceStatus", "ds:CreateComputer", "ds:DescribeDirectories"),
    allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    allow("s3:GetBucketLocation", "s3:PutObject", "s3:GetObject", "s3:GetEncryptionConfiguration", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
  ]),
  managed("AutoScalingServiceRolePolicy", "/aws-service-role/", "ANPAIC5D2V7MRWBMHGD7G", "Enables access to AWS Services and Resources used or managed by Auto Scaling", "2018-01-08", [
    allow(
      "ec2:AttachClassicLinkVpc", "ec2:CancelSpotInstanceRequests", "ec2:CreateFleet", "ec2:CreateTags", "ec2:DeleteTags", "ec2:Describe*", "ec2:DetachClassicLinkVpc",
      "ec2:GetInstanceTypesFromInstanceRequirements", "ec2:GetSecurityGroupsForVpc", "ec2:ModifyInstanceAttribute", "ec2:RequestSpotInstances", "ec2:RunInstances",
      "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances",
    ),
    allow("elasticloadbalancing:Register*", "elasticloadbalancing:Deregister*", "elasticloadbalancing:Describe*"),
    allow("cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData", "cloudwatch:PutMetricAlarm", "sns:Publish"),
  ]),
  managed("AWSElasticLoadBalancingServiceRolePolicy", "/aws-service-role/", "ANPAIMHWGGSRHLOQUICJQ", "Service Linked Role Policy for AWS Elastic Load Balancing Control Plane", "2017-09-19", [
    allow(
      "ec2:DescribeAddresses", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcs",
      "ec2:DescribeInternetGateways", "ec2:DescribeAccountAttributes", "ec2:CreateSecurityGroup", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
      "ec2:ModifyNetworkInterfaceAttribute", "ec2:AllocateAddress", "ec2:AuthorizeSecurityGroupIngress", "ec2:AssociateAddress", "ec2:DisassociateAddress",
      "ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses", "ec2:AssignIpv6Addresses", "ec2:ReleaseAddress",
    ),
  ]),
  managed("IAMUserChangePassword", "/", "ANPAJ4L4MM2A7QIEB56MS", "Provides the ability for an IAM user to change their own password.", "2016-11-15", [
    allow("iam:ChangePassword", "iam:GetAccountPasswordPolicy"),
  ]),
  managed("IAMFullAccess", "/", "ANPAI7XKCFMBPM3QQRRVQ", "Provides full access to IAM via the AWS Management Console.", "2015-02-06", [allow("iam:*")]),
  managed("IAMReadOnlyAccess", "/", "ANPAJKSO7NDY4T57MWDSQ", "Provides read only access to IAM via the AWS Management Console.", "2015-02-06", [
    allow("iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails", "iam:Get*", "iam:List*", "iam:SimulateCustomPolicy", "iam:SimulatePrincipalPolicy"),
  ]),
  managed("AmazonS3FullAccess", "/", "ANPAIFIR6V6BVTRAHWINE", "Provides full access to all buckets via the AWS Management Console.", "2015-02-06", [allow("s3:*", "s3-object-lambda:*")]),
  managed("AmazonS3ReadOnlyAccess", "/", "ANPAIZTJ4DXE7G6AGAE6M", "Provides read only access to all buckets via the AWS Management Console.", "2015-02-06", [
    allow("s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"),
  ]),
  managed("AmazonEC2ReadOnlyAccess", "/", "ANPAIGDT4SV4GSETWTBZK", "Provides read only access to Amazon EC2 via the AWS Management Console.", "2015-02-06", [
    allow("ec2:Describe*", "ec2:GetSecurityGroupsForVpc", "elasticloadbalancing:Describe*", "cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics", "cloudwatch:Describe*", "autoscaling:Describe*"),
  ]),
];

/** By ARN. */
export const AWS_MANAGED: ReadonlyMap<string, Policy> = new Map([...LIST, ...JOB_FUNCTIONS, ...SERVICE_POLICIES].map((policy) => [policy.arn, policy]));
