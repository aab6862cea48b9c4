import { afterEach, beforeEach, expect, test } from "vitest";
import { AUTHORITY, CERTIFICATE, PRIVATE_KEY } from "../../../../tests/api/certificates.js";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const statement = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });

function template(options: { readonly action: string; readonly managed: readonly string[]; readonly port: string }) {
  return JSON.stringify({
    Resources: {
      Role: {
        Type: "AWS::IAM::Role",
        Properties: {
          AssumeRolePolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }] },
          ManagedPolicyArns: options.managed,
          Policies: [{ PolicyName: "own", PolicyDocument: statement(options.action) }],
          Tags: [{ Key: "env", Value: "test" }],
        },
      },
      Profile: { Type: "AWS::IAM::InstanceProfile", Properties: { Roles: [{ Ref: "Role" }] } },
      Embedded: { Type: "AWS::IAM::Policy", Properties: { PolicyName: "more", PolicyDocument: statement(options.action), Roles: [{ Ref: "Role" }] } },
      Managed: { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: statement(options.action), Roles: [{ Ref: "Role" }] } },
      Group: { Type: "AWS::IAM::Group", Properties: { GroupName: "ops", ManagedPolicyArns: options.managed } },
      User: { Type: "AWS::IAM::User", Properties: { UserName: "alice", Groups: [{ Ref: "Group" }] } },
      Parameter: { Type: "AWS::SSM::Parameter", Properties: { Name: "/app/port", Type: "String", Value: options.port, Tags: { env: "test" } } },
    },
    Outputs: {
      RoleName: { Value: { Ref: "Role" } },
      RoleArn: { Value: { "Fn::GetAtt": ["Role", "Arn"] } },
      ProfileArn: { Value: { "Fn::GetAtt": ["Profile", "Arn"] } },
      Policy: { Value: { Ref: "Managed" } },
      Port: { Value: { "Fn::GetAtt": ["Parameter", "Value"] } },
    },
  });
}

async function outputs(): Promise<Record<string, string>> {
  const stack = (await cloud.aws.cloudformation.DescribeStacks({ StackName: "s" })).Stacks![0]!;
  const events = (await cloud.aws.cloudformation.DescribeStackEvents({ StackName: "s" })).StackEvents!;
  expect(stack.StackStatus, JSON.stringify(events.map((event) => event.ResourceStatusReason).filter(Boolean))).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
  return Object.fromEntries(stack.Outputs!.map((output) => [output.OutputKey!, output.OutputValue!]));
}

const Capabilities = ["CAPABILITY_NAMED_IAM"] as const;
const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
const READ = "arn:aws:iam::aws:policy/ReadOnlyAccess";

