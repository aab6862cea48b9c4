/** Values as JSON, both ways. */
import { formatTime, located, MalformedValue, parseBlob, parseTime, printBlob, shown } from "./scalar.js";
import { compiler, isStruct } from "./shape.js";
import type { Shape } from "./shape.js";

type Codec = (value: never) => unknown;
type AnyCodec = (value: unknown) => unknown;

const passedOn = (shape: Shape): boolean => ["string", "number", "boolean", "document"].includes(shape.kind);

function wrong(shape: Shape, value: unknown): MalformedValue {
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

/** A typed value to what JSON.stringify takes. */
export const jsonEncoder: (shape: Shape) => Codec = compiler<Codec>((shape) => {
  if (isStruct(shape)) {
    const fields = shape.members.map((member) => ({ member, encode: undefined as AnyCodec | undefined }));
    return (value: Readonly<Record<string, unknown>>) => {
      const out: Record<string, unknown> = {};
      for (const field of fields) {
        const own = value[field.member.name];
        if (own !== undefined && own !== null) {
          field.encode ??= jsonEncoder(field.member.shape) as AnyCodec;
          out[field.member.name] = field.encode(own);
        }
      }
      return out;
    };
  }
  switch (shape.kind) {
    case "list": {
      const item = shape.members[0]!.shape;
      const encode = jsonEncoder(item) as AnyCodec;
      return passedOn(item) ? (list: unknown) => list : (list: readonly unknown[]) => list.map((value) => (value === null ? null : encode(value)));
    }
    case "map": {
      const encode = jsonEncoder(shape.members[1]!.shape) as AnyCodec;
      const sparse = shape.traits.sparse === 1;
      return (map: Readonly<Record<string, unknown>>) => mapValues(map, encode, sparse);
    }
    case "timestamp":
      return (date: Date) => formatTime(date, shape.format ?? "epoch-seconds");
    case "blob":
      return printBlob;
    case "bigint":
      return (value: bigint) => Number(value);
    default:
      return (value: unknown) => value;
  }
});

/** What JSON.parse gives to a typed value; throws MalformedValue. Members that the model doesn't have are left out, as AWS does. */
export const jsonDecoder: (shape: Shape) => AnyCodec = compiler<AnyCodec>((shape) => {
  if (isStruct(shape)) {
    const fields = shape.members.map((member) => ({ member, decode: undefined as AnyCodec | undefined }));
    return (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw wrong(shape, value);
      }
      const out: Record<string, unknown> = {};
      for (const field of fields) {
        const { name } = field.member;
        const own = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
        if (own !== undefined && own !== null) {
          field.decode ??= jsonDecoder(field.member.shape);
          try {
            out[name] = field.decode(own);
          } catch (error) {
            throw located(error, name);
          }
        }
      }
      return out;
    };
  }
  switch (shape.kind) {
    case "unit":
      return () => ({});
    case "list":
      return listDecoder(shape);
    case "map": {
      const decode = jsonDecoder(shape.members[1]!.shape);
      const sparse = shape.traits.sparse === 1;
      return (value) => {
        if (typeof value !== "object" || value === null || Array.isArray(value)) {
          throw wrong(shape, value);
        }
        return mapValues(value as Record<string, unknown>, decode, sparse);
      };
    }
    case "timestamp":
      return parseTime;
    case "blob":
      return (value) => {
        if (typeof value !== "string") {
          throw wrong(shape, value);
        }
        return parseBlob(value);
      };
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
        if (typeof value !== "number" || !Number.isInteger(value)) {
          throw wrong(shape, value);
        }
        return BigInt(value);
      };
    default:
      return (value) => value;
  }
});

function listDecoder(shape: Shape): AnyCodec {
  const decode = jsonDecoder(shape.members[0]!.shape);
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
