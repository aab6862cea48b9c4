/** The account's users and their credentials as a table (S3-09, S3-21): https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html */
import type { Reader } from "@hakoniwa/kernel";
import { Iam } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { reportExpired, reportNotPresent } from "./errors.js";
import { expiryOf } from "./passwords.js";
import { accessKeys, users, type User } from "./state.js";
import { uses, credentialReports, loginProfiles, mfaDevices, passwordPolicies, ROOT_OWNER, signingCertificates } from "./state-credentials.js";
import { byName } from "./values.js";

/** A report is AWS's answer for four hours. */
const FRESH = 4 * 3_600_000;

const COLUMNS = [
  "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
  ...[1, 2].flatMap((n) => ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"].map((field) => `access_key_${n}_${field}`)),
  ...[1, 2].flatMap((n) => [`cert_${n}_active`, `cert_${n}_last_rotated`]),
  "additional_credentials_info",
];
const NONE = "N/A";

export const credentialReportOperations = operations(Iam, {
  GenerateCredentialReport: {
    authorize: onEverything("iam:GenerateCredentialReport"),
    handle(ctx) {
      const [before] = ctx.db(credentialReports).list();
      if (before && ctx.now - before.generated < FRESH) return { State: "COMPLETE" };
      ctx.db(credentialReports).put({ generated: ctx.now, content: report(ctx.db, ctx.account) });
      return { State: "STARTED", Description: "No report exists. Starting a new report generation task" };
    },
  },

  GetCredentialReport: {
    authorize: onEverything("iam:GetCredentialReport"),
    handle(ctx) {
      const [found] = ctx.db(credentialReports).list();
      if (!found) throw reportNotPresent();
      if (ctx.now - found.generated >= FRESH) throw reportExpired();
      return { Content: Buffer.from(found.content), ReportFormat: "text/csv", GeneratedTime: new Date(found.generated) };
    },
  },
});

/** The report's text: a line of names, the root user's line, and one for each user. */
function report(db: Reader, account: string): string {
  const lines = [COLUMNS, rootLine(db, account), ...[...db(users).list()].sort(byName).map((user) => userLine(db, user))];
  return lines.map((line) => line.join(",")).join("\n");
}

function rootLine(db: Reader, account: string): readonly string[] {
  // The root user has no keys here, and AWS tells nothing of its password.
  const password = ["not_supported", "no_information", "not_supported", "not_supported"];
  const created = Math.min(...db(users).list().map((user) => user.created));
  return [ROOT_OWNER, `arn:aws:iam::${account}:root`, time(created), ...password, mfa(db, ROOT_OWNER), ...noKey(), ...noKey(), "false", NONE, "false", NONE, NONE];
}

function userLine(db: Reader, user: User): readonly string[] {
  const profile = db(loginProfiles).get(user.name);
  const expires = profile && expiryOf(profile, db(passwordPolicies).list()[0]);
  // There is no console to sign in to, so no password was ever used.
  const password = profile ? ["true", "no_information", time(profile.changed), expires === undefined ? NONE : time(expires)] : ["false", NONE, NONE, NONE];
  const keys = db(accessKeys).where("user", user.name);
  const certificates = db(signingCertificates).where("user", user.name);
  return [
    user.name, user.arn, time(user.created), ...password, mfa(db, user.name),
    ...[0, 1].flatMap((slot) => (keys[slot] ? key(db, keys[slot].id, keys[slot].active, keys[slot].created) : noKey())),
    ...[0, 1].flatMap((slot) => (certificates[slot] ? [String(certificates[slot].active), time(certificates[slot].uploaded)] : ["false", NONE])),
    NONE,
  ].map(quoted);
}

function key(db: Reader, id: string, active: boolean, created: number): readonly string[] {
  const use = db(uses).get(id);
  return [String(active), time(created), ...(use ? [time(use.used), use.region, use.service] : [NONE, NONE, NONE])];
}

const noKey = (): readonly string[] => ["false", NONE, NONE, NONE, NONE];
const mfa = (db: Reader, owner: string): string => String(db(mfaDevices).where("owner", owner).length > 0);
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}+00:00`;
/** A user's name may hold a comma. */
const quoted = (field: string): string => (field.includes(",") ? `"${field}"` : field);