test("boundaries, memberships, policies of their own, certificates and service-linked roles come with a stack and go with it", async () => {
  const body = (options: { readonly bounded: boolean; readonly users: readonly string[]; readonly action: string }) =>
    JSON.stringify({
      Resources: {
        Edge: { Type: "AWS::IAM::ManagedPolicy", Properties: { PolicyDocument: statement("*") } },
        Alice: { Type: "AWS::IAM::User", Properties: { UserName: "alice", ...(options.bounded ? { PermissionsBoundary: { Ref: "Edge" } } : {}) } },
        Bob: { Type: "AWS::IAM::User", Properties: { UserName: "bob" } },
        Ops: { Type: "AWS::IAM::Group", Properties: { GroupName: "ops" } },
        Members: { Type: "AWS::IAM::UserToGroupAddition", DependsOn: ["Alice", "Bob"], Properties: { GroupName: { Ref: "Ops" }, Users: options.users } },
        Own: { Type: "AWS::IAM::GroupPolicy", Properties: { GroupName: { Ref: "Ops" }, PolicyName: "own", PolicyDocument: statement(options.action) } },
        Cert: { Type: "AWS::IAM::ServerCertificate", Properties: { ServerCertificateName: "site", CertificateBody: CERTIFICATE, PrivateKey: PRIVATE_KEY, CertificateChain: AUTHORITY } },
        Linked: { Type: "AWS::IAM::ServiceLinkedRole", Properties: { AWSServiceName: "autoscaling.amazonaws.com", CustomSuffix: "web", Description: options.action } },
      },
      Outputs: { Cert: { Value: { "Fn::GetAtt": ["Cert", "Arn"] } }, Linked: { Value: { Ref: "Linked" } }, Own: { Value: { Ref: "Own" } } },
    });
  await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: body({ bounded: false, users: ["alice"], action: "s3:*" }), Capabilities });
  await cloud.advance("1m");
  const made = await outputs();
  expect(made).toEqual({ Cert: "arn:aws:iam::123456789012:server-certificate/site", Linked: "AWSServiceRoleForAutoScaling_web", Own: "own|ops" });

  await cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: body({ bounded: true, users: ["bob"], action: "ec2:*" }), Capabilities });
  await cloud.advance("1m");
  expect(await outputs()).toEqual(made);
  expect((await cloud.aws.iam.GetGroup({ GroupName: "ops" })).Users.map((user) => user.UserName)).toEqual(["bob"]);
  expect((await cloud.aws.iam.GetUser({ UserName: "alice" })).User.PermissionsBoundary!.PermissionsBoundaryArn).toContain(":policy/s-Edge-");
  expect(decodeURIComponent((await cloud.aws.iam.GetGroupPolicy({ GroupName: "ops", PolicyName: "own" })).PolicyDocument)).toBe(JSON.stringify(statement("ec2:*")));
  expect((await cloud.aws.iam.GetRole({ RoleName: made.Linked! })).Role.Description).toBe("ec2:*");

  await cloud.aws.cloudformation.DeleteStack({ StackName: "s" });
  await cloud.advance("1m");
  expect((await cloud.aws.iam.ListGroups({})).Groups).toEqual([]);
  expect((await cloud.aws.iam.ListRoles({})).Roles).toEqual([]);
  expect((await cloud.aws.iam.ListServerCertificates({})).ServerCertificateMetadataList).toEqual([]);
});

test("a stack makes, changes and removes roles, policies, users and parameters (S0-12, S1-33, S1-34)", async () => {
  await cloud.aws.cloudformation.CreateStack({ StackName: "s", TemplateBody: template({ action: "ssm:GetParameter", managed: [CORE], port: "80" }), Capabilities });
  await cloud.advance("5m");
  const made = await outputs();
  const RoleName = made.RoleName!;
  expect(made.RoleArn).toBe(`arn:aws:iam::123456789012:role/${RoleName}`);
  expect(made.ProfileArn).toContain(":instance-profile/s-Profile-");
  expect(made.Port).toBe("80");
  const attached = async () => (await cloud.aws.iam.ListAttachedRolePolicies({ RoleName })).AttachedPolicies!.map((policy) => policy.PolicyArn!).sort();
  expect(await attached()).toEqual([made.Policy, CORE].sort());
  expect((await cloud.aws.iam.ListRolePolicies({ RoleName })).PolicyNames).toEqual(["more", "own"]);
  expect((await cloud.aws.iam.ListRoleTags({ RoleName })).Tags).toContainEqual({ Key: "aws:cloudformation:stack-name", Value: "s" });
  expect((await cloud.aws.iam.GetGroup({ GroupName: "ops" })).Users.map((user) => user.UserName)).toEqual(["alice"]);

  await cloud.aws.cloudformation.UpdateStack({ StackName: "s", TemplateBody: template({ action: "ec2:Describe*", managed: [READ], port: "8080" }), Capabilities });
  await cloud.advance("5m");
  expect(await outputs()).toEqual({ ...made, Port: "8080" });
  expect(await attached()).toEqual([made.Policy, READ].sort());
  const { PolicyDocument } = await cloud.aws.iam.GetRolePolicy({ RoleName, PolicyName: "more" });
  expect(JSON.parse(decodeURIComponent(PolicyDocument))).toEqual(statement("ec2:Describe*"));
  expect((await cloud.aws.iam.GetPolicy({ PolicyArn: made.Policy! })).Policy!.DefaultVersionId).toBe("v2");

  await cloud.aws.cloudformation.DeleteStack({ StackName: "s" });
  await cloud.advance("5m");
  expect((await cloud.aws.iam.ListRoles({})).Roles).toEqual([]);
  expect((await cloud.aws.iam.ListPolicies({ Scope: "Local" })).Policies).toEqual([]);
  expect((await cloud.aws.iam.ListUsers({})).Users.map((user) => user.UserName)).toEqual(["admin"]);
  expect((await cloud.aws.ssm.DescribeParameters({})).Parameters).toEqual([]);
});
