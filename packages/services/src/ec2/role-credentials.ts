/**
 * What an instance's metadata shows of its role, and when it gets new credentials:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
 */
import { AwsError, table } from "@hakoniwa/kernel";
import type { Jobs } from "../define.js";
import type { Instance } from "./state-compute.js";
import { isoTime } from "./times.js";

export interface RoleCredentials {
  readonly instanceId: string;
  readonly profileArn: string;
  /** The role's name; undefined when the profile has none, or is gone. */
  readonly role: string | undefined;
  /** On the cloud's clock. */
  readonly tried: number;
  readonly outcome:
    | { readonly code: "Success"; readonly accessKeyId: string; readonly secret: string; readonly token: string; readonly expires: number }
    | { readonly code: "AssumeRoleUnauthorizedAccess" | "InstanceProfileNotFound"; readonly message: string };
}

export const roleCredentials = table<RoleCredentials>()({ name: "ec2.role-credentials", key: (c) => c.instanceId });

/** Seconds; new ones come long before the old expire, so that a program may hold its own for hours. */
const LASTING = 6 * 3600;
const SECOND = 1000;
const REFRESHED = 3600 * SECOND;
/** A role that lacks its trust policy yet, or is not in its profile yet, is tried again. */
const TRIED_AGAIN = 15 * SECOND;
const HELP = "Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc.";

/** When the credentials of an instance are due; undefined for one without a profile. */
export function credentialsDue(instance: Instance, known: RoleCredentials | undefined): number | undefined {
  if (!instance.iamInstanceProfile) return undefined;
  if (known?.profileArn !== instance.iamInstanceProfile.arn) return 0;
  return known.tried + (known.outcome.code === "Success" ? REFRESHED : TRIED_AGAIN);
}

/**
 * Gets an instance the credentials that are due, or takes away what it no longer has.
 * @returns when to look again; undefined when no profile is there
 */
export async function keepCredentials(jobs: Jobs, instance: Instance): Promise<number | undefined> {
  const known = jobs.db(roleCredentials).get(instance.id);
  const due = credentialsDue(instance, known);
  if (due === undefined) {
    if (known) await jobs.write((db) => db(roleCredentials).delete(instance.id));
    return undefined;
  }
  if (jobs.now < due) return due;
  const next: RoleCredentials = await assume(jobs, instance, instance.iamInstanceProfile?.arn ?? "");
  await jobs.write((db) => db(roleCredentials).put(next));
  return credentialsDue(instance, next);
}

async function assume(jobs: Jobs, instance: Instance, profileArn: string): Promise<RoleCredentials> {
  const profile = jobs.facts.iam.instanceProfile(profileArn);
  const role = profile?.roles[0] === undefined ? undefined : jobs.facts.iam.role(profile.roles[0]);
  const made = { instanceId: instance.id, profileArn, role: role?.name, tried: jobs.now };
  if (!role) {
    const what = profile ? `The instance profile ${profile.name} has no role.` : `Instance Profile with ID ${instance.iamInstanceProfile?.id} cannot be found.`;
    return { ...made, outcome: { code: "InstanceProfileNotFound", message: `${what} ${HELP}` } };
  }
  try {
    const { Credentials: got } = await jobs.aws.sts.AssumeRole({ RoleArn: role.arn, RoleSessionName: instance.id, DurationSeconds: LASTING });
    if (!got) throw new Error("AssumeRole answered without credentials");
    return { ...made, outcome: { code: "Success", accessKeyId: got.AccessKeyId, secret: got.SecretAccessKey, token: got.SessionToken, expires: got.Expiration.getTime() } };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    return { ...made, outcome: { code: "AssumeRoleUnauthorizedAccess", message: `EC2 cannot assume the role ${role.name}. ${HELP}` } };
  }
}

/** Their entries below `/latest/meta-data/iam/`. */
export function credentialEntries(known: RoleCredentials | undefined, profile: { readonly arn: string; readonly id: string }): readonly (readonly [string, string])[] {
  if (!known) return [];
  const { outcome, role } = known;
  const expires = outcome.code === "Success" ? outcome.expires : undefined;
  const updated = seconds(expires === undefined ? known.tried : expires - LASTING * SECOND);
  if (outcome.code === "InstanceProfileNotFound") return [["meta-data/iam/info", json({ Code: outcome.code, Message: outcome.message, LastUpdated: updated })]];
  const info = json({ Code: "Success", LastUpdated: updated, InstanceProfileArn: profile.arn, InstanceProfileId: profile.id });
  const document =
    outcome.code === "Success"
      ? { Code: outcome.code, LastUpdated: updated, Type: "AWS-HMAC", AccessKeyId: outcome.accessKeyId, SecretAccessKey: outcome.secret, Token: outcome.token, Expiration: seconds(outcome.expires) }
      : { Code: outcome.code, Message: outcome.message, LastUpdated: updated };
  return [
    ["meta-data/iam/info", info],
    [`meta-data/iam/security-credentials/${role}`, json(document)],
  ];
}

function seconds(at: number): string {
  return `${isoTime(at).slice(0, 19)}Z`;
}

function json(value: object): string {
  return JSON.stringify(value, undefined, 2);
}
