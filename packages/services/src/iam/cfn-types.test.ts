import { expect, it } from "vitest";
import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { createTestCloud } from "../testing.js";
import { iam } from "./index.js";

const statement = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
const trust = (Service: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" }] });
const READ = "arn:aws:iam::aws:policy/ReadOnlyAccess";
const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const Edge = { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: statement("*") } };
const Role = { Type: "AWS::IAM::Role", Properties: { AssumeRolePolicyDocument: trust("ec2.amazonaws.com") } };
const User = { Type: "AWS::IAM::User" };
const Group = { Type: "AWS::IAM::Group" };
const ref = (name: string) => ({ Ref: name });
const embedded = (action: string) => [{ PolicyName: "own", PolicyDocument: statement(action) }];
const tag = (Key: string, Value: string) => [{ Key, Value }];

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::IAM::Role": {
    around: { Edge },
    minimal: { AssumeRolePolicyDocument: trust("ec2.amazonaws.com") },
    maximal: {
      RoleName: "web",
      Path: "/site/",
      AssumeRolePolicyDocument: trust("ec2.amazonaws.com"),
      Description: "What web servers may do",
      MaxSessionDuration: 7200,
      PermissionsBoundary: ref("Edge"),
      ManagedPolicyArns: [READ, CORE],
      Policies: embedded("s3:GetObject"),
      Tags: tag("team", "four"),
    },
    changed: { RoleName: "web", Path: "/site/", AssumeRolePolicyDocument: trust("ssm.amazonaws.com"), ManagedPolicyArns: [CORE], Policies: [...embedded("s3:PutObject"), { PolicyName: "more", PolicyDocument: statement("sns:Publish") }], Tags: tag("env", "prod") },
    replaced: { RoleName: "app", AssumeRolePolicyDocument: trust("ec2.amazonaws.com") },
    failing: { properties: { AssumeRolePolicyDocument: trust("ec2.amazonaws.com"), MaxSessionDuration: 60 }, says: "maxSessionDuration" },
    drift: { by: ({ aws }, RoleName) => aws.iam.DetachRolePolicy({ RoleName, PolicyArn: CORE }), at: "ManagedPolicyArns" },
  },
  "AWS::IAM::User": {
    around: { Edge, Group, Other: Group },
    minimal: {},
    maximal: { UserName: "alice", Path: "/team/", Groups: [ref("Group")], PermissionsBoundary: ref("Edge"), ManagedPolicyArns: [READ], Policies: embedded("s3:GetObject"), Tags: tag("team", "four") },
    changed: { UserName: "alice", Path: "/people/", Groups: [ref("Other")], ManagedPolicyArns: [CORE], Policies: embedded("s3:PutObject"), Tags: tag("env", "prod") },
    replaced: { UserName: "bob" },
    failing: { properties: { LoginProfile: { Password: "secret-Secret-1" } }, says: "the property LoginProfile of AWS::IAM::User" },
    drift: { by: ({ aws }, UserName, id) => aws.iam.RemoveUserFromGroup({ UserName, GroupName: id("Group") }), at: "Groups" },
  },
  "AWS::IAM::Group": {
    minimal: {},
    maximal: { GroupName: "ops", Path: "/team/", ManagedPolicyArns: [READ], Policies: embedded("s3:GetObject") },
    changed: { GroupName: "ops", Path: "/people/", ManagedPolicyArns: [CORE], Policies: [{ PolicyName: "more", PolicyDocument: statement("sns:Publish") }] },
    replaced: { GroupName: "dev" },
    failing: { properties: { ManagedPolicyArns: ["arn:aws:iam::aws:policy/Nobodys"] }, says: "Policy arn:aws:iam::aws:policy/Nobodys does not exist or is not attachable" },
    drift: { by: ({ aws }, GroupName) => aws.iam.PutGroupPolicy({ GroupName, PolicyName: "own", PolicyDocument: JSON.stringify(statement("s3:*")) }), at: "Policies" },
  },
  "AWS::IAM::ManagedPolicy": {
    around: { Role, User, Group, Other: Group },
    minimal: { PolicyDocument: statement("s3:GetObject") },
    maximal: { ManagedPolicyName: "reads", Path: "/site/", Description: "To read", PolicyDocument: statement("s3:GetObject"), Users: [ref("User")], Groups: [ref("Group")], Roles: [ref("Role")] },
    changed: { ManagedPolicyName: "reads", Path: "/site/", Description: "To read", PolicyDocument: statement("s3:PutObject"), Groups: [ref("Other")] },
    replaced: { ManagedPolicyName: "writes", PolicyDocument: statement("s3:GetObject") },
    failing: { properties: { PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Perhaps", Action: "s3:*", Resource: "*" }] } }, says: "Syntax errors in policy" },
    drift: { by: ({ aws }, PolicyArn) => aws.iam.CreatePolicyVersion({ PolicyArn, PolicyDocument: JSON.stringify(statement("s3:*")), SetAsDefault: true }), at: "PolicyDocument" },
  },
  "AWS::IAM::Policy": {
    around: { Role, User, Group, Other: Group },
    minimal: { PolicyName: "reads", PolicyDocument: statement("s3:GetObject"), Roles: [ref("Role")] },
    maximal: { PolicyName: "reads", PolicyDocument: statement("s3:GetObject"), Users: [ref("User")], Groups: [ref("Group")], Roles: [ref("Role")] },
    changed: { PolicyName: "writes", PolicyDocument: statement("s3:PutObject"), Groups: [ref("Other")] },
    failing: { properties: { PolicyName: "reads", PolicyDocument: statement("s3:GetObject"), Roles: ["nobodys"] }, says: "The role with name nobodys cannot be found." },
    drift: { by: ({ aws }, _id, id) => aws.iam.DeleteRolePolicy({ RoleName: id("Role"), PolicyName: "reads" }), at: "Roles" },
  },
  ...Object.fromEntries(
    (["User", "Group", "Role"] as const).map((kind) => {
      const name = `${kind}Name`;
      const given = { [name]: ref("Holder"), PolicyName: "own" };
      const around = { Holder: { User, Group, Role }[kind] };
      const put = { User: "PutUserPolicy", Group: "PutGroupPolicy", Role: "PutRolePolicy" } as const;
      const one: ResourceCase = {
        around,
        minimal: { ...given, PolicyDocument: statement("s3:GetObject") },
        maximal: { ...given, PolicyDocument: statement("s3:GetObject") },
        changed: { ...given, PolicyDocument: statement("s3:PutObject") },
        replaced: { ...given, PolicyName: "other", PolicyDocument: statement("s3:GetObject") },
        failing: { properties: { [name]: "nobodys", PolicyName: "own", PolicyDocument: statement("s3:GetObject") }, says: `The ${kind.toLowerCase()} with name nobodys cannot be found.` },
        drift: { by: ({ aws }, _id, id) => aws.iam[put[kind]]({ [name]: id("Holder"), PolicyName: "own", PolicyDocument: JSON.stringify(statement("s3:*")) } as never), at: "PolicyDocument" },
      };
      return [`AWS::IAM::${kind}Policy`, one];
    }),
  ),
  "AWS::IAM::InstanceProfile": {
    around: { Role, Other: Role },
    minimal: { Roles: [ref("Role")] },
    maximal: { InstanceProfileName: "web", Path: "/site/", Roles: [ref("Role")] },
    changed: { InstanceProfileName: "web", Path: "/site/", Roles: [ref("Other")] },
    replaced: { InstanceProfileName: "app", Roles: [ref("Role")] },
    failing: { properties: { Roles: ["nobodys"] }, says: "The role with name nobodys cannot be found." },
    drift: { by: ({ aws }, InstanceProfileName, id) => aws.iam.RemoveRoleFromInstanceProfile({ InstanceProfileName, RoleName: id("Role") }), at: "Roles" },
  },
  "AWS::IAM::UserToGroupAddition": {
    around: { Group, Other: Group, Alice: User, Bob: User },
    minimal: { GroupName: ref("Group"), Users: [ref("Alice")] },
    maximal: { GroupName: ref("Group"), Users: [ref("Alice"), ref("Bob")] },
    changed: { GroupName: ref("Other"), Users: [ref("Bob")] },
    failing: { properties: { GroupName: ref("Group"), Users: ["nobody"] }, says: "The user with name nobody cannot be found." },
    drift: { by: ({ aws }, _id, id) => aws.iam.RemoveUserFromGroup({ GroupName: id("Group"), UserName: id("Bob") }), at: "Users" },
  },
  "AWS::IAM::ServerCertificate": {
    minimal: { CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY },
    maximal: { ServerCertificateName: "site", Path: "/cloudfront/", CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY, PrivateKey: PRIVATE_KEY, Tags: tag("team", "four") },
    changed: { ServerCertificateName: "site", Path: "/site/", CertificateBody: CERTIFICATE, CertificateChain: AUTHORITY, PrivateKey: PRIVATE_KEY, Tags: tag("env", "prod") },
    replaced: { ServerCertificateName: "other", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY },
    failing: { properties: { CertificateBody: CERTIFICATE, PrivateKey: "none" }, says: "Unable to parse private key" },
    drift: { by: ({ aws }, ServerCertificateName) => aws.iam.UpdateServerCertificate({ ServerCertificateName, NewPath: "/elsewhere/" }), at: "Path" },
  },
  "AWS::IAM::ServiceLinkedRole": {
    minimal: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "web" },
    maximal: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "web", Description: "For web servers" },
    changed: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "web", Description: "For servers" },
    replaced: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "app" },
    // A role of this kind begins with its service's description.
    keeps: ["Description"],
    failing: { properties: { AWSServiceName: "nobody.amazonaws.com" }, says: "Service-linked roles of the service nobody.amazonaws.com are not known here." },
    drift: { by: ({ aws }, RoleName) => aws.iam.UpdateRoleDescription({ RoleName, Description: "Whose?" }), at: "Description" },
  },
  "AWS::IAM::AccessKey": {
    around: { User, Other: User },
    minimal: { UserName: ref("User") },
    maximal: { UserName: ref("User"), Status: "Inactive", Serial: 1 },
    changed: { UserName: ref("User"), Status: "Active", Serial: 1 },
    replaced: { UserName: ref("User"), Status: "Active", Serial: 2 },
    failing: { properties: { UserName: "nobody" }, says: "The user with name nobody cannot be found." },
    drift: { by: ({ aws }, AccessKeyId, id) => aws.iam.UpdateAccessKey({ UserName: id("User"), AccessKeyId, Status: "Active" }), at: "Status" },
  },
};

describeResourceTypes(iam.resources, cases);

it("a stack is told an access key's secret once, and tells it as long as it has the key", async () => {
  const cloud = await createTestCloud();
  const body = (Status: string): string =>
    JSON.stringify({
      Resources: { User, Key: { Type: "AWS::IAM::AccessKey", Properties: { UserName: ref("User"), Status } } },
      Outputs: { Secret: { Value: { "Fn::GetAtt": ["Key", "SecretAccessKey"] } } },
    });
  const secret = async (): Promise<string> => (await cloud.aws.cloudformation.DescribeStacks({ StackName: "keys" })).Stacks![0]!.Outputs![0]!.OutputValue!;
  await cloud.aws.cloudformation.CreateStack({ StackName: "keys", TemplateBody: body("Active"), Capabilities: ["CAPABILITY_IAM"] });
  await cloud.advance("1m");
  const told = await secret();
  expect(told).toMatch(/^[A-Za-z0-9+/]{40}$/);
  await cloud.aws.cloudformation.UpdateStack({ StackName: "keys", TemplateBody: body("Inactive"), Capabilities: ["CAPABILITY_IAM"] });
  await cloud.advance("1m");
  expect(await secret()).toBe(told);
  await cloud.close();
});
