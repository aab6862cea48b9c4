/** What a request for credentials brings to narrow or mark its session: policies and tags. */
import { deflateRawSync } from "node:zlib";
import type { Access, Session } from "@hakoniwa/kernel";
import type { StsTypes } from "@hakoniwa/wire";
import { requestTags } from "../access.js";
import type { Facts } from "../facts.js";
import { constraint, invalidTags, malformed, tooLarge } from "./errors.js";

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
const LONGEST_POLICY = 2048;
const MOST_POLICY_ARNS = 10;
const MOST_TAGS = 50;
/** What AWS's packed binary holds it doesn't tell; this many deflated bytes are our hundred percent. */
const PACKED = 2048;

export interface Narrowing {
  readonly Policy?: string | undefined;
  readonly PolicyArns?: readonly StsTypes.PolicyDescriptorType[] | undefined;
  readonly Tags?: readonly StsTypes.Tag[] | undefined;
}

/** The documents of session policies. @throws MalformedPolicyDocument */
export function sessionPolicies(facts: Facts, input: Narrowing): readonly string[] {
  const { Policy: inline, PolicyArns = [] } = input;
  if (inline !== undefined && inline.length > LONGEST_POLICY) {
    throw constraint("policy", `${inline.slice(0, 50)}…`, `Member must have length less than or equal to ${LONGEST_POLICY}`);
  }
  if (PolicyArns.length > MOST_POLICY_ARNS) throw constraint("policyArns", PolicyArns.length, `Member must have length less than or equal to ${MOST_POLICY_ARNS}`);
  if (inline !== undefined) facts.iam.checkPolicy(inline);
  const managed = PolicyArns.map(({ arn = "" }) => {
    const document = facts.iam.policyDocument(arn);
    if (document === undefined) throw malformed(`Could not find policy for the arn: ${arn.slice(0, 200)}`);
    return document;
  });
  return [...(inline === undefined ? [] : [inline]), ...managed];
}

/** @throws InvalidParameterValue */
export function sessionTags(tags: readonly StsTypes.Tag[] | undefined): Readonly<Record<string, string>> {
  const given = tags ?? [];
  if (given.length > MOST_TAGS) throw constraint("tags", given.length, `Member must have length less than or equal to ${MOST_TAGS}`);
  for (const { Key: key, Value: value } of given) {
    if (key.length < 1 || key.length > 128) throw constraint("tags.member.key", key.slice(0, 140), "Member must have length between 1 and 128, inclusive");
    if (value.length > 256) throw constraint("tags.member.value", value.slice(0, 260), "Member must have length less than or equal to 256");
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) throw constraint("tags.member", key, "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*");
    if (/^aws:/i.test(key)) throw invalidTags(`Tag keys can't begin with aws:, which '${key}' does.`);
  }
  const folded = given.map(({ Key }) => Key.toLowerCase());
  if (new Set(folded).size < folded.length) throw invalidTags("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  return Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]));
}

/** How full the session is, when anything was put in. @throws PackedPolicyTooLarge */
export function packedSize(input: Narrowing, session: Pick<Session, "tags">): { readonly PackedPolicySize?: number } {
  if (input.Policy === undefined && (input.PolicyArns ?? []).length === 0 && Object.keys(session.tags).length === 0) return {};
  const packed = deflateRawSync(JSON.stringify([input.Policy ?? "", (input.PolicyArns ?? []).map(({ arn }) => arn), session.tags])).length;
  const percent = Math.max(1, Math.ceil((100 * packed) / PACKED));
  if (percent > 100) throw tooLarge(percent);
  return { PackedPolicySize: percent };
}

export const tagConditions = (input: Narrowing): NonNullable<Access["conditions"]> => requestTags(input.Tags);
