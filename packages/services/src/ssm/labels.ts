/** Labels name versions of a parameter: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-labels.html */
import { Ssm } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access, byName } from "./access.js";
import { constraint, parameterNotFound, parameterVersionNotFound, tooManyLabels } from "./errors.js";
import { parameters, versionKey, versions, type ParameterVersion } from "./state.js";

const MOST = 10;

export const labelOperations = operations(Ssm, {
  LabelParameterVersion: {
    authorize: access("LabelParameterVersion", byName),
    handle(ctx, input) {
      const version = versionOf(ctx, input.Name, input.ParameterVersion);
      checkLabels(input.Labels);
      const valid = [...new Set(input.Labels.filter(isLabel))];
      const labels = [...new Set([...version.labels, ...valid])];
      if (labels.length > MOST) throw tooManyLabels();
      for (const other of ctx.db(versions).where("name", version.name)) {
        // A label that another version has moves here.
        if (other.version === version.version || !other.labels.some((label) => valid.includes(label))) continue;
        ctx.db(versions).put({ ...other, labels: other.labels.filter((label) => !valid.includes(label)) });
      }
      if (labels.length > version.labels.length) ctx.db(versions).put({ ...version, labels });
      return { InvalidLabels: input.Labels.filter((label) => !isLabel(label)), ParameterVersion: version.version };
    },
  },

  UnlabelParameterVersion: {
    authorize: access("UnlabelParameterVersion", byName),
    handle(ctx, input) {
      const version = versionOf(ctx, input.Name, input.ParameterVersion);
      checkLabels(input.Labels);
      const removed = [...new Set(input.Labels)].filter((label) => version.labels.includes(label));
      if (removed.length > 0) ctx.db(versions).put({ ...version, labels: version.labels.filter((label) => !removed.includes(label)) });
      return { RemovedLabels: removed, InvalidLabels: input.Labels.filter((label) => !removed.includes(label)) };
    },
  },
});

/** @throws ParameterNotFound, ParameterVersionNotFound; a name is asked for, no ARN */
function versionOf(ctx: Context, given: string, number: number | undefined): ParameterVersion {
  const name = given.trim();
  const parameter = ctx.db(parameters).get(name);
  if (!parameter) throw parameterNotFound(name);
  const version = ctx.db(versions).get(versionKey(name, number ?? parameter.version));
  if (!version) throw parameterVersionNotFound(name, String(number));
  return version;
}

/** @throws ValidationException */
function checkLabels(labels: readonly string[]): void {
  const shown = `[${labels.slice(0, 11).map((label) => label.slice(0, 110)).join(", ")}]`;
  if (labels.length < 1 || labels.length > MOST) throw constraint("labels", shown, `Member must have length between 1 and ${MOST}, inclusive`);
  if (labels.some((label) => label.length < 1 || label.length > 100)) {
    throw constraint("labels", shown, "Member must satisfy constraint: [Member must have length less than or equal to 100, Member must have length greater than or equal to 1]");
  }
}

const isLabel = (label: string): boolean => /^[A-Za-z0-9_.-]+$/.test(label) && !/^(\d|aws|ssm)/i.test(label);
