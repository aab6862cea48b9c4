/** Making and deleting parameters. */
import { AwsError, type Database } from "@hakoniwa/kernel";
import { Ssm } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access, byName, byNames } from "./access.js";
import { constraint, imageNotFound, oldestHasLabel, parameterNotFound, tooManyParameters } from "./errors.js";
import { newestOf } from "./lookup.js";
import { checkName, parseReference } from "./names.js";
import { nextVersion } from "./put-plan.js";
import { encrypt } from "./secrets.js";
import { parameters, versionKey, versions, type ParameterTier } from "./state.js";
import { mergeTags } from "./tagging.js";

/** AWS keeps the newest hundred: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html */
const KEPT_VERSIONS = 100;
const QUOTAS: Readonly<Record<ParameterTier, number>> = { Standard: 10_000, Advanced: 100_000 };

export const parameterOperations = operations(Ssm, {
  PutParameter: {
    authorize: (input, asked) => ({ ...access("PutParameter", byName)(input, asked), conditions: { "ssm:Overwrite": String(input.Overwrite ?? false) } }),
    handle(ctx, input) {
      const name = input.Name.trim();
      checkName(name, ctx);
      const existing = ctx.db(parameters).get(name);
      const previous = existing && newestOf(ctx.db, name, existing.version);
      const next = nextVersion({ ...input, Name: name }, previous);
      if (!existing) checkQuota(ctx, next.tier);
      if (next.dataType === "aws:ec2:image") checkImage(ctx, next.value);
      const oldest = ctx.db(versions).get(versionKey(name, next.version - KEPT_VERSIONS));
      if (oldest && oldest.labels.length > 0) throw oldestHasLabel(name, oldest.version);
      const tags = mergeTags(existing?.tags ?? {}, input.Tags ?? [], ctx.caller);
      ctx.db(versions).put({
        ...next,
        value: next.type === "SecureString" ? encrypt(ctx.db, ctx.ids, name, next.value) : next.value,
        modified: ctx.now,
        modifiedBy: ctx.caller.principal.arn,
      });
      if (oldest) ctx.db(versions).delete(versionKey(name, oldest.version));
      ctx.db(parameters).put({ name, version: next.version, tags });
      return { Version: next.version, Tier: next.tier };
    },
  },

  DeleteParameter: {
    authorize: access("DeleteParameter", byName),
    handle(ctx, input) {
      if (!remove(ctx, input.Name)) throw parameterNotFound(input.Name);
      return {};
    },
  },

  DeleteParameters: {
    authorize: access("DeleteParameters", byNames),
    handle(ctx, input) {
      checkTen(input.Names);
      const names = [...new Set(input.Names)];
      const deleted = names.filter((name) => remove(ctx, name));
      return { DeletedParameters: deleted, InvalidParameters: names.filter((name) => !deleted.includes(name)) };
    },
  },
});

/** @throws ValidationException: at most ten names a call */
export function checkTen(names: readonly string[]): void {
  if (names.length < 1 || names.length > 10) {
    throw constraint("names", `[${names.slice(0, 11).join(", ")}]`, "Member must have length between 1 and 10, inclusive");
  }
}

function remove(ctx: Context, text: string): boolean {
  const { name, selector } = parseReference(text.trim(), ctx, (candidate) => ctx.db(parameters).get(candidate) !== undefined);
  return selector === undefined && removeParameter(ctx.db, name);
}

/** Forgets a parameter and all its versions. @returns whether there was one */
export function removeParameter(db: Database, name: string): boolean {
  if (!db(parameters).delete(name)) return false;
  for (const version of db(versions).where("name", name)) db(versions).delete(versionKey(name, version.version));
  return true;
}

/** https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm @throws ParameterLimitExceeded */
function checkQuota(ctx: Context, tier: ParameterTier): void {
  const all = ctx.db(parameters).list();
  if (all.length < QUOTAS[tier]) return;
  const same = all.filter(({ name, version }) => newestOf(ctx.db, name, version).tier === tier);
  if (same.length >= QUOTAS[tier]) throw tooManyParameters(QUOTAS[tier]);
}

/**
 * AWS answers first, looks for the image then, and keeps nothing when there is none; here the caller hears of it.
 * @throws ValidationException
 */
function checkImage(ctx: Context, id: string): void {
  try {
    if (ctx.aws.ec2.DescribeImages({ ImageIds: [id] }).Images?.length) return;
  } catch (error) {
    if (!(error instanceof AwsError) || !error.code.startsWith("InvalidAMIID")) throw error;
  }
  throw imageNotFound(id);
}
