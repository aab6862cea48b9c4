/** What a topic's policy may say: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html Pure. */
import { isObject, parseJson, type Json } from "../json.js";
import { invalidParameter } from "./errors.js";

const LARGEST = 30 * 1024;
const ACTIONS = [
  "GetTopicAttributes", "SetTopicAttributes", "AddPermission", "RemovePermission", "DeleteTopic", "Subscribe", "ListSubscriptionsByTopic", "Publish",
];

/** As AWS writes it for a new topic. */
export function standardPolicy(arn: string, account: string): string {
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: ACTIONS.map((action) => `SNS:${action}`),
        Resource: arn,
        Condition: { StringEquals: { "AWS:SourceOwner": account } },
      },
    ],
  });
}

/** @throws AwsError InvalidParameter for what is no policy of this topic */
export function checkPolicy(text: string, arn: string): void {
  if (Buffer.byteLength(text) > LARGEST) throw invalidParameter(`Policy Error: the policy has more than ${LARGEST} bytes`);
  const policy = parseJson(text);
  if (!isObject(policy)) throw invalidParameter("Policy Error: the policy is no JSON object");
  const statements = [policy["Statement"] ?? []].flat();
  if (statements.length === 0) throw invalidParameter("Policy Error: Missing required field Statement");
  for (const statement of statements) checkStatement(statement, arn);
}

function checkStatement(statement: unknown, arn: string): void {
  if (!isObject(statement)) throw invalidParameter("Policy Error: a statement is no object");
  const { Effect: effect, Action: actions, Principal: principal, Resource: resources, Condition: condition } = statement;
  if (effect !== "Allow" && effect !== "Deny") throw invalidParameter(`Policy Error: Invalid effect: ${JSON.stringify(effect)}`);
  if (statement["NotAction"] !== undefined || statement["NotPrincipal"] !== undefined || statement["NotResource"] !== undefined) throw invalidParameter("Policy Error: NotAction, NotPrincipal and NotResource are not allowed");
  if (principal !== "*" && !isObject(principal)) throw invalidParameter("Policy Error: Missing or invalid Principal");
  for (const action of textsOf(actions, "Action")) {
    if (!/^sns:[A-Za-z*?]+$|^\*$/i.test(action)) throw invalidParameter(`Policy statement action out of service scope! ${action}`);
  }
  for (const resource of textsOf(resources, "Resource")) {
    if (resource !== arn && resource !== "*" && !/[*?]/.test(resource)) throw invalidParameter(`Policy Error: the resource ${resource} is not this topic`);
  }
  if (condition !== undefined && (!isObject(condition) || Object.values(condition).some((keys) => !isObject(keys)))) throw invalidParameter("Policy Error: invalid Condition");
}

function textsOf(value: unknown, name: string): readonly string[] {
  const all = [value ?? []].flat();
  if (all.length === 0 || !all.every((each) => typeof each === "string")) throw invalidParameter(`Policy Error: Missing or invalid ${name}`);
  return all as readonly string[];
}

/** The policy with one more statement. */
export function withPermission(policy: string, arn: string, label: string, accounts: readonly string[], actions: readonly string[]): string {
  const { Statement, ...rest } = JSON.parse(policy) as { readonly Statement: Json | readonly Json[] };
  const before = [Statement].flat() as Json[];
  if (before.some(({ Sid }) => Sid === label)) throw invalidParameter(`Statement already exists: ${label}`);
  const unknown = actions.find((action) => action !== "*" && !ACTIONS.includes(action));
  if (unknown !== undefined) throw invalidParameter(`Policy statement action out of service scope! ${unknown}`);
  const stranger = accounts.find((account) => !/^\d{12}$/.test(account));
  if (stranger !== undefined) throw invalidParameter(`AWSAccountId: ${stranger}`);
  const AWS = accounts.map((account) => `arn:aws:iam::${account}:root`);
  const added = { Sid: label, Effect: "Allow", Principal: { AWS: AWS.length === 1 ? AWS[0] : AWS }, Action: actions.map((action) => `SNS:${action}`), Resource: arn };
  return JSON.stringify({ ...rest, Statement: [...before, added] });
}

/** The policy without a statement; one that is not there is no mistake. */
export function withoutPermission(policy: string, label: string): string {
  const { Statement, ...rest } = JSON.parse(policy) as { readonly Statement: Json | readonly Json[] };
  return JSON.stringify({ ...rest, Statement: ([Statement].flat() as Json[]).filter(({ Sid }) => Sid !== label) });
}
