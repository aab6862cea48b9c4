/** Managed policies: the customer's own, and reading AWS's. */
import type { Reader } from "@hakoniwa/kernel";
import { Iam } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onPolicy } from "./access.js";
import { AWS_MANAGED } from "./aws-managed.js";
import { parsePolicy } from "./documents.js";
import { awsOwned, isDefaultVersion, policyAttached, policyExists, policyHasVersions, policyNotFound, policyVersionNotFound, quotaExceeded, tooManyVersions } from "./errors.js";
import { attachmentsOf, boundedBy, checkQuota, countAttachments, countBoundaries, findPolicy, type Attachments } from "./find.js";
import { showPolicy, showPolicyInList, showPolicyVersion } from "./show.js";
import { policies, type Policy, type PolicyVersion } from "./state.js";
import { byName, checkDescription, checkName, checkOneOf, checkedPath, mergeTags, page, underPath, uniqueId } from "./values.js";

const POLICY_SIZE = 6144;
const MOST_VERSIONS = 5;

export const policyOperations = operations(Iam, {
  CreatePolicy: {
    authorize: (input, asked) => ({ action: "iam:CreatePolicy", resources: [arnOf(asked.account, input.Path ?? "/", input.PolicyName)] }),
    handle(ctx, input) {
      checkName("policyName", input.PolicyName, 128);
      const path = checkedPath(input.Path);
      checkDocument(input.PolicyDocument);
      if (ctx.db(policies).where("folded", input.PolicyName.toLowerCase()).length > 0) throw policyExists(input.PolicyName);
      checkQuota(ctx.db(policies).list().length, "policies");
      const policy = ctx.db(policies).put({
        arn: arnOf(ctx.account, path, input.PolicyName),
        name: input.PolicyName,
        id: uniqueId(ctx.ids, "ANPA"),
        path,
        ...checkDescription(input.Description),
        created: ctx.now,
        updated: ctx.now,
        defaultVersion: "v1",
        nextVersion: 2,
        versions: [{ id: "v1", document: input.PolicyDocument, created: ctx.now }],
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { Policy: showPolicy(ctx.db, policy) };
    },
  },

  GetPolicy: {
    authorize: onPolicy("GetPolicy"),
    handle: (ctx, input) => ({ Policy: showPolicy(ctx.db, findPolicy(ctx.db, input.PolicyArn)) }),
  },

  ListPolicies: {
    // How AWS words it in denials; every policy that allows it names `*`.
    authorize: (input) => ({ action: "iam:ListPolicies", resources: [`policy path ${input.PathPrefix ?? "/"}`] }),
    handle(ctx, input) {
      const scope = input.Scope ?? "All";
      checkOneOf("scope", scope, ["All", "AWS", "Local"]);
      const all = [...(scope === "AWS" ? [] : ctx.db(policies).list()), ...(scope === "Local" ? [] : AWS_MANAGED.values())]
        .filter(underPath(input.PathPrefix))
        .filter((policy) => isUsed(ctx.db, policy.arn, input))
        .sort(byName);
      const { records, rest } = page(all, input, ({ name, arn }) => [name, arn]);
      return { Policies: records.map((policy) => showPolicyInList(ctx.db, policy)), ...rest };
    },
  },

  DeletePolicy: {
    authorize: onPolicy("DeletePolicy"),
    handle(ctx, input) {
      const policy = ownPolicy(ctx, input.PolicyArn, "DeletePolicy");
      if (countAttachments(ctx.db, policy.arn) + countBoundaries(ctx.db, policy.arn) > 0) throw policyAttached();
      if (policy.versions.length > 1) throw policyHasVersions();
      ctx.db(policies).delete(policy.arn);
      return {};
    },
  },

  CreatePolicyVersion: {
    authorize: onPolicy("CreatePolicyVersion"),
    handle(ctx, input) {
      const policy = ownPolicy(ctx, input.PolicyArn, "CreatePolicyVersion");
      checkDocument(input.PolicyDocument);
      if (policy.versions.length >= MOST_VERSIONS) throw tooManyVersions(MOST_VERSIONS);
      const version = { id: `v${policy.nextVersion}`, document: input.PolicyDocument, created: ctx.now };
      const changed = ctx.db(policies).put({
        ...policy,
        updated: ctx.now,
        nextVersion: policy.nextVersion + 1,
        defaultVersion: input.SetAsDefault ? version.id : policy.defaultVersion,
        versions: [...policy.versions, version],
      });
      return { PolicyVersion: showPolicyVersion(changed, version, false) };
    },
  },

  GetPolicyVersion: {
    authorize: onPolicy("GetPolicyVersion"),
    handle(ctx, input) {
      const policy = findPolicy(ctx.db, input.PolicyArn);
      return { PolicyVersion: showPolicyVersion(policy, versionOf(policy, input.VersionId), true) };
    },
  },

  ListPolicyVersions: {
    authorize: onPolicy("ListPolicyVersions"),
    handle(ctx, input) {
      const policy = findPolicy(ctx.db, input.PolicyArn);
      const { records, rest } = page([...policy.versions].reverse(), input, ({ id }) => -Number(id.slice(1)));
      return { Versions: records.map((version) => showPolicyVersion(policy, version, false)), ...rest };
    },
  },

  SetDefaultPolicyVersion: {
    authorize: onPolicy("SetDefaultPolicyVersion"),
    handle(ctx, input) {
      const policy = ownPolicy(ctx, input.PolicyArn, "SetDefaultPolicyVersion");
      ctx.db(policies).put({ ...policy, updated: ctx.now, defaultVersion: versionOf(policy, input.VersionId).id });
      return {};
    },
  },

  DeletePolicyVersion: {
    authorize: onPolicy("DeletePolicyVersion"),
    handle(ctx, input) {
      const policy = ownPolicy(ctx, input.PolicyArn, "DeletePolicyVersion");
      const version = versionOf(policy, input.VersionId);
      if (version.id === policy.defaultVersion) throw isDefaultVersion();
      ctx.db(policies).put({ ...policy, updated: ctx.now, versions: policy.versions.filter(({ id }) => id !== version.id) });
      return {};
    },
  },

  ListEntitiesForPolicy: {
    authorize: onPolicy("ListEntitiesForPolicy"),
    handle(ctx, input) {
      const { arn } = findPolicy(ctx.db, input.PolicyArn);
      const filter = input.EntityFilter;
      if (filter !== undefined) checkOneOf("entityFilter", filter, ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"]);
      const attached = usersOf(ctx.db, arn, usageOf(input));
      const wanted = (kind: string): boolean => filter === undefined || filter === kind;
      const all = [
        ...(wanted("Group") ? attached.groups.map((record) => ({ kind: "group" as const, record })) : []),
        ...(wanted("User") ? attached.users.map((record) => ({ kind: "user" as const, record })) : []),
        ...(wanted("Role") ? attached.roles.map((record) => ({ kind: "role" as const, record })) : []),
      ].filter(({ record }) => underPath(input.PathPrefix)(record));
      const { records, rest } = page(all, input, ({ kind, record }) => [kind, record.name]);
      const of = (kind: string) => records.filter((entry) => entry.kind === kind).map(({ record }) => record);
      return {
        PolicyGroups: of("group").map(({ name, id }) => ({ GroupName: name, GroupId: id })),
        PolicyUsers: of("user").map(({ name, id }) => ({ UserName: name, UserId: id })),
        PolicyRoles: of("role").map(({ name, id }) => ({ RoleName: name, RoleId: id })),
        ...rest,
      };
    },
  },
});

interface Usage {
  readonly PolicyUsageFilter?: string | undefined;
  readonly OnlyAttached?: boolean | undefined;
}

function usageOf({ PolicyUsageFilter: usage }: Usage): string | undefined {
  if (usage !== undefined) checkOneOf("policyUsageFilter", usage, ["PermissionsPolicy", "PermissionsBoundary"]);
  return usage;
}

/** Whom a policy is attached to, or whom it bounds, or both. */
function usersOf(db: Reader, arn: string, usage: string | undefined): Attachments {
  const attached = attachmentsOf(db, arn);
  if (usage === "PermissionsPolicy") return attached;
  const bounded = boundedBy(db, arn);
  if (usage === "PermissionsBoundary") return { ...bounded, groups: [] };
  return { groups: attached.groups, users: [...new Set([...attached.users, ...bounded.users])], roles: [...new Set([...attached.roles, ...bounded.roles])] };
}

/** Whether ListPolicies' filters let a policy through. */
function isUsed(db: Reader, arn: string, input: Usage): boolean {
  const usage = usageOf(input);
  if (!input.OnlyAttached && usage === undefined) return true;
  if (!input.OnlyAttached && usage === "PermissionsPolicy") return true;
  return Object.values(usersOf(db, arn, usage)).some((list) => list.length > 0);
}

const arnOf = (account: string, path: string, name: string): string => `arn:aws:iam::${account}:policy${path}${name}`;

/** @throws MalformedPolicyDocument, LimitExceeded: white space doesn't count */
function checkDocument(document: string): void {
  if (document.replace(/\s/g, "").length > POLICY_SIZE) throw quotaExceeded("PolicySize", POLICY_SIZE);
  parsePolicy(document, "identity");
}

/** @throws AccessDenied for AWS's own policies, which nobody may change */
function ownPolicy(ctx: Context, arn: string, action: string): Policy {
  if (AWS_MANAGED.has(arn)) throw awsOwned(arn, action, ctx.caller.principal.arn);
  const policy = ctx.db(policies).get(arn);
  if (!policy) throw policyNotFound(arn);
  return policy;
}

function versionOf(policy: Policy, id: string): PolicyVersion {
  const version = policy.versions.find((candidate) => candidate.id === id);
  if (!version) throw policyVersionNotFound(policy.arn, id);
  return version;
}
