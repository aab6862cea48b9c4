/** Typed values to and from what `cbor-reader.ts` and `cbor-writer.ts` read and write. */
import { parseTime } from "./scalar.js";
import type { Shape } from "./shape.js";
import { treeDecoder, treeEncoder, wrong } from "./tree-codec.js";
import type { Decoder, Leaves } from "./tree-codec.js";

function decode(shape: Shape): Decoder | undefined {
  switch (shape.kind) {
    case "timestamp":
      return (value) => {
        const date = value instanceof Date ? value : typeof value === "number" ? parseTime(value) : undefined;
        if (!date || Number.isNaN(date.getTime())) {
          throw wrong(shape, value);
        }
        return date;
      };
    case "blob":
      return (value) => {
        if (!(value instanceof Uint8Array)) {
          throw wrong(shape, value);
        }
        return value;
      };
    default:
      return undefined;
  }
}

/** CBOR has dates, bytes and large integers of its own. */
const leaves: Leaves = { nameOf: (member) => member.name, encode: () => undefined, decode };

export const cborEncoder = treeEncoder(leaves);
export const cborDecoder = treeDecoder(leaves);
