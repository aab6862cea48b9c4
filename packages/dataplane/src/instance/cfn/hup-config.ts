/** The configuration of cfn-hup: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-hup.html */

export type Event = "post.add" | "post.remove" | "post.update";
const EVENTS: readonly string[] = ["post.add", "post.remove", "post.update"];

export interface HupConfig {
  readonly stack: string;
  /** Command-line options that go to the API: region, role, credential-file, url. */
  readonly options: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly interval: number;
}

export interface Hook {
  readonly name: string;
  readonly triggers: readonly Event[];
  readonly resource: string;
  /** Keys below the resource's metadata, empty for all of it; undefined for the physical id. */
  readonly path: string | undefined;
  readonly action: string;
  readonly runAs: string;
}

const MINUTE = 60_000;
const DEFAULT_INTERVAL = 15;

type Sections = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @throws Error naming what is missing or wrong in cfn-hup.conf */
export function readConfig(text: string): HupConfig {
  const main = sectionsOf(text).get("main");
  const stack = main?.get("stack");
  if (!main || stack === undefined) throw new Error("[main] section must contain stack option");
  const interval = main.get("interval") ?? String(DEFAULT_INTERVAL);
  if (!/^\d{1,6}$/.test(interval) || Number(interval) < 1) throw new Error(`interval must be a positive number of minutes, not ${JSON.stringify(interval)}`);
  const options = Object.fromEntries(["region", "role", "credential-file", "url"].flatMap((name) => (main.has(name) ? [[name, main.get(name)!]] : [])));
  return { stack, options, interval: Number(interval) * MINUTE };
}

/** @throws Error naming the hook and what is wrong with it */
export function readHooks(text: string): readonly Hook[] {
  return [...sectionsOf(text)].map(([name, section]) => {
    const value = (key: string): string => {
      const found = section.get(key);
      if (found === undefined || found === "") throw new Error(`No ${key} specified for hook ${name}`);
      return found;
    };
    const triggers = value("triggers").split(",").map((trigger) => trigger.trim());
    const strange = triggers.find((trigger) => !EVENTS.includes(trigger));
    if (strange !== undefined) throw new Error(`The trigger ${strange} of hook ${name} is not one of ${EVENTS.join(", ")}`);
    const [, resource, kind, rest] = /^Resources\.([A-Za-z0-9]+)\.(Metadata|PhysicalResourceId)(?:\.(.+))?$/.exec(value("path")) ?? [];
    if (resource === undefined) throw new Error(`The path ${value("path")} of hook ${name} must be Resources.LOGICALID.Metadata, with a key below it or none, or Resources.LOGICALID.PhysicalResourceId`);
    return {
      name,
      triggers: triggers as readonly Event[],
      resource,
      path: kind === "Metadata" ? (rest ?? "") : undefined,
      action: value("action"),
      runAs: section.get("runas") ?? "root",
    };
  });
}

/** An ini file; a line that begins with a blank goes on with the one before. */
function sectionsOf(text: string): Sections {
  const sections = new Map<string, Map<string, string>>();
  let section: Map<string, string> | undefined;
  let last: string | undefined;
  for (const line of text.split("\n")) {
    if (/^\s*([#;].*)?$/.test(line)) continue;
    const [, name] = /^\[([^\]]+)\]\s*$/.exec(line) ?? [];
    const [, key, value = ""] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined) {
      sections.set(name, (section = new Map()));
      last = undefined;
    } else if (/^\s/.test(line) && section && last !== undefined) section.set(last, `${section.get(last) ?? ""}\n${line.trim()}`);
    else if (section && key !== undefined) section.set((last = key.toLowerCase()), value.trim());
    else throw new Error(`The line ${JSON.stringify(line)} is neither a section nor an option`);
  }
  return sections;
}
