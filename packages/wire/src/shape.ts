/** A typed view over `models/<id>.json`, which hold the schemas that every AWS SDK for JavaScript client exports. */

export interface Traits {
  readonly xmlName?: string;
  readonly xmlFlattened?: 1;
  readonly xmlAttribute?: 1;
  readonly xmlNamespace?: readonly [prefix: string | undefined, uri: string];
  readonly ec2QueryName?: string;
  readonly jsonName?: string;
  readonly httpLabel?: 1;
  readonly httpQuery?: string;
  readonly httpQueryParams?: 1;
  readonly httpHeader?: string;
  readonly httpPrefixHeaders?: string;
  readonly httpPayload?: 1;
  readonly httpResponseCode?: 1;
  /** A body that streams, or events. */
  readonly streaming?: 1;
  readonly eventPayload?: 1;
  readonly eventHeader?: 1;
  readonly idempotencyToken?: 1;
  readonly sensitive?: 1;
  readonly sparse?: 1;
  readonly error?: "client" | "server";
  readonly httpError?: number;
  readonly awsQueryError?: readonly [code: string, status: number];
}

export type StructKind = "struct" | "union" | "error";
export type ScalarKind = "string" | "number" | "boolean" | "timestamp" | "bigint" | "decimal" | "blob";
export type Kind = StructKind | ScalarKind | "list" | "map" | "document" | "unit";

export type TimestampFormat = "date-time" | "http-date" | "epoch-seconds";

export interface Shape {
  readonly kind: Kind;
  readonly name: string;
  readonly traits: Traits;
  /** A list has one member, a map two (key and value), a structure its own, everything else none. */
  readonly members: readonly Member[];
  readonly format?: TimestampFormat;
}

export interface Member {
  readonly name: string;
  readonly required: boolean;
  /** The target's traits with the member's own over them. */
  readonly traits: Traits;
  readonly shape: Shape;
}

/** Where a REST operation is: `PUT`, `/{Key+}?tagging`, 200. */
export type HttpTrait = readonly [method: string, template: string, status: number];

export interface Operation {
  readonly name: string;
  readonly http?: HttpTrait | undefined;
  readonly input: Shape;
  readonly output: Shape;
}

/** -1 unit, 0–255 a simple type, 256 + i the i-th shape, or a reference with traits of its own. */
type Reference = number | readonly [target: number, traits: unknown];

type RawStruct = readonly [kind: number, name: string, traits: unknown, names: readonly string[], targets: readonly Reference[], required: number];
type RawShape = readonly [kind: number, name: string, traits: unknown, first: Reference, second: Reference] | RawStruct;

export interface ModelFile {
  readonly operations: Readonly<Record<string, readonly [input: Reference, output: Reference, traits?: unknown]>>;
  readonly errors: Readonly<Record<string, Reference>>;
  readonly shapes: readonly RawShape[];
}

const LEAF = { name: "", traits: {}, members: [] } as const;
const UNIT: Shape = { ...LEAF, kind: "unit" };

/** The simple types' numbers, from `@smithy/core`'s static schemas. */
const SIMPLE: Readonly<Record<number, Shape>> = {
  0: { ...LEAF, kind: "string" },
  1: { ...LEAF, kind: "number" },
  2: { ...LEAF, kind: "boolean" },
  4: { ...LEAF, kind: "timestamp" },
  5: { ...LEAF, kind: "timestamp", format: "date-time" },
  6: { ...LEAF, kind: "timestamp", format: "http-date" },
  7: { ...LEAF, kind: "timestamp", format: "epoch-seconds" },
  15: { ...LEAF, kind: "document" },
  17: { ...LEAF, kind: "bigint" },
  19: { ...LEAF, kind: "decimal" },
  21: { ...LEAF, kind: "blob" },
  42: { ...LEAF, kind: "blob", traits: { streaming: 1 } },
};
const LIST_OF = 64;
const MAP_OF = 128;
const FIRST_SHAPE = 256;

/** Traits without a value are bits of one number. */
const TRAIT_BITS = [
  "httpLabel",
  "idempotent",
  "idempotencyToken",
  "sensitive",
  "httpPayload",
  "httpResponseCode",
  "httpQueryParams",
] as const;

function traitsOf(raw: unknown): Traits {
  if (typeof raw === "number") {
    return Object.fromEntries(TRAIT_BITS.filter((_, bit) => (raw >> bit) & 1).map((name) => [name, 1]));
  }
  return (raw as Traits | undefined) ?? {};
}

export function isStruct(shape: Shape): boolean {
  return shape.kind === "struct" || shape.kind === "union" || shape.kind === "error";
}

