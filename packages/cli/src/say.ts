/** What every command says, and how. */
import { readOptions, type OptionName, type Options } from "@hakoniwa/cloud/client";
import { foot } from "./live.js";
import { colored, shown, visible } from "./text.js";

/** What commander parsed. */
export type Given = Partial<Record<OptionName, string | boolean>> & {
  readonly json?: boolean;
  readonly foreground?: boolean;
  readonly follow?: boolean;
  readonly lines?: string;
  readonly console?: boolean;
  readonly stackName?: string;
  readonly parameters?: readonly string[];
  readonly set?: readonly string[];
};

/** Something that the user can mend; the message is all that is shown. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/** @throws OptionError */
export function optionsOf(given: Given): Options {
  return readOptions(given, process.env);
}

/** Prints an error for people, or for programs. Returns the exit code. */
export function explain(error: unknown, json = false): number {
  if (json) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    console.error(JSON.stringify({ event: "error", name, message }));
    return name === "OptionError" ? 2 : 1;
  }
  if (!(error instanceof Error)) {
    console.error(`hakoniwa: ${shown(String(error))}`);
    return 1;
  }
  const known = ["UserError", "OptionError", "DataDirectoryError", "NotRunningError", "AwsError", "Error"].includes(error.name);
  console.error(`hakoniwa: ${shown(error.message)}`);
  if (!known || process.env.HAKONIWA_DEBUG) console.error(shown(error.stack ?? ""));
  return error.name === "OptionError" ? 2 : 1;
}

/** `KEY=VALUE` pairs as a record. */
export function pairs(flag: string, given: readonly string[] = []): Record<string, string> {
  const out: Record<string, string> = {};
  for (const pair of given) {
    const cut = pair.indexOf("=");
    if (cut < 1) throw new UserError(`${flag} is "${pair}", but must be KEY=VALUE`);
    out[pair.slice(0, cut)] = pair.slice(cut + 1);
  }
  return out;
}

export interface Say {
  /** One line for people (or none, when it would tell them nothing new), or one JSON object for programs. */
  (event: Record<string, unknown>, line: string | undefined): void;
  /** Set where a terminal shows what is under way, below everything said, in place. Told again and again; an empty list ends it. */
  readonly underWay: ((rows: readonly string[]) => void) | undefined;
}

/** Prints lines for people. Whatever others wrote in them, the terminal obeys nothing but colours. */
export function print(text: string): void {
  console.log(shown(text));
}

export function speaker(json: boolean | undefined): Say {
  if (json) return Object.assign((event: Record<string, unknown>) => console.log(JSON.stringify(event)), { underWay: undefined });
  const live = process.stdout.isTTY && process.env.TERM !== "dumb" ? foot(process.stdout) : undefined;
  const say = (_event: Record<string, unknown>, line: string | undefined): void => {
    if (line === undefined) return;
    if (live) live.print(shown(line));
    else print(line);
  };
  return Object.assign(say, { underWay: live && ((rows: readonly string[]) => live.set(rows.map(shown))) });
}

/** Rows as lines with aligned columns; colours take no room. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, visible(cell));
  return rows.map((row) => row.map((cell, at) => cell + " ".repeat(widths[at]! - visible(cell))).join("  ").trimEnd());
}

const paint = (code: number) => (text: string) => (colored && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text);
export const green = paint(32);
export const red = paint(31);
export const yellow = paint(33);
export const dim = paint(2);
export const bold = paint(1);
