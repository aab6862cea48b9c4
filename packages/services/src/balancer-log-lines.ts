/** How both generations' access logs write times, addresses and texts. Pure. */
import type { AccessEntry } from "@hakoniwa/network";

/** A request that a node served, by cloud time. */
export interface LoggedRequest extends Omit<AccessEntry, "age"> {
  /** When it was over, in milliseconds. */
  readonly at: number;
}

/** With microseconds, as AWS has them. */
export function timestamp(time: number): string {
  const microseconds = Math.floor((time % 1) * 1000);
  return `${new Date(Math.floor(time)).toISOString().slice(0, -1)}${String(microseconds).padStart(3, "0")}Z`;
}

/** The three processing times, in seconds; -1 each where no target answered. */
export function processingTimes({ times }: LoggedRequest, digits: number): readonly string[] {
  if (times === undefined) return ["-1", "-1", "-1"];
  return [times.request, times.target, times.response].map((milliseconds) => (Math.max(0, milliseconds) / 1000).toFixed(digits));
}

/** In quotes, with what would end or break it as `\\xHH`; `-` for nothing. */
export function quoted(text: string): string {
  const escaped = text.replaceAll(/[^\x20-\x7e]|["\\]/g, (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`);
  return `"${escaped === "" ? "-" : escaped}"`;
}

export function orDash(value: string | number | undefined): string {
  return value === undefined || value === "" || value === 0 ? "-" : String(value);
}
