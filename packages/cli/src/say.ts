/** What every command says, and how. */
import { readOptions, type OptionName, type Options } from "@hakoniwa/cloud/client";

/** What commander parsed. */
export type Given = Partial<Record<OptionName, string | boolean>> & {
  readonly json?: boolean;
  readonly foreground?: boolean;
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
    console.error(`hakoniwa: ${String(error)}`);
    return 1;
  }
  const known = ["UserError", "OptionError", "DataDirectoryError", "NotRunningError", "AwsError", "Error"].includes(error.name);
  console.error(`hakoniwa: ${error.message}`);
  if (!known || process.env.HAKONIWA_DEBUG) console.error(error.stack);
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

/** One line for people (or none, when it would tell them nothing new), or one JSON object for programs. */
export type Say = (event: Record<string, unknown>, line: string | undefined) => void;

export function speaker(json: boolean | undefined): Say {
  if (json) return (event) => console.log(JSON.stringify(event));
  return (_event, line) => {
    if (line !== undefined) console.log(line);
  };
}

/** Rows as lines with aligned columns; colours take no room. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, visible(cell));
  return rows.map((row) => row.map((cell, at) => cell + " ".repeat(widths[at]! - visible(cell))).join("  ").trimEnd());
}

function visible(cell: string): number {
  // eslint-disable-next-line no-control-regex
  return cell.replace(/\u001b\[\d+m/g, "").length;
}

const colored = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number) => (text: string) => (colored && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text);
export const green = paint(32);
export const red = paint(31);
export const yellow = paint(33);
export const dim = paint(2);
export const bold = paint(1);
