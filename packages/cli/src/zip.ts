/** A folder as a ZIP archive: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT. The same files give the same bytes. */
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { UserError } from "./say.js";
import { within } from "./within.js";

/** 1 January 1980, the format's first day: times would make every archive another one. */
const DATE = 0x21;
const DEFLATED = 8;
const UTF8 = 0x800;
/** Unix, so that modes are read. */
const MADE_BY = 0x314;

/** The entries of the format's plain form. */
const MOST = 0xffff;

/** @throws UserError when it holds more than the format's plain form does, or what is not in it */
export function zip(folder: string): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const names = filesIn(folder);
  for (const name of names) {
    const path = join(folder, name);
    const content = readFileSync(path);
    const packed = deflateRawSync(content);
    const text = Buffer.from(name);
    const facts = Buffer.alloc(22);
    facts.writeUInt16LE(UTF8, 0);
    facts.writeUInt16LE(DEFLATED, 2);
    facts.writeUInt16LE(DATE, 6);
    facts.writeUInt32LE(crc32(content), 8);
    facts.writeUInt32LE(packed.length, 12);
    facts.writeUInt32LE(content.length, 16);
    facts.writeUInt16LE(text.length, 20);
    const local = Buffer.concat([numbers([0x04034b50, 4], [20, 2]), facts, numbers([0, 2]), text, packed]);
    parts.push(local);
    const mode = (statSync(path).mode & 0o777) | 0o100000;
    directory.push(Buffer.concat([numbers([0x02014b50, 4], [MADE_BY, 2], [20, 2]), facts, numbers([0, 2], [0, 2], [0, 2], [0, 2], [(mode << 16) >>> 0, 4], [offset, 4]), text]));
    offset += local.length;
    if (offset > 0xffffffff) throw new Error(`${folder} is larger than a ZIP archive may be`);
  }
  const index = Buffer.concat(directory);
  const end = numbers([0x06054b50, 4], [0, 2], [0, 2], [names.length, 2], [names.length, 2], [index.length, 4], [offset, 4], [0, 2]);
  return Buffer.concat([...parts, index, end]);
}

/** Relative to the folder, with slashes, in the same order everywhere. Links are followed inside of it. */
function filesIn(folder: string): readonly string[] {
  const files: string[] = [];
  let seen = 0;
  const visit = (below: string, way: readonly string[]): void => {
    const real = realpathSync(join(folder, below));
    if (way.includes(real)) throw new UserError(`${join(folder, below)} holds itself, by a link`);
    for (const name of readdirSync(real).sort()) {
      seen += 1;
      if (seen > MOST) throw new UserError(`${folder} has more than the ${MOST} files that a ZIP archive takes`);
      const path = below === "" ? name : `${below}/${name}`;
      const whole = within(folder, join(folder, path));
      const kind = statSync(whole);
      if (kind.isDirectory()) visit(path, [...way, real]);
      else if (kind.isFile()) files.push(path);
      else throw new UserError(`${whole} is neither a file nor a folder`);
    }
  };
  visit("", []);
  return files;
}

/** Little-endian, each in so many bytes. */
function numbers(...values: readonly (readonly [number, 2 | 4])[]): Buffer {
  return Buffer.concat(
    values.map(([value, size]) => {
      const bytes = Buffer.alloc(size);
      if (size === 2) bytes.writeUInt16LE(value);
      else bytes.writeUInt32LE(value);
      return bytes;
    }),
  );
}
