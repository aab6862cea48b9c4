/**
 * AWS's managed policies for job functions and for single services, for the services that are here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
 */
import { allow, allowOn, managed } from "./aws-managed-policy.js";
import type { Policy } from "./state.js";

const SINCE = "2016-11-10";
const JOB = "/job-function/";

const READ_MONITORING = ["cloudwatch:Describe*", "cloudwatch:Get*", "cloudwatch:List*", "logs:Describe*", "logs:FilterLogEvents", "logs:Get*", "sns:Get*", "sns:List*"];
const READ_NETWORK = [
  "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeDhcpOptions", "ec2:DescribeFlowLogs", "ec2:DescribeInternetGateways", "ec2:DescribeManagedPrefixLists",
  "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaceAttribute", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists", "ec2:DescribeRouteTables",
  "ec2:DescribeSecurityGroupReferences", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeStaleSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
  "ec2:DescribeVpc*", "ec2:GetManagedPrefixList*",
];
const CHANGE_NETWORK = [
  "ec2:AcceptVpcPeeringConnection", "ec2:AllocateAddress", "ec2:AssignPrivateIpAddresses", "ec2:Associate*", "ec2:AttachInternetGateway", "ec2:AttachNetworkInterface",
  "ec2:AuthorizeSecurityGroup*", "ec2:CreateDefault*", "ec2:CreateDhcpOptions", "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateManagedPrefixList", "ec2:CreateNatGateway",
  "ec2:CreateNetwork*", "ec2:CreateRoute*", "ec2:CreateSecurityGroup", "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc*", "ec2:DeleteDhcpOptions", "ec2:DeleteFlowLogs",
  "ec2:DeleteInternetGateway", "ec2:DeleteManagedPrefixList", "ec2:DeleteNatGateway", "ec2:DeleteNetwork*", "ec2:DeleteRoute*", "ec2:DeleteSecurityGroup", "ec2:DeleteSubnet",
  "ec2:DeleteTags", "ec2:DeleteVpc*", "ec2:DetachInternetGateway", "ec2:DetachNetworkInterface", "ec2:Disassociate*", "ec2:ModifyManagedPrefixList", "ec2:ModifyNetworkInterfaceAttribute",
  "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpc*", "ec2:RejectVpcPeeringConnection", "ec2:ReleaseAddress", "ec2:Replace*", "ec2:ResetNetworkInterfaceAttribute",
  "ec2:RevokeSecurityGroup*", "ec2:UnassignPrivateIpAddresses", "ec2:UpdateSecurityGroupRuleDescriptions*",
];

