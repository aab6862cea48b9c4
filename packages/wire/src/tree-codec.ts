/** Typed values to and from the trees that JSON and CBOR carry: the two differ in single values only. */
import { located, MalformedValue, shown } from "./scalar.js";
import { compiler, isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";

type AnyCodec = (value: unknown) => unknown;
/** What a typed value is made into; the type of the value follows from the shape. */
export type Encoder = (value: never) => unknown;
export type Decoder = (value: unknown) => unknown;

/** How one format carries single values; what is not named here stands as it is. */
export interface Leaves {
  readonly nameOf: (member: Member) => string;
  readonly encode: (shape: Shape) => Encoder | undefined;
  /** Throws MalformedValue; `undefined` for kinds that both formats carry alike. */
  readonly decode: (shape: Shape) => Decoder | undefined;
}

export function wrong(shape: Shape, value: unknown): MalformedValue {
  const kind = value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
  return new MalformedValue(`${kind} value '${shown(value)}' can't be converted to ${isStruct(shape) ? "a structure" : `a ${shape.kind}`}`);
}

function mapValues(from: Readonly<Record<string, unknown>>, convert: AnyCodec, keepNull: boolean): Record<string, unknown> {
  // Without a prototype: the keys are the caller's.
  const to: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(from)) {
    if (value === null || value === undefined) {
      if (keepNull) {
        to[key] = null;
      }
      continue;
    }
    try {
      to[key] = convert(value);
    } catch (error) {
      throw located(error, key);
    }
  }
  return to;
}

/** Compiles encoders of typed values to trees. */
export function treeEncoder({ nameOf, encode: leaf }: Leaves): (shape: Shape) => Encoder {
  const encoder: (shape: Shape) => Encoder = compiler<Encoder>((shape) => {
    if (isStruct(shape)) {
      const fields = shape.members.map((member) => ({ from: member.name, to: nameOf(member), member, encode: undefined as AnyCodec | undefined }));
      return (value: Readonly<Record<string, unknown>>) => {
        const out: Record<string, unknown> = {};
        for (const field of fields) {
          const own = value[field.from];
          if (own !== undefined && own !== null) {
            field.encode ??= encoder(field.member.shape) as AnyCodec;
            out[field.to] = field.encode(own);
          }
        }
        return out;
      };
    }
    switch (shape.kind) {
      case "list": {
        const item = shape.members[0]!.shape;
        const encode = encoder(item) as AnyCodec;
        const passedOn = ["string", "number", "boolean", "document"].includes(item.kind);
        return passedOn ? (list: unknown) => list : (list: readonly unknown[]) => list.map((value) => (value === null ? null : encode(value)));
      }
      case "map": {
        const encode = encoder(shape.members[1]!.shape) as AnyCodec;
        const sparse = shape.traits.sparse === 1;
        return (map: Readonly<Record<string, unknown>>) => mapValues(map, encode, sparse);
      }
      default:
        return leaf(shape) ?? ((value: unknown) => value);
    }
  });
  return encoder;
}

/** Compiles decoders of trees to typed values; they throw MalformedValue. Members that the model doesn't have are left out, as AWS does. */
export function treeDecoder({ nameOf, decode: leaf }: Leaves): (shape: Shape) => Decoder {
  const decoder: (shape: Shape) => Decoder = compiler<Decoder>((shape) => {
    if (isStruct(shape)) {
      return structDecoder(shape);
    }
    switch (shape.kind) {
      case "unit":
        return () => ({});
      case "list":
        return listDecoder(shape);
      case "map": {
        const decode = decoder(shape.members[1]!.shape);
        const sparse = shape.traits.sparse === 1;
        return (value) => {
          if (typeof value !== "object" || value === null || Array.isArray(value)) {
            throw wrong(shape, value);
          }
          return mapValues(value as Record<string, unknown>, decode, sparse);
        };
      }
      default:
        return leaf(shape) ?? plain(shape);
    }
  });

  function structDecoder(shape: Shape): Decoder {
    const fields = shape.members.map((member) => ({ from: nameOf(member), to: member.name, member, decode: undefined as Decoder | undefined }));
    return (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw wrong(shape, value);
      }
      const out: Record<string, unknown> = {};
      for (const field of fields) {
        const own = Object.hasOwn(value, field.from) ? (value as Record<string, unknown>)[field.from] : undefined;
        if (own !== undefined && own !== null) {
          field.decode ??= decoder(field.member.shape);
          try {
            out[field.to] = field.decode(own);
          } catch (error) {
            throw located(error, field.from);
          }
        }
      }
      return out;
    };
  }

  function listDecoder(shape: Shape): Decoder {
    const decode = decoder(shape.members[0]!.shape);
    const sparse = shape.traits.sparse === 1;
    return (value) => {
      if (!Array.isArray(value)) {
        throw wrong(shape, value);
      }
      return value
        .filter((item) => sparse || item !== null)
        .map((item: unknown, index) => {
          try {
            return item === null ? null : decode(item);
          } catch (error) {
            throw located(error, index + 1);
          }
        });
    };
  }

  return decoder;
}

function plain(shape: Shape): Decoder {
  switch (shape.kind) {
    case "string":
    case "boolean":
      return (value) => {
        if (typeof value !== shape.kind) {
          throw wrong(shape, value);
        }
        return value;
      };
    case "number":
      return (value) => {
        if (typeof value !== "number" || !Number.isFinite(value)) {
          throw wrong(shape, value);
        }
        return value;
      };
    case "bigint":
      return (value) => {
        if (typeof value !== "bigint" && (typeof value !== "number" || !Number.isInteger(value))) {
          throw wrong(shape, value);
        }
        return BigInt(value);
      };
    default:
      return (value) => value;
  }
}
