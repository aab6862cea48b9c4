/** In which order cfn-init carries out configs: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-init.html#aws-resource-init-configsets */

export type Json = null | boolean | number | string | readonly Json[] | JsonMap;
export interface JsonMap {
  readonly [key: string]: Json;
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A scalar's text. @throws Error naming `what` when it is a list or a map */
export function textOf(value: Json | undefined, what: string): string {
  if (value === undefined || value === null || typeof value === "object") throw new Error(`${what} must be a text, not ${JSON.stringify(value)}`);
  return String(value);
}

/** One config, with the set that named it. */
export interface Step {
  readonly set: string;
  readonly name: string;
  readonly config: JsonMap;
}

/**
 * @param wanted names of config sets; `default` without any configSets is the config named `config`
 * @throws Error naming a set or config that there isn't, or sets that name each other in a circle
 */
export function orderOf(init: JsonMap, wanted: readonly string[]): readonly Step[] {
  const sets = init["configSets"];
  return wanted.flatMap((name) => {
    if (!isMap(sets) || !Object.hasOwn(sets, name)) {
      if (name !== "default") throw new Error(`No ConfigSet named ${name} exists`);
      return Object.hasOwn(init, "config") ? [stepOf(init, name, "config")] : [];
    }
    return expand(init, sets, name, []);
  });
}

function expand(init: JsonMap, sets: JsonMap, name: string, within: readonly string[]): readonly Step[] {
  if (within.includes(name)) throw new Error(`ConfigSets name each other in a circle: ${[...within, name].join(" -> ")}`);
  const content = sets[name];
  const items = Array.isArray(content) ? (content as readonly Json[]) : [content];
  return items.flatMap((item) => {
    if (typeof item === "string") return [stepOf(init, name, item)];
    const other = isMap(item) ? item["ConfigSet"] : undefined;
    if (typeof other !== "string" || !Object.hasOwn(sets, other)) throw new Error(`No ConfigSet named ${JSON.stringify(other ?? item)} exists, which ${name} refers to`);
    return expand(init, sets, other, [...within, name]);
  });
}

function stepOf(init: JsonMap, set: string, name: string): Step {
  const config = Object.hasOwn(init, name) ? init[name] : undefined;
  if (!isMap(config)) throw new Error(`ConfigSet ${set} refers to Config ${name}, which does not exist`);
  return { set, name, config };
}
