/** Reads the values of a resource's policies, which templates write as numbers or as text. */
import { validationError } from "./errors.js";
import { isMap, pointer, textOf, type Path, type Value, type ValueMap } from "./value.js";

/** @throws AwsError ValidationError when it is there and no map */
export function policyMap(value: Value | undefined, path: Path): ValueMap | undefined {
  if (value === undefined) return undefined;
  if (!isMap(value)) throw validationError(`${path.at(-1)} must be a map [${pointer(path)}]`);
  return value;
}

/** @throws AwsError ValidationError naming a member that the policy doesn't have */
export function oneOf(value: ValueMap, known: readonly string[], path: Path): void {
  const strange = Object.keys(value).find((member) => !known.includes(member));
  if (strange !== undefined) throw validationError(`Encountered unsupported property ${strange} in ${path.at(-1)}: it has ${known.join(", ")} [${pointer([...path, strange])}]`);
}

/** @throws AwsError ValidationError when it is no whole number within the bounds */
export function whole(value: Value | undefined, otherwise: number, { least, most }: { readonly least: number; readonly most: number }, path: Path): number {
  if (value === undefined) return otherwise;
  const number = typeof value === "number" ? value : typeof value === "string" && /^\d+$/.test(value) ? Number(value) : NaN;
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw validationError(`The value ${JSON.stringify(value)} of ${path.at(-1)} must be a whole number ${bounds} [${pointer(path)}]`);
}

/** @throws AwsError ValidationError when it is no whole number from 0 to 100 */
export function percent(value: Value | undefined, otherwise: number, path: Path): number {
  return whole(value, otherwise, { least: 0, most: 100 }, path);
}

/**
 * An ISO 8601 duration of hours, minutes and seconds (`PT1H30M10S`), in milliseconds.
 * @throws AwsError ValidationError when it is none, or longer than `longest`
 */
export function parseDuration(value: Value, longest: number, path: Path): number {
  const [, hours, minutes, seconds] = typeof value === "string" ? (/^PT(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?$/.exec(value) ?? []) : [];
  if (hours === undefined && minutes === undefined && seconds === undefined) {
    throw validationError(`The value ${JSON.stringify(value)} of ${path.at(-1)} must be an ISO 8601 duration such as PT5M [${pointer(path)}]`);
  }
  const milliseconds = (Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000;
  if (milliseconds > longest) throw validationError(`The value ${textOf(value)} of ${path.at(-1)} is longer than ${longest / 3_600_000} hour(s) [${pointer(path)}]`);
  return milliseconds;
}