/** A service's shapes, built on first use: they are recursive, and most of a service is never touched. */
export class Schemas {
  readonly #file: ModelFile;
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #operations = new Map<string, Operation>();
  #errorsByCode: ReadonlyMap<string, Shape> | undefined;

  constructor(file: ModelFile) {
    this.#file = file;
  }

  operation(name: string): Operation | undefined {
    const known = this.#operations.get(name);
    if (known || !Object.hasOwn(this.#file.operations, name)) {
      return known;
    }
    const [input, output, traits] = this.#file.operations[name]!;
    const http = (traits as { http?: HttpTrait } | undefined)?.http;
    const operation = { name, http, input: this.#shape(input), output: this.#shape(output) };
    this.#operations.set(name, operation);
    return operation;
  }

  operationNames(): readonly string[] {
    return Object.keys(this.#file.operations);
  }

  /** A modelled error, by its shape's name or by the code that query protocols send. */
  error(code: string): Shape | undefined {
    this.#errorsByCode ??= this.#indexErrors();
    return this.#errorsByCode.get(code);
  }

  errorNames(): readonly string[] {
    return Object.keys(this.#file.errors);
  }

  #indexErrors(): ReadonlyMap<string, Shape> {
    const shapes = Object.values(this.#file.errors).map((reference) => this.#shape(reference));
    const byCode = shapes.flatMap((shape) => (shape.traits.awsQueryError ? [[shape.traits.awsQueryError[0], shape] as const] : []));
    return new Map([...byCode, ...shapes.map((shape) => [shape.name, shape] as const)]);
  }

  #shape(reference: Reference): Shape {
    if (typeof reference !== "number") {
      const target = this.#shape(reference[0]);
      return { ...target, traits: { ...target.traits, ...traitsOf(reference[1]) } };
    }
    if (reference >= FIRST_SHAPE) {
      const index = reference - FIRST_SHAPE;
      return (this.#shapes[index] ??= this.#build(this.#file.shapes[index]!));
    }
    if (reference === -1) {
      return UNIT;
    }
    if (reference >= MAP_OF) {
      return { ...LEAF, kind: "map", members: [this.#member("key", 0, true), this.#member("value", reference & 63, true)] };
    }
    if (reference >= LIST_OF) {
      return { ...LEAF, kind: "list", members: [this.#member("member", reference & 63, true)] };
    }
    const simple = SIMPLE[reference];
    if (!simple) {
      throw new Error(`the model refers to a simple type ${reference} that this reader does not know`);
    }
    return simple;
  }

  #build(raw: RawShape): Shape {
    const [kind, name, rawTraits, first, second] = raw;
    const base = { name, traits: traitsOf(rawTraits) };
    switch (kind) {
      case 0: {
        const target = this.#shape(first as Reference);
        return { ...target, ...base, traits: { ...target.traits, ...base.traits } };
      }
      case 1:
        return { ...base, kind: "list", members: [this.#member("member", first as Reference, true)] };
      case 2:
        return { ...base, kind: "map", members: [this.#member("key", first as Reference, true), this.#member("value", second as Reference, true)] };
      default: {
        const names = first as readonly string[];
        const targets = second as readonly Reference[];
        const required = raw[5] ?? 0;
        const members = names.map((member, index) => this.#member(member, targets[index]!, index < required));
        return { ...base, kind: kind === 4 ? "union" : kind === -3 ? "error" : "struct", members };
      }
    }
  }

  /** A member whose shape is looked up when first asked for, since shapes may contain themselves. */
  #member(name: string, reference: Reference, required: boolean): Member {
    const [target, ownTraits] = typeof reference === "number" ? [reference, undefined] : reference;
    const resolve = (): Shape => this.#shape(target);
    let shape: Shape | undefined;
    let traits: Traits | undefined;
    return {
      name,
      required,
      get shape() {
        return (shape ??= resolve());
      },
      get traits() {
        return (traits ??= { ...this.shape.traits, ...traitsOf(ownTraits) });
      },
    };
  }
}

/** Compiles a codec once per shape; a recursive shape meets its own codec while it is being made. */
export function compiler<Codec extends (value: never) => unknown>(make: (shape: Shape) => Codec): (shape: Shape) => Codec {
  const made = new Map<Shape, Codec>();
  return (shape) => {
    const known = made.get(shape);
    if (known) {
      return known;
    }
    made.set(shape, ((value: never) => codec(value)) as Codec);
    const codec = make(shape);
    made.set(shape, codec);
    return codec;
  };
}
