/** The policy simulator: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html */
import type { Access, Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { parsePolicy, type DocumentKind } from "./documents.js";
import { boundaryOf, ownPolicies, userPolicies, type NamedPolicy } from "./effective.js";
import { entityNotFound, invalidInput, notYet } from "./errors.js";
import { contextOf, type ContextEntries } from "./policy/context.js";
import type { Requester } from "./policy/principals.js";
import { contextKeys, simulate } from "./simulate.js";
import { groups, roles, users } from "./state.js";
import { page } from "./values.js";

type Common = Omit<IamTypes.SimulateCustomPolicyRequest, "PolicyInputList" | "OrderedOrganizationPolicyInputList">;

const onSource =
  (operation: string) =>
  (input: { readonly PolicySourceArn: string }): Access => ({ action: `iam:${operation}`, resources: [input.PolicySourceArn] });

export const simulationOperations = operations(Iam, {
  SimulatePrincipalPolicy: {
    authorize: onSource("SimulatePrincipalPolicy"),
    handle(ctx, input) {
      if ((input.PolicyExclusionList ?? []).length > 0) throw notYet("the member PolicyExclusionList of SimulatePrincipalPolicy");
      const source = sourceOf(ctx.db, input.PolicySourceArn);
      const given = input.PermissionsBoundaryPolicyInputList ?? [];
      const boundary = given.length > 0 ? inputs(given, "PermissionsBoundaryPolicyInputList") : source.boundary && [source.boundary];
      return results(ctx, input, [...source.policies, ...inputs(input.PolicyInputList ?? [], "PolicyInputList")], boundary, source);
    },
  },

  SimulateCustomPolicy: {
    authorize: onEverything("iam:SimulateCustomPolicy"),
    handle(ctx, input) {
      if ((input.OrderedOrganizationPolicyInputList ?? []).length > 0) throw notYet("the member OrderedOrganizationPolicyInputList of SimulateCustomPolicy");
      const given = input.PermissionsBoundaryPolicyInputList ?? [];
      const boundary = given.length > 0 ? inputs(given, "PermissionsBoundaryPolicyInputList") : undefined;
      return results(ctx, input, inputs(input.PolicyInputList, "PolicyInputList"), boundary, undefined);
    },
  },

  GetContextKeysForPrincipalPolicy: {
    authorize: onSource("GetContextKeysForPrincipalPolicy"),
    handle(ctx, input) {
      const policies = [...sourceOf(ctx.db, input.PolicySourceArn).policies, ...inputs(input.PolicyInputList ?? [], "PolicyInputList")];
      return { ContextKeyNames: contextKeys(policies.map((policy) => policy.document)) };
    },
  },

  GetContextKeysForCustomPolicy: {
    authorize: onEverything("iam:GetContextKeysForCustomPolicy"),
    handle: (_ctx, input) => ({ ContextKeyNames: contextKeys(inputs(input.PolicyInputList, "PolicyInputList").map((policy) => policy.document)) }),
  },
});

interface Source {
  readonly policies: readonly NamedPolicy[];
  readonly boundary: NamedPolicy | undefined;
  readonly requester: Requester | undefined;
  /** Condition keys that are known of it. */
  readonly keys: ContextEntries;
}

/** A user, a role or a group. @throws NoSuchEntity, InvalidInput */
function sourceOf(db: Reader, arn: string): Source {
  const [, account = "", kind, name = ""] = /^arn:aws:iam::(\d{12}):(user|role|group)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? [];
  if (kind === undefined) throw invalidInput(`Invalid Entity Arn: ${arn.slice(0, 200)}`);
  const record = db(kind === "user" ? users : kind === "role" ? roles : (groups as unknown as typeof users)).get(name);
  if (!record || record.arn !== arn) throw entityNotFound(kind as "user" | "role" | "group", name);
  if (kind === "group") return { policies: ownPolicies(db, record, "group"), boundary: undefined, requester: undefined, keys: {} };
  const isUser = kind === "user";
  const tags = Object.fromEntries(Object.entries(record.tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]));
  return {
    policies: isUser ? userPolicies(db, record) : ownPolicies(db, record, "role"),
    boundary: boundaryOf(db, record),
    requester: requesterOf(arn, record.id, account),
    keys: {
      ...tags,
      "aws:PrincipalArn": arn,
      "aws:PrincipalAccount": account,
      "aws:PrincipalType": isUser ? "User" : "AssumedRole",
      "aws:userid": record.id,
      ...(isUser ? { "aws:username": record.name } : {}),
    },
  };
}

