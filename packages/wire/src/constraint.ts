/**
 * Lengths, ranges, patterns and enums of the members of inputs, worded as AWS's services word them. The tables beside
 * the models are made by tools/constraints.mjs.
 */
import { readFileSync } from "node:fs";
import { isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";

export type Path = readonly string[];

interface Rule {
  readonly min?: number;
  readonly max?: number;
  /** As AWS shows it, in Java's words, and the same in ours. */
  readonly pattern?: string;
  readonly test?: string;
  readonly flags?: string;
  readonly enum?: readonly string[];
  /** The numbers of the rules for what is inside a list or a map. */
  readonly item?: number;
  readonly key?: number;
  readonly value?: number;
}

export interface ConstraintTable {
  readonly rules: readonly Rule[];
  readonly structures: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One thing wrong with an input. */
export interface Violation {
  readonly path: Path;
  /** What follows "at 'path'". */
  readonly demand: string;
  /** `undefined` for a sensitive value, which is not repeated. */
  readonly value: string | undefined;
}

/** Adds what is wrong with a value at a path. */
type Check = (value: unknown, path: Path, found: Violation[]) => void;

/** An input of a megabyte could be wrong in a hundred thousand places; nobody reads more of them than this. */
const MOST_VIOLATIONS = 50;
const LONGEST_SHOWN = 1024;

/** Services without a table have constraints of another kind, or none. */
const TABLES = new Set(["sts", "iam", "ssm", "elb", "elbv2", "autoscaling", "cloudformation", "cloudwatch", "logs", "sns", "acm"]);

/** The value as Java prints it, in characters that any reply can carry. */
function printed(shape: Shape, value: unknown): string {
  if (Array.isArray(value)) {
    const few = value.slice(0, LONGEST_SHOWN);
    return `[${few.map((item) => printed(shape.members[0]!.shape, item)).join(", ")}]`;
  }
  if (isStruct(shape) || shape.kind === "map") {
    const members = Object.entries(value as object).slice(0, LONGEST_SHOWN);
    const of = (name: string): Shape => (shape.kind === "map" ? shape.members[1]! : shape.members.find((member) => member.name === name)!).shape;
    const text = members.filter(([, item]) => item !== undefined && item !== null).map(([name, item]) => `${name}=${printed(of(name), item)}`);
    return `${shape.kind === "map" ? "" : shape.name}{${text.join(", ")}}`;
  }
  if (value instanceof Uint8Array) {
    return "java.nio.HeapByteBuffer";
  }
  return String(value);
}

function shownValue(shape: Shape, value: unknown): string {
  const text = printed(shape, value);
  const bounded = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
  // oxlint-disable-next-line no-control-regex
  return bounded.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu, "\ufffd");
}

/** A number's value, or a length. Blobs that are still base64 are measured as the bytes they stand for. */
function sizeOf(value: unknown, shape: Shape): number {
  if (shape.kind === "blob" && typeof value === "string") {
    return Buffer.byteLength(value, "base64");
  }
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) {
    return value.length;
  }
  return typeof value === "object" && value !== null ? Object.keys(value).length : Number(value);
}

/** What a rule demands of a value itself, and whether a value meets it. */
interface Demand {
  readonly text: string;
  readonly met: (value: unknown) => boolean;
}

/** In the order in which AWS lists them. */
function demandsOf(rule: Rule | undefined, shape: Shape): readonly Demand[] {
  const { min, max, enum: names } = rule ?? {};
  const size = shape.kind === "number" || shape.kind === "bigint" ? "value" : "length";
  const demands: Demand[] = [];
  if (max !== undefined) {
    demands.push({ text: `Member must have ${size} less than or equal to ${max}`, met: (value) => sizeOf(value, shape) <= max });
  }
  if (min !== undefined) {
    demands.push({ text: `Member must have ${size} greater than or equal to ${min}`, met: (value) => sizeOf(value, shape) >= min });
  }
  if (rule?.test !== undefined) {
    const expression = new RegExp(rule.test, rule.flags ?? "u");
    // A text that is too long is refused already; no pattern has to run over it.
    const met = (value: unknown): boolean => sizeOf(value, shape) > (max ?? Number.POSITIVE_INFINITY) || expression.test(value as string);
    demands.push({ text: `Member must satisfy regular expression pattern: ${rule.pattern}`, met });
  }
  if (names !== undefined) {
    const values = new Set(names);
    demands.push({ text: `Member must satisfy enum value set: [${names.join(", ")}]`, met: (value) => values.has(value as string) });
  }
  return demands;
}

const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const NULL: Omit<Violation, "path"> = { demand: "Member must not be null", value: "null" };

/** The constraints of one service, compiled once a shape. */
class Constraints {
  readonly #table: ConstraintTable | undefined;
  readonly #structures = new Map<Shape, Check>();

  constructor(table: ConstraintTable | undefined) {
    this.#table = table;
  }

