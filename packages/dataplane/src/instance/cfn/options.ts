/** Reads the command lines of the helper scripts. */

export class UsageError extends Error {}

export interface OptionSpec {
  /** A letter, without its dash. */
  readonly short?: string;
  /** Takes no value. */
  readonly flag?: boolean;
}

export interface Parsed {
  readonly options: Readonly<Record<string, string>>;
  readonly rest: readonly string[];
}

/** What all of them take to know whom to ask, and as whom. */
export const COMMON: Readonly<Record<string, OptionSpec>> = {
  region: {},
  url: { short: "u" },
  role: {},
  "access-key": {},
  "secret-key": {},
  "credential-file": { short: "f" },
  verbose: { short: "v", flag: true },
  help: { short: "h", flag: true },
};

/**
 * @param specs the options by their long names
 * @throws UsageError naming an option that there isn't, or that lacks its value
 */
export function parseOptions(args: readonly string[], specs: Readonly<Record<string, OptionSpec>>): Parsed {
  const options: Record<string, string> = {};
  const rest: string[] = [];
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg === "--") {
      rest.push(...queue);
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      continue;
    }
    const { given, name, attached } = split(arg);
    const found = Object.entries(specs).find(([long, { short }]) => (arg.startsWith("--") ? long === name : short === name));
    if (!found) throw new UsageError(`no such option: ${given}`);
    const [long, { flag }] = found;
    if (flag && attached !== undefined) throw new UsageError(`${given} option does not take a value`);
    const value = flag ? "true" : (attached ?? queue.shift());
    if (value === undefined) throw new UsageError(`${given} option requires 1 argument`);
    options[long] = value;
  }
  return { options, rest };
}

function split(arg: string): { readonly given: string; readonly name: string; readonly attached: string | undefined } {
  if (!arg.startsWith("--")) return { given: arg.slice(0, 2), name: arg.slice(1, 2), attached: arg.length > 2 ? arg.slice(2) : undefined };
  const equals = arg.indexOf("=");
  const given = equals < 0 ? arg : arg.slice(0, equals);
  return { given, name: given.slice(2), attached: equals < 0 ? undefined : arg.slice(equals + 1) };
}

/** Answers --help. @returns whether it was asked for */
export function helped({ options }: Parsed, usage: string, specs: Readonly<Record<string, OptionSpec>>): boolean {
  if (options["help"] === undefined) return false;
  const lines = Object.entries(specs).map(([long, { short, flag }]) => `  ${short ? `-${short}, ` : ""}--${long}${flag ? "" : ` ${long.toUpperCase().replaceAll("-", "_")}`}`);
  console.log(["Usage: " + usage, "", "Options:", ...lines].join("\n"));
  return true;
}
