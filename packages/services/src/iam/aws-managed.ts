/**
 * The managed policies of AWS's own that the platform meets. AWS revises theirs often: the documents here say what each
 * is for, ReadOnlyAccess for the services that are here only.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
import type { Policy } from "./state.js";

interface Statement {
  readonly Effect: "Allow";
  readonly Action?: readonly string[] | string;
  readonly NotAction?: readonly string[];
  readonly Resource: "*";
}

const allow = (...actions: readonly string[]): Statement => ({ Effect: "Allow", Action: actions, Resource: "*" });

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
      "autoscaling:Describe*",
      "cloudformation:Describe*",
      "cloudformation:Get*",
      "cloudformation:List*",
      "ec2:Describe*",
      "ec2:Get*",
      "elasticloadbalancing:Describe*",
      "iam:Get*",
      "iam:List*",
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
];

/** By ARN. */
export const AWS_MANAGED: ReadonlyMap<string, Policy> = new Map(LIST.map((policy) => [policy.arn, policy]));

function managed(name: string, path: string, id: string, description: string, since: string, statements: readonly Statement[]): Policy {
  const created = Date.parse(`${since}T00:00:00Z`);
  const document = JSON.stringify({ Version: "2012-10-17", Statement: statements }, undefined, 4);
  return {
    arn: `arn:aws:iam::aws:policy${path}${name}`,
    name,
    id,
    path,
    description,
    created,
    updated: created,
    defaultVersion: "v1",
    nextVersion: 2,
    versions: [{ id: "v1", document, created }],
    tags: {},
  };
}