  structure(shape: Shape): Check {
    const known = this.#structures.get(shape);
    if (known) {
      return known;
    }
    // Recursive shapes: members are compiled when the first value arrives.
    let members: readonly (readonly [Member, Check])[] | undefined;
    const check: Check = (value, path, found) => {
      members ??= shape.members.map((member) => [member, this.#member(shape, member)]);
      for (const [member, checkMember] of members) {
        const child = (value as Readonly<Record<string, unknown>>)[member.name];
        if (!isAbsent(child)) {
          checkMember(child, [...path, member.name], found);
        } else if (member.required) {
          found.push({ path: [...path, member.name], ...NULL });
        }
      }
    };
    this.#structures.set(shape, check);
    return check;
  }

  #member(structure: Shape, member: Member): Check {
    const ruled = this.#table?.structures[structure.name];
    const number = ruled && Object.hasOwn(ruled, member.name) ? ruled[member.name] : undefined;
    return this.#value(member.shape, this.#rule(number), member.traits.sensitive === 1);
  }

  #rule(number: number | undefined): Rule | undefined {
    return number === undefined ? undefined : this.#table?.rules[number];
  }

  #value(shape: Shape, rule: Rule | undefined, sensitive: boolean): Check {
    if (isStruct(shape)) {
      return this.structure(shape);
    }
    const own = this.#own(shape, demandsOf(rule, shape), sensitive);
    if (shape.kind !== "list" && shape.kind !== "map") {
      return own;
    }
    const inside = shape.members.at(-1)!.shape;
    let deeper: Check | undefined;
    return (value, path, found) => {
      own(value, path, found);
      deeper ??= this.#inside(shape, inside, rule, sensitive);
      deeper(value, path, found);
    };
  }

  /** What is demanded of the value itself. The pattern comes first when more than one is not met. */
  #own(shape: Shape, demands: readonly Demand[], sensitive: boolean): Check {
    const inOrder = demands.toReversed();
    return (value, path, found) => {
      for (const { text, met } of inOrder) {
        if (found.length < MOST_VIOLATIONS && !met(value)) {
          found.push({ path, demand: text, value: sensitive ? undefined : shownValue(shape, value) });
        }
      }
    };
  }

  /** AWS tells a bad scalar in a list at the list, and a bad structure in it at its own place. */
  #inside(shape: Shape, inside: Shape, rule: Rule | undefined, sensitive: boolean): Check {
    const itemRule = this.#rule(shape.kind === "map" ? rule?.value : rule?.item);
    const values = demandsOf(itemRule, inside);
    const keys = shape.kind === "map" ? demandsOf(this.#rule(rule?.key), shape.members[0]!.shape) : [];
    const nested = isStruct(inside) || inside.kind === "list" || inside.kind === "map" ? this.#value(inside, itemRule, sensitive) : undefined;
    const fails = (demands: readonly Demand[], all: readonly unknown[]): boolean => all.some((item) => !isAbsent(item) && demands.some(({ met }) => !met(item)));
    const listed = (demands: readonly Demand[]): string => `[${demands.map(({ text }) => text).join(", ")}]`;
    return (value, path, found) => {
      const complain = (demand: string): void => void found.push({ path, demand, value: sensitive ? undefined : shownValue(shape, value) });
      const entries = Object.entries(value as object);
      if (fails(keys, Object.keys(value as object))) {
        complain(`Map keys must satisfy constraint: ${listed(keys)}`);
      }
      if (nested) {
        entries.forEach(([key, item], index) => {
          if (found.length < MOST_VIOLATIONS && !isAbsent(item)) {
            nested(item, [...path, shape.kind === "map" ? key : String(index + 1), "member"], found);
          }
        });
      } else if (fails(values, Object.values(value as object))) {
        complain(`${shape.kind === "map" ? "Map value" : "Member"} must satisfy constraint: ${listed(values)}`);
      }
    };
  }
}

const loaded = new Map<string, Constraints>();

function constraintsOf(service: string): Constraints {
  let constraints = loaded.get(service);
  if (!constraints) {
    const file = new URL(`../constraints/${service}.json`, import.meta.url);
    constraints = new Constraints(TABLES.has(service) ? (JSON.parse(readFileSync(file, "utf8")) as ConstraintTable) : undefined);
    loaded.set(service, constraints);
  }
  return constraints;
}

/** Whether there is a table for the service; without one only what is required is checked. */
export const isConstrained = (service: string): boolean => TABLES.has(service);

/** What is wrong with an input whose types are right, in the order of the model; at most some fifty places. */
export function violations(service: string, input: Shape, value: unknown): readonly Violation[] {
  const found: Violation[] = [];
  if (isStruct(input) && !isAbsent(value)) {
    constraintsOf(service).structure(input)(value, [], found);
  }
  return found;
}

const lowerFirst = (step: string): string => step.charAt(0).toLowerCase() + step.slice(1);

/** "1 validation error detected: Value 'x' at 'tags.1.member.key' failed to satisfy constraint: Member must …" */
export function wording(found: readonly Violation[]): string {
  const errors = found.map(({ path, demand, value }) => {
    const shown = value === undefined ? "Value" : demand === NULL.demand ? "Value null" : `Value '${value}'`;
    return `${shown} at '${path.map(lowerFirst).join(".")}' failed to satisfy constraint: ${demand}`;
  });
  return `${errors.length} validation error${errors.length === 1 ? "" : "s"} detected: ${errors.join("; ")}`;
}
