/** Values as JSON, both ways. */
import { formatTime, parseBlob, parseTime, printBlob } from "./scalar.js";
import type { Shape } from "./shape.js";
import { treeDecoder, treeEncoder, wrong } from "./tree-codec.js";
import type { Decoder, Encoder, Leaves } from "./tree-codec.js";

function encode(shape: Shape): Encoder | undefined {
  switch (shape.kind) {
    case "timestamp":
      return (date: Date) => formatTime(date, shape.format ?? "epoch-seconds");
    case "blob":
      return printBlob;
    case "bigint":
      return (value: bigint) => Number(value);
    default:
      return undefined;
  }
}

function decode(shape: Shape): Decoder | undefined {
  switch (shape.kind) {
    case "timestamp":
      return parseTime;
    case "blob":
      return (value) => {
        if (typeof value !== "string") {
          throw wrong(shape, value);
        }
        return parseBlob(value);
      };
    default:
      return undefined;
  }
}

const byName: Leaves = { nameOf: (member) => member.name, encode, decode };
/** Only rest-json takes a member's JSON name from the model. */
const byJsonName: Leaves = { ...byName, nameOf: (member) => member.traits.jsonName ?? member.name };

/** A typed value to what JSON.stringify takes. */
export const jsonEncoder = treeEncoder(byName);
/** What JSON.parse gives to a typed value; throws MalformedValue. */
export const jsonDecoder = treeDecoder(byName);
export const restJsonEncoder = treeEncoder(byJsonName);
export const restJsonDecoder = treeDecoder(byJsonName);
