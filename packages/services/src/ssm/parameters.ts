/** Making and deleting parameters. */
import { Ssm } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access, byName, byNames } from "./access.js";
import { constraint, parameterNotFound } from "./errors.js";
import { newestOf } from "./lookup.js";
import { checkName, parseReference } from "./names.js";
import { nextVersion } from "./put-plan.js";
import { encrypt } from "./secrets.js";
import { parameters, versionKey, versions } from "./state.js";
import { mergeTags } from "./tagging.js";

/** AWS keeps the newest hundred: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html */
const KEPT_VERSIONS = 100;

export const parameterOperations = operations(Ssm, {
  PutParameter: {
    authorize: access("PutParameter", byName),
    handle(ctx, input) {
      const { Name: name } = input;
      checkName(name, ctx);
      const existing = ctx.db(parameters).get(name);
      const previous = existing && newestOf(ctx.db, name, existing.version);
      const next = nextVersion(input, previous);
      const tags = mergeTags(existing?.tags ?? {}, input.Tags ?? [], ctx.caller);
      ctx.db(versions).put({
        ...next,
        value: next.type === "SecureString" ? encrypt(ctx.db, ctx.ids, name, next.value) : next.value,
        modified: ctx.now,
        modifiedBy: ctx.caller.principal.arn,
      });
      ctx.db(versions).delete(versionKey(name, next.version - KEPT_VERSIONS));
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
  const { name, selector } = parseReference(text, ctx, (candidate) => ctx.db(parameters).get(candidate) !== undefined);
  if (selector !== undefined || !ctx.db(parameters).delete(name)) return false;
  for (const version of ctx.db(versions).where("name", name)) ctx.db(versions).delete(versionKey(name, version.version));
  return true;
}
