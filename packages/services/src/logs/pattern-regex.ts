/**
 * The regular expressions of filter patterns, which have no groups. They come from outside and run over everybody's events, so they are
 * carried out in time proportional to the message, by following all possibilities at once.
 */
import { invalidPattern } from "./errors.js";

type Test = (code: number) => boolean;

/** One thing of a sequence, with how often it may come. */
interface Piece {
  readonly test: Test;
  readonly min: number;
  readonly max: number;
}

interface Sequence {
  readonly pieces: readonly Piece[];
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

const ALLOWED = /^[A-Za-z0-9:_#=@/;,\-^$?[\]{}|\\*+. ]*$/;
const MOST_PIECES = 500;
const ESCAPES: Readonly<Record<string, RegExp>> = { d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ };

/** @throws InvalidParameterException for what AWS doesn't support, such as parentheses */
export function compileRegex(text: string): (message: string) => boolean {
  if (text === "" || !ALLOWED.test(text.replaceAll(/\\./g, ""))) throw invalidPattern();
  const sequences = alternatives(text).map(parseSequence);
  return (message) => sequences.some((sequence) => isFound(sequence, message));
}

/** Split at `|`, but not inside a class or behind a backslash. */
function alternatives(text: string): readonly string[] {
  const parts: string[] = [""];
  for (const token of text.match(/\\.|\[(?:\\.|[^\]\\])+\]|[^]/g) ?? []) {
    if (token === "|") parts.push("");
    else parts[parts.length - 1] += token;
  }
  return parts;
}

function parseSequence(text: string): Sequence {
  const fromStart = text.startsWith("^");
  const toEnd = /(^|[^\\])(\\\\)*\$$/.test(text);
  const body = text.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined);
  const pieces: Piece[] = [];
  const token = /(\\.|\[\^?(?:\\.|[^\]\\])+\]|[^\\[\]{}*+?^$|])([*+?]|\{\d{1,3}(?:,\d{0,3})?\})?/y;
  for (let at = 0; at < body.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(body);
    if (!found) throw invalidPattern();
    pieces.push({ test: testOf(found[1]!), ...timesOf(found[2]) });
  }
  if (pieces.reduce((sum, { min, max }) => sum + (max === Infinity ? min + 1 : max), 0) > MOST_PIECES) throw invalidPattern();
  return { pieces: pieces.flatMap(unrolled), fromStart, toEnd };
}

/** As pieces that come once, may be missing, or repeat without end. */
function unrolled({ test, min, max }: Piece): readonly Piece[] {
  const once = Array.from({ length: min }, (): Piece => ({ test, min: 1, max: 1 }));
  if (max === Infinity) return [...once, { test, min: 0, max }];
  return [...once, ...Array.from({ length: max - min }, (): Piece => ({ test, min: 0, max: 1 }))];
}

function timesOf(text: string | undefined): { readonly min: number; readonly max: number } {
  if (text === undefined) return { min: 1, max: 1 };
  if (text === "*") return { min: 0, max: Infinity };
  if (text === "+") return { min: 1, max: Infinity };
  if (text === "?") return { min: 0, max: 1 };
  const [min = "", max] = text.slice(1, -1).split(",");
  const times = { min: Number(min), max: max === undefined ? Number(min) : max === "" ? Infinity : Number(max) };
  if (times.max < times.min) throw invalidPattern();
  return times;
}

/** One token alone decides about one character: here JavaScript's own expressions are safe. */
function testOf(token: string): Test {
  if (token === ".") return (code) => code !== 10;
  if (token.startsWith("\\")) {
    const known = ESCAPES[token[1]!];
    if (known) return (code) => known.test(String.fromCharCode(code));
    const escaped = token.charCodeAt(1);
    return (code) => code === escaped;
  }
  if (token.startsWith("[")) {
    const inClass = classOf(token);
    return (code) => inClass.test(String.fromCharCode(code));
  }
  const plain = token.charCodeAt(0);
  return (code) => code === plain;
}

function classOf(token: string): RegExp {
  try {
    return new RegExp(token);
  } catch {
    throw invalidPattern();
  }
}

function isFound({ pieces, fromStart, toEnd }: Sequence, message: string): boolean {
  const end = pieces.length;
  let states = new Uint8Array(end + 1);
  let next = new Uint8Array(end + 1);
  /** Reaches a state, and those behind what may be missing. */
  const reach = (into: Uint8Array, state: number): void => {
    for (let at = state; into[at] === 0; at++) {
      into[at] = 1;
      if (at === end || pieces[at]!.min > 0) return;
    }
  };
  for (let at = 0; at <= message.length; at++) {
    if (at === 0 || !fromStart) reach(states, 0);
    if (states[end] === 1 && (!toEnd || at === message.length)) return true;
    if (at === message.length) return false;
    const code = message.charCodeAt(at);
    next.fill(0);
    for (let state = 0; state < end; state++) {
      if (states[state] === 1 && pieces[state]!.test(code)) reach(next, pieces[state]!.max === Infinity ? state : state + 1);
    }
    [states, next] = [next, states];
  }
  return false;
}
