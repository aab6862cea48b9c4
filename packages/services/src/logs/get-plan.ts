/** The tokens of GetLogEvents: a direction and a place between two events. Pure. */
import type { Cursor } from "@hakoniwa/kernel";
import { invalidToken } from "./errors.js";

export interface Place {
  readonly direction: "f" | "b";
  /** Forward goes on behind it, backward before it. */
  readonly at: Cursor;
}

/** Numbers of events begin at 0; a place may be before the first. */
const BEFORE_FIRST = -1;

/** @throws InvalidParameterException for what is no token of GetLogEvents */
export function parseToken(token: string): Place {
  const found = /^([fb])\/(\d{40})(\d{16})\/s$/.exec(token);
  if (!found) throw invalidToken();
  return { direction: found[1] as "f" | "b", at: { time: Number(found[2]), number: Number(found[3]) + BEFORE_FIRST } };
}

function tokenOf({ direction, at }: Place): string {
  return `${direction}/${String(Math.max(0, at.time)).padStart(40, "0")}${String(at.number - BEFORE_FIRST).padStart(16, "0")}/s`;
}

/** Both tokens after a page. Where nothing was found, the one that was given comes back as it is, which tells the end. */
export function tokensAfter(found: readonly Cursor[], asked: Place): { readonly nextForwardToken: string; readonly nextBackwardToken: string } {
  const { direction, at } = asked;
  // What is at the place itself lies behind one who turns round.
  const first = found[0] ?? (direction === "b" ? at : { time: at.time, number: at.number + 1 });
  const last = found.at(-1) ?? (direction === "f" ? at : { time: at.time, number: at.number - 1 });
  return { nextForwardToken: tokenOf({ direction: "f", at: last }), nextBackwardToken: tokenOf({ direction: "b", at: first }) };
}

export function beginning(direction: "f" | "b", time: number): Place {
  return { direction, at: { time, number: direction === "f" ? BEFORE_FIRST : 0 } };
}
