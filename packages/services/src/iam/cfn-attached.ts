/** The policies that a template gives to a role, user or group: attached by ARN, and embedded. */
import type { Aws } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { unlessGone } from "../unless-gone.js";

export interface PolicyProperties {
  readonly ManagedPolicyArns?: readonly string[];
  readonly Policies?: readonly { readonly PolicyName: string; readonly PolicyDocument: unknown }[];
}

/** What to do with one identity's policies, whatever its kind. */
export interface Verbs {
  attach(arn: string): void;
  detach(arn: string): void;
  put(policyName: string, document: string): void;
  remove(policyName: string): void;
  /** The ARNs of the managed policies attached. */
  attached(): readonly string[];
  /** The text of an embedded policy. */
  embedded(policyName: string): string;
}

const arnsOf = (policies: readonly { readonly PolicyArn?: string | undefined }[] | undefined): readonly string[] => (policies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []);

export const ofRole = (aws: Aws, RoleName: string): Verbs => ({
  attach: (PolicyArn) => void aws.iam.AttachRolePolicy({ RoleName, PolicyArn }),
  detach: (PolicyArn) => void aws.iam.DetachRolePolicy({ RoleName, PolicyArn }),
  put: (PolicyName, PolicyDocument) => void aws.iam.PutRolePolicy({ RoleName, PolicyName, PolicyDocument }),
  remove: (PolicyName) => void aws.iam.DeleteRolePolicy({ RoleName, PolicyName }),
  attached: () => arnsOf(aws.iam.ListAttachedRolePolicies({ RoleName }).AttachedPolicies),
  embedded: (PolicyName) => decodeURIComponent(aws.iam.GetRolePolicy({ RoleName, PolicyName }).PolicyDocument),
});

export const ofUser = (aws: Aws, UserName: string): Verbs => ({
  attach: (PolicyArn) => void aws.iam.AttachUserPolicy({ UserName, PolicyArn }),
  detach: (PolicyArn) => void aws.iam.DetachUserPolicy({ UserName, PolicyArn }),
  put: (PolicyName, PolicyDocument) => void aws.iam.PutUserPolicy({ UserName, PolicyName, PolicyDocument }),
  remove: (PolicyName) => void aws.iam.DeleteUserPolicy({ UserName, PolicyName }),
  attached: () => arnsOf(aws.iam.ListAttachedUserPolicies({ UserName }).AttachedPolicies),
  embedded: (PolicyName) => decodeURIComponent(aws.iam.GetUserPolicy({ UserName, PolicyName }).PolicyDocument),
});

export const ofGroup = (aws: Aws, GroupName: string): Verbs => ({
  attach: (PolicyArn) => void aws.iam.AttachGroupPolicy({ GroupName, PolicyArn }),
  detach: (PolicyArn) => void aws.iam.DetachGroupPolicy({ GroupName, PolicyArn }),
  put: (PolicyName, PolicyDocument) => void aws.iam.PutGroupPolicy({ GroupName, PolicyName, PolicyDocument }),
  remove: (PolicyName) => void aws.iam.DeleteGroupPolicy({ GroupName, PolicyName }),
  attached: () => arnsOf(aws.iam.ListAttachedGroupPolicies({ GroupName }).AttachedPolicies),
  embedded: (PolicyName) => decodeURIComponent(aws.iam.GetGroupPolicy({ GroupName, PolicyName }).PolicyDocument),
});

/** Brings an identity from what a template gave it before to what it gives now. What others gave it stays. */
export function applyPolicies(verbs: Verbs, next: PolicyProperties, previous: PolicyProperties): void {
  const arns = next.ManagedPolicyArns ?? [];
  const embedded = next.Policies ?? [];
  for (const arn of without(previous.ManagedPolicyArns ?? [], arns)) unlessGone(() => verbs.detach(arn));
  for (const arn of arns) verbs.attach(arn);
  const names = embedded.map((policy) => policy.PolicyName);
  for (const name of without((previous.Policies ?? []).map((policy) => policy.PolicyName), names)) unlessGone(() => verbs.remove(name));
  for (const policy of embedded) verbs.put(policy.PolicyName, documentText(policy.PolicyDocument));
}

/** Of what the template gives an identity, what it has. What others gave it is theirs. */
export function readPolicies(verbs: Verbs, { ManagedPolicyArns = [], Policies = [] }: PolicyProperties): PolicyProperties {
  const attached = verbs.attached();
  const embedded = Policies.flatMap(({ PolicyName, PolicyDocument }) => {
    const text = unlessGone(() => verbs.embedded(PolicyName));
    return text === undefined ? [] : [{ PolicyName, PolicyDocument: documentAs(PolicyDocument, text) }];
  });
  return { ManagedPolicyArns: ManagedPolicyArns.filter((arn) => attached.includes(arn)), Policies: embedded };
}

export const without = (list: readonly string[], gone: readonly string[]): readonly string[] => list.filter((item) => !gone.includes(item));