export const JOB_FUNCTIONS: readonly Policy[] = [
  managed("ViewOnlyAccess", JOB, "ANPAID22R6XPJATWOFDK6", "This policy grants permissions to view resources and basic metadata across all AWS services.", SINCE, [
    allow(
      "autoscaling:Describe*", "cloudformation:DescribeStack*", "cloudformation:List*", "cloudwatch:DescribeAlarms*", "cloudwatch:List*", "ec2:Describe*", "elasticloadbalancing:Describe*",
      "iam:Get*Summary", "iam:List*", "logs:Describe*", "s3:GetBucketLocation", "s3:ListAllMyBuckets", "s3:ListBucket", "sns:List*", "ssm:DescribeParameters", "ssm:List*",
    ),
  ]),
  managed("Billing", JOB, "ANPAIFTHXT6FFMIRT7ZEA", "Grants permissions for billing and cost management. This includes viewing account usage and viewing and modifying budgets and payment methods.", SINCE, [
    allow("aws-portal:*Billing", "aws-portal:*PaymentMethods", "aws-portal:*Usage", "billing:*", "budgets:ModifyBudget", "budgets:ViewBudget", "ce:*", "cur:*"),
  ]),
  managed("NetworkAdministrator", JOB, "ANPAJPNMADZFJCVPJVZA2", "Grants full access permissions to AWS services and actions required to set up and configure AWS network resources.", SINCE, [
    allow(...READ_NETWORK, ...CHANGE_NETWORK, "autoscaling:Describe*", "cloudwatch:*Alarm*", "cloudwatch:Get*", "cloudwatch:List*", "elasticloadbalancing:*", "logs:Describe*", "logs:GetLogEvents", "sns:CreateTopic", "sns:List*"),
    allowOn("arn:aws:iam::*:role/flow-logs-*", "iam:GetRole", "iam:ListRoles", "iam:PassRole"),
  ]),
  managed("SystemAdministrator", JOB, "ANPAITJPEZXCYCBXANDSW", "Grants full access permissions necessary for resources required for application and development operations.", SINCE, [
    allow(...READ_NETWORK, ...CHANGE_NETWORK, ...READ_MONITORING, "autoscaling:*", "cloudformation:*", "cloudwatch:*", "ec2:*Image*", "ec2:*Instance*", "ec2:*KeyPair*", "ec2:*LaunchTemplate*", "ec2:*Snapshot*", "ec2:*Volume*", "ec2:Describe*", "elasticloadbalancing:*", "iam:GetAccount*", "iam:List*", "logs:*", "s3:*", "sns:*", "ssm:*"),
    allowOn("arn:aws:iam::*:role/rds-monitoring-role", "iam:GetRole", "iam:PassRole"),
    allowOn("arn:aws:iam::*:role/ec2-sysadmin-*", "iam:GetRole", "iam:PassRole"),
  ]),
  managed("DatabaseAdministrator", JOB, "ANPAIGBMAW4VUQKOQNVT6", "Grants full access permissions to AWS services and actions required to set up and configure AWS database services.", SINCE, [
    allow("cloudwatch:DeleteAlarms", "cloudwatch:Describe*", "cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions", "cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:PutMetricAlarm", "dynamodb:*", "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAvailabilityZones", "ec2:DescribeInternetGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "elasticache:*", "iam:ListRoles", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "rds:*", "redshift:*", "s3:CreateBucket", "sns:CreateTopic", "sns:List*", "sns:SetTopicAttributes", "sns:Subscribe"),
    allowOn("arn:aws:iam::*:role/rds-monitoring-role", "iam:GetRole", "iam:PassRole"),
  ]),
  managed("SupportUser", JOB, "ANPAI3V4GSSN5SJY3P2RO", "This policy grants permissions to troubleshoot and resolve issues in an AWS account.", SINCE, [
    allow(...READ_MONITORING, "autoscaling:Describe*", "cloudformation:Describe*", "cloudformation:Get*", "cloudformation:List*", "ec2:Describe*", "elasticloadbalancing:Describe*", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "s3:GetBucket*", "s3:List*", "ssm:Describe*", "ssm:List*", "support:*"),
  ]),
  managed("SecurityAudit", "/", "ANPAIX2T3QCXHR2OGGCTO", "The security audit template grants access to read security configuration metadata. It is useful for software that audits the configuration of an AWS account.", "2015-02-06", [
    allow(...READ_MONITORING, "autoscaling:Describe*", "cloudformation:Describe*", "cloudformation:GetStackPolicy", "cloudformation:GetTemplate", "cloudformation:List*", "ec2:Describe*", "elasticloadbalancing:Describe*", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "iam:Simulate*", "s3:GetAccountPublicAccessBlock", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:ListAllMyBuckets", "ssm:DescribeParameters"),
  ]),
];

export const SERVICE_POLICIES: readonly Policy[] = [
  managed("CloudWatchAgentServerPolicy", "/", "ANPAIGTKAZOAKG2SCVDOQ", "Permissions required to use AmazonCloudWatchAgent on servers", "2018-03-07", [
    allow("cloudwatch:PutMetricData", "ec2:DescribeVolumes", "ec2:DescribeTags", "logs:PutLogEvents", "logs:PutRetentionPolicy", "logs:DescribeLogStreams", "logs:DescribeLogGroups", "logs:CreateLogStream", "logs:CreateLogGroup"),
    allowOn("arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*", "ssm:GetParameter"),
  ]),
  managed("CloudWatchFullAccess", "/", "ANPAIKEABORKUXN6DEAZU", "Provides full access to CloudWatch.", "2015-02-06", [allow("autoscaling:Describe*", "cloudwatch:*", "logs:*", "sns:*", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole")]),
  managed("CloudWatchReadOnlyAccess", "/", "ANPAJN23PDQP7SZQAE3QE", "Provides read only access to CloudWatch.", "2015-02-06", [allow("autoscaling:Describe*", ...READ_MONITORING)]),
  managed("CloudWatchLogsFullAccess", "/", "ANPAJ3ZGNWK2R5HW5BQFO", "Provides full access to CloudWatch Logs", "2015-02-06", [allow("logs:*", "cloudwatch:GenerateQuery")]),
  managed("AmazonSSMFullAccess", "/", "ANPAJA7V6HI4ISQFMDYAG", "Provides full access to Amazon SSM.", "2015-05-29", [allow("cloudwatch:PutMetricData", "ec2:DescribeInstanceStatus", "logs:*", "ssm:*", "ec2messages:*")]),
  managed("AmazonSSMReadOnlyAccess", "/", "ANPAJODSKQGGJTHRYZ5FC", "Provides read only access to Amazon SSM.", "2015-05-29", [allow("ssm:Describe*", "ssm:Get*", "ssm:List*")]),
  managed("AWSCloudFormationFullAccess", "/", "ANPAR5DH5GQ7FNBKXQ6HK", "Provides full access to AWS CloudFormation.", "2019-07-26", [allow("cloudformation:*")]),
  managed("AWSCloudFormationReadOnlyAccess", "/", "ANPAJWVBEE4I2POWLODLW", "Provides access to AWS CloudFormation via the AWS Management Console.", "2015-02-06", [
    allow("cloudformation:Describe*", "cloudformation:EstimateTemplateCost", "cloudformation:Get*", "cloudformation:List*", "cloudformation:ValidateTemplate", "cloudformation:Detect*"),
  ]),
  managed("ElasticLoadBalancingFullAccess", "/", "ANPAIDPMLA3IUIOQCISJ4", "Provides full access to Amazon ElasticLoadBalancing, and limited access to other services necessary to provide ElasticLoadBalancing features.", "2018-09-20", [
    allow("elasticloadbalancing:*", "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeInternetGateways", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:DescribeInstances", "ec2:DescribeNetworkInterfaces"),
    { ...allow("iam:CreateServiceLinkedRole"), Condition: { StringEquals: { "iam:AWSServiceName": "elasticloadbalancing.amazonaws.com" } } },
  ]),
  managed("AutoScalingFullAccess", "/", "ANPAIAWRCSJDDXDXGPCFU", "Provides full access to Auto Scaling.", "2017-01-12", [
    allow("autoscaling:*", "cloudwatch:PutMetricAlarm", "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", "ec2:DescribeImages", "ec2:DescribeInstanceAttribute", "ec2:DescribeInstances", "ec2:DescribeKeyPairs", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribePlacementGroups", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeTargetGroups"),
    { ...allow("iam:CreateServiceLinkedRole"), Condition: { StringEquals: { "iam:AWSServiceName": "autoscaling.amazonaws.com" } } },
  ]),
  managed("AmazonVPCFullAccess", "/", "ANPAJBWPGNOVKZD3JI2P2", "Provides full access to Amazon VPC via the AWS Management Console.", "2015-02-06", [allow(...READ_NETWORK, ...CHANGE_NETWORK, "ec2:DescribeAvailabilityZones", "ec2:DescribeInstances")]),
  managed("AmazonVPCReadOnlyAccess", "/", "ANPAIICZJNOJN36GTG6CM", "Provides read only access to Amazon VPC via the AWS Management Console.", "2015-02-06", [allow(...READ_NETWORK)]),
  managed("AWSCertificateManagerFullAccess", "/", "ANPAJYCHABBP6VQIVBCBQ", "Provides full access to AWS Certificate Manager (ACM)", "2016-01-21", [allow("acm:*")]),
  managed("AWSCertificateManagerReadOnly", "/", "ANPAI4GSWX6S4MESJ3EWC", "Provides read only access to AWS Certificate Manager (ACM).", "2016-01-21", [
    allow("acm:DescribeCertificate", "acm:ListCertificates", "acm:GetCertificate", "acm:ListTagsForCertificate", "acm:GetAccountConfiguration"),
  ]),
  managed("AmazonSNSFullAccess", "/", "ANPAJWEKLCXXUNT2SOLSG", "Provides full access to Amazon SNS via the AWS Management Console.", "2015-02-06", [allow("sns:*")]),
  managed("AmazonSNSReadOnlyAccess", "/", "ANPAIZGQCQTFOFPMHSB6W", "Provides read only access to Amazon SNS via the AWS Management Console.", "2015-02-06", [allow("sns:GetTopicAttributes", "sns:List*")]),
  managed("AmazonECSTaskExecutionRolePolicy", "/service-role/", "ANPAJG4T4G4PV56DE72PY", "Provides access to other AWS service resources that are required to run Amazon ECS tasks", "2017-11-16", [
    allow("ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "logs:CreateLogStream", "logs:PutLogEvents"),
  ]),
];
