import { expect, test } from "vitest";
import { AWS_MANAGED } from "./aws-managed.js";
import { parsePolicy } from "./documents.js";
import { contextOf } from "./policy/context.js";
import { decide } from "./policy/decide.js";

const requester = { type: "user", account: "123456789012", arn: "arn:aws:iam::123456789012:user/ann", id: "AIDAANN" } as const;

function may(name: string, action: string): boolean {
  const policy = AWS_MANAGED.get(`arn:aws:iam::aws:policy/${name}`)!;
  return decide({ requester, action, resource: "*", context: contextOf({}) }, { identity: [policy.versions[0]!.document] }).allowed;
}

test.each([...AWS_MANAGED.values()].map((policy) => [policy.name, policy] as const))("%s is a policy that could be written", (_name, policy) => {
  expect(parsePolicy(policy.versions[0]!.document, "identity").statements.length).toBeGreaterThan(0);
  expect(policy.id).toMatch(/^ANPA[A-Z0-9]{17}$/);
});

test("no two have the same id", () => {
  expect(new Set([...AWS_MANAGED.values()].map((policy) => policy.id)).size).toBe(AWS_MANAGED.size);
});

test.each([
  ["AdministratorAccess", "iam:CreateUser", true],
  ["PowerUserAccess", "ec2:RunInstances", true],
  ["PowerUserAccess", "iam:CreateUser", false],
  ["ReadOnlyAccess", "s3:GetObject", true],
  ["ReadOnlyAccess", "s3:PutObject", false],
  ["ReadOnlyAccess", "ec2:RunInstances", false],
  ["job-function/ViewOnlyAccess", "ec2:DescribeVpcs", true],
  ["job-function/ViewOnlyAccess", "s3:GetObject", false],
  ["job-function/NetworkAdministrator", "ec2:CreateRoute", true],
  ["job-function/NetworkAdministrator", "ec2:RunInstances", false],
  ["job-function/SystemAdministrator", "ec2:RunInstances", true],
  ["job-function/SystemAdministrator", "iam:CreateUser", false],
  ["job-function/Billing", "ec2:DescribeVpcs", false],
  ["CloudWatchAgentServerPolicy", "logs:PutLogEvents", true],
  ["IAMUserChangePassword", "iam:ChangePassword", true],
  ["IAMUserChangePassword", "iam:CreateUser", false],
] as const)("with %s, %s: %s", (name, action, expected) => {
  expect(may(name, action)).toBe(expected);
});
