import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  PUBLIC_POOL, canonicalCidr, contains, formatAddress, formatCidr, hostCount, nthAddress, overlaps, parseAddress, parseCidr, toNumber,
} from "./addresses.js";

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const range = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([value, prefix]) => canonicalCidr(`${formatAddress(value)}/${prefix}`)!);

describe("IPv4 addresses", () => {
  it("are the same after formatting and parsing", () => {
    fc.assert(fc.property(address, (value) => parseAddress(formatAddress(value)) === value));
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "256.0.0.1", "01.2.3.4", "1.2.3.-4", " 1.2.3.4", "1.2.3.4\n", "0x1.2.3.4", "1e1.2.3.4", "1..2.3", "١.2.3.4"])(
    "are not read from %j", (text) => expect(parseAddress(text)).toBeUndefined());

  it("are read from a text only when it is what they format to", () => {
    fc.assert(fc.property(fc.stringMatching(/^[0-9./ -]{0,18}$/), (text) => {
      const value = parseAddress(text);
      return value === undefined || formatAddress(value) === text;
    }));
  });

  it.each([-1, 2 ** 32, 0.5, Number.NaN])("are not made of %d", (value) => expect(() => formatAddress(value)).toThrow(RangeError));
});

describe("IPv4 ranges", () => {
  it("are the same after parsing and formatting", () => {
    fc.assert(fc.property(range, (cidr) => formatCidr(parseCidr(cidr)!) === cidr));
  });

  it("lose their host bits, as EC2 does", () => expect(canonicalCidr("100.68.0.18/18")).toBe("100.68.0.0/18"));

  it.each(["", "10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "10.0.0/8", "10.0.0.0/8 ", "::/0"])(
    "are not read from %j", (text) => expect(parseCidr(text)).toBeUndefined());

  it("contain exactly the addresses from their first to their last", () => {
    fc.assert(fc.property(range, address, (cidr, value) => {
      const first = toNumber(nthAddress(cidr, 0));
      const last = toNumber(nthAddress(cidr, -1));
      expect(last - first + 1).toBe(hostCount(cidr));
      expect(contains(cidr, formatAddress(value))).toBe(value >= first && value <= last);
    }));
  });

  it("overlap if and only if one holds the other's first address", () => {
    fc.assert(fc.property(range, range, (one, other) => {
      expect(overlaps(one, other)).toBe(contains(one, nthAddress(other, 0)) || contains(other, nthAddress(one, 0)));
      expect(overlaps(one, other)).toBe(overlaps(other, one));
    }));
  });

  it("contain a range only when they contain both its ends", () => {
    fc.assert(fc.property(range, range, (one, other) => {
      expect(contains(one, other)).toBe(contains(one, nthAddress(other, 0)) && contains(one, nthAddress(other, -1)));
    }));
  });

  it("number their addresses from either end", () => {
    expect(nthAddress("10.0.1.0/24", 2)).toBe("10.0.1.2");
    expect(nthAddress("10.0.1.0/24", -1)).toBe("10.0.1.255");
    expect(() => nthAddress("10.0.1.0/24", 256)).toThrow("10.0.1.0/24 has no address at position 256");
    expect(() => nthAddress("10.0.1.0/33", 0)).toThrow('"10.0.1.0/33" is not an IPv4 range');
  });

  it("of the public pool don't overlap", () => {
    expect(PUBLIC_POOL.flatMap((one, at) => PUBLIC_POOL.slice(at + 1).filter((other) => overlaps(one, other)))).toEqual([]);
  });
});
