/** Patterns of events whose fields are separated by spaces: `[ip, user, ..., status = 4*, bytes > 1000]`. */
import { invalidPattern } from "./errors.js";
import type { Matcher } from "./pattern.js";
import { compare, type Operator } from "./pattern-condition.js";
import { PatternReader, readExpression } from "./pattern-reader.js";

interface Field {
  readonly name: string;
  readonly matches: (value: string) => boolean;
}

const NAME = /[\w\-.@]+/y;
const OPERAND = /"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s"%(){}|&=<>!,\]]+/y;

export function compileFields(text: string): Matcher {
  const reader = new PatternReader(text);
  const before: Field[] = [];
  const after: Field[] = [];
  let open = false;
  reader.need(/\[/y);
  do {
    if (reader.take(/\.\.\./y) === undefined) {
      const position = before.length + after.length + 1;
      (open ? after : before).push(readField(reader, position));
    } else if (open) {
      throw invalidPattern();
    } else {
      open = true;
    }
  } while (reader.take(/,/y) !== undefined);
  reader.need(/\]/y);
  reader.end();
  return (message) => matchFields(fieldsOf(message), before, after, open);
}

/** A field without a name is named by its place; one that begins with `...` is any number of fields. */
function readField(reader: PatternReader, position: number): Field {
  let name: string | undefined;
  const condition = (): ((value: string) => boolean) => {
    const named = reader.need(NAME);
    if (name !== undefined && name !== named) throw invalidPattern();
    name = named;
    const operator = reader.take(/!=|<=|>=|=|<|>/y);
    return operator === undefined ? () => true : compare(operator as Operator, reader.need(OPERAND));
  };
  // `[a, , c]`: nothing is asked of the second.
  if (reader.take(/(?=[,\]])/y) !== undefined) return { name: String(position), matches: () => true };
  const matches = readExpression(reader, condition);
  return { name: name ?? String(position), matches };
}

/** Separated by spaces; what is in brackets or quotes is one. */
export function fieldsOf(message: string): readonly string[] {
  return Array.from(message.matchAll(/"([^"]*)"|\[[^\]]*\]|\S+/g), ([whole, quoted]) => quoted ?? whole);
}

function matchFields(fields: readonly string[], before: readonly Field[], after: readonly Field[], open: boolean): Readonly<Record<string, string>> | undefined {
  const named = before.length + after.length;
  if (open ? fields.length < named : fields.length !== named) return undefined;
  const pairs = [
    ...before.map((field, at) => [field, fields[at]!] as const),
    ...after.map((field, at) => [field, fields[fields.length - after.length + at]!] as const),
  ];
  if (!pairs.every(([field, value]) => field.matches(value))) return undefined;
  return Object.fromEntries(pairs.map(([field, value]) => [`$${field.name}`, value]));
}
