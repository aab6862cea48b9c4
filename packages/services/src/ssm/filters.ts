/** ParameterFilters: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html */
import type { SsmTypes } from "@hakoniwa/wire";
import { invalidFilterKey, invalidFilterOption, invalidFilterValue } from "./errors.js";
import { liesUnder } from "./names.js";
import type { ParameterVersion } from "./state.js";

export interface Filter {
  readonly key: string;
  readonly option: string;
  readonly values: readonly string[];
}

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  Name: ["Equals", "BeginsWith", "Contains"],
  Type: ["Equals", "BeginsWith"],
  KeyId: ["Equals", "BeginsWith"],
  Path: ["OneLevel", "Recursive"],
  Tier: ["Equals", "BeginsWith"],
  DataType: ["Equals", "BeginsWith"],
  tag: ["Equals", "BeginsWith"],
  Label: ["Equals"],
};

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html: which keys are for which operation. */
export const DESCRIBE_FILTERS = Object.keys(OPTIONS).filter((key) => key !== "Label");
export const PATH_FILTERS = ["Type", "KeyId", "Label"];

/** @throws InvalidFilterKey, InvalidFilterOption, InvalidFilterValue */
export function parseFilters(filters: readonly SsmTypes.ParameterStringFilter[], allowed: readonly string[]): readonly Filter[] {
  const seen = new Set<string>();
  return filters.map(({ Key: key, Option, Values: values = [] }) => {
    const kind = key.startsWith("tag:") && key.length > 4 ? "tag" : key;
    const options = allowed.includes(kind) && key !== "tag" && Object.hasOwn(OPTIONS, kind) ? OPTIONS[kind]! : undefined;
    if (!options) throw invalidFilterKey(key);
    if (seen.has(key)) throw invalidFilterKey(`${key}, given twice`);
    seen.add(key);
    const option = Option ?? options[0]!;
    if (!options.includes(option)) throw invalidFilterOption(key, option);
    if (values.length > 50) throw invalidFilterValue(key, "can have at most 50 values");
    if (values.length === 0 && kind !== "tag") throw invalidFilterValue(key, "needs a value");
    if (kind === "Path" && !values.every((value) => value.startsWith("/"))) throw invalidFilterValue(key, "needs values that begin with a slash");
    return { key, option, values };
  });
}

export function matches(filter: Filter, version: ParameterVersion, tags: Readonly<Record<string, string>>): boolean {
  if (filter.key === "Path") return filter.values.some((path) => liesUnder(version.name, path, filter.option === "Recursive"));
  const value = filter.key.startsWith("tag:") ? tagOf(tags, filter.key.slice(4)) : fieldOf(filter.key, version);
  if (value === undefined) return false;
  if (filter.values.length === 0) return true;
  return filter.values.some((wanted) => compare(filter, value, wanted));
}

function tagOf(tags: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(tags, key) ? tags[key] : undefined;
}

function fieldOf(key: string, version: ParameterVersion): string | undefined {
  switch (key) {
    case "Name":
      return version.name;
    case "Type":
      return version.type;
    case "KeyId":
      return version.keyId;
    case "Tier":
      return version.tier;
    default:
      return version.dataType;
  }
}

function compare(filter: Filter, value: string, wanted: string): boolean {
  switch (filter.option) {
    case "BeginsWith":
      // A hierarchy's name may be asked for without its first slash.
      return value.startsWith(wanted) || (filter.key === "Name" && value.startsWith(`/${wanted}`));
    case "Contains":
      return value.includes(wanted);
    default:
      return value === wanted;
  }
}