function requesterOf(arn: string, id: string, account: string): Requester {
  return /^arn:aws:iam::\d{12}:role\//.test(arn) ? { type: "assumed-role", account, arn, id, roleArn: arn } : { type: "user", account, arn, id };
}

/** @throws InvalidInput */
function inputs(documents: readonly string[], member: string): readonly NamedPolicy[] {
  return documents.map((document, i) => ({ id: `${member}.${i + 1}`, type: "none", document: checked(document, "identity", `${member}.${i + 1}`) }));
}

function checked(document: string, kind: DocumentKind, member: string): string {
  try {
    parsePolicy(document, kind);
  } catch (error) {
    throw error instanceof AwsError ? invalidInput(`Invalid Input in ${member}: ${error.message}`) : error;
  }
  return document;
}

function results(
  ctx: Context,
  input: Common,
  policies: readonly NamedPolicy[],
  boundary: readonly NamedPolicy[] | undefined,
  source: Source | undefined,
): IamTypes.SimulatePolicyResponse {
  if (input.ResourceHandlingOption !== undefined) throw notYet("the member ResourceHandlingOption of simulations");
  const requester = callerIn(ctx, input, source);
  const given = (input.ContextEntries ?? []).map(({ ContextKeyName = "", ContextKeyValues = [] }) => [ContextKeyName, ContextKeyValues] as const);
  const context = contextOf({ ...source?.keys, ...Object.fromEntries(given) });
  const resourcePolicy: NamedPolicy | undefined =
    input.ResourcePolicy === undefined ? undefined : { id: "ResourcePolicy", type: "resource", document: checked(input.ResourcePolicy, "resource", "ResourcePolicy") };
  const strange = input.ActionNames.find((action) => !/^[a-z0-9-]+:[a-z0-9]+$/i.test(action));
  if (strange !== undefined) throw invalidInput(`Invalid Action: ${strange.slice(0, 128)}`);
  const resources = (input.ResourceArns ?? []).length > 0 ? input.ResourceArns! : ["*"];
  const pairs = input.ActionNames.flatMap((action) => resources.map((resource) => ({ action, resource })));
  const { records: shown, rest } = page([...pairs.entries()], input, ([index]) => index);
  const records = shown.map(([, pair]) => pair);
  const simulation = { requester, policies, boundary, resourcePolicy, context };
  return { EvaluationResults: records.map(({ action, resource }) => simulate(simulation, action, resource)), ...rest };
}

/** @throws InvalidInput when a resource's policy has nobody to be judged for */
function callerIn(ctx: Context, input: Common, source: Source | undefined): Requester {
  const { CallerArn: arn } = input;
  if (arn !== undefined) {
    const user = /^arn:aws:iam::(\d{12}):user\/(?:.*\/)?([^/]+)$/.exec(arn);
    if (!user) throw invalidInput(`Invalid CallerArn: ${arn.slice(0, 200)} is not the ARN of an IAM user.`);
    return requesterOf(arn, ctx.db(users).get(user[2]!)?.id ?? arn, user[1]!);
  }
  if (input.ResourcePolicy !== undefined && source?.requester?.type !== "user") throw invalidInput("CallerArn is required when ResourcePolicy is given and PolicySourceArn is not a user's.");
  return source?.requester ?? requesterOf(`arn:aws:iam::${ctx.account}:user/simulated`, "simulated", ctx.account);
}
