/** Reads a pattern piece by piece, and expressions of `&&`, `||` and parentheses over any kind of condition. */
import { invalidPattern } from "./errors.js";

/** Patterns nest; their reader must not run out of stack. */
const DEEPEST = 50;

export class PatternReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** What matches here, with spaces behind it passed over; undefined when nothing does. @param expression sticky */
  take(expression: RegExp): string | undefined {
    expression.lastIndex = this.#at;
    const found = expression.exec(this.#text);
    if (!found) return undefined;
    this.#at += found[0].length;
    while (/\s/.test(this.#text[this.#at] ?? "")) this.#at++;
    return found[0];
  }

  /** @throws InvalidParameterException when nothing matches here */
  need(expression: RegExp): string {
    const found = this.take(expression);
    if (found === undefined) throw invalidPattern();
    return found;
  }

  end(): void {
    if (this.#at < this.#text.length) throw invalidPattern();
  }
}

/** `one && other || (third)`: both sides of `&&` bind closer. */
export function readExpression<T>(reader: PatternReader, condition: () => (subject: T) => boolean, depth = 0): (subject: T) => boolean {
  if (depth > DEEPEST) throw invalidPattern();
  const either = [readAll(reader, condition, depth)];
  while (reader.take(/\|\|/y) !== undefined) either.push(readAll(reader, condition, depth));
  return either.length === 1 ? either[0]! : (subject) => either.some((each) => each(subject));
}

function readAll<T>(reader: PatternReader, condition: () => (subject: T) => boolean, depth: number): (subject: T) => boolean {
  const all = [readOne(reader, condition, depth)];
  while (reader.take(/&&/y) !== undefined) all.push(readOne(reader, condition, depth));
  return all.length === 1 ? all[0]! : (subject) => all.every((each) => each(subject));
}

function readOne<T>(reader: PatternReader, condition: () => (subject: T) => boolean, depth: number): (subject: T) => boolean {
  if (reader.take(/\(/y) === undefined) return condition();
  const inner = readExpression(reader, condition, depth + 1);
  reader.need(/\)/y);
  return inner;
}
