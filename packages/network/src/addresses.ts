/**
 * IPv4 arithmetic. The parsers are strict and answer `undefined` for what is not exactly an address or a range; the other
 * functions take values of the model, which are well formed, and throw a RangeError if they are not.
 */
import type { Address, Cidr } from "./model.js";

/** A range as numbers: its first address (host bits zero, 0 … 2^32 - 1) and the length of its prefix (0 … 32). */
export interface AddressRange {
  readonly first: number;
  readonly prefix: number;
}

/**
 * Where public addresses come from, in the order of use: TEST-NET-2 (RFC 5737), then, as 256 are few, the range for
 * benchmarks (RFC 2544). Both are never routed on the real internet, so nobody's address is taken.
 */
export const PUBLIC_POOL: readonly Cidr[] = ["198.51.100.0/24", "198.18.0.0/15"];

const OCTET = /^(0|[1-9]\d{0,2})$/;

/** `10.0.0.5` as a number from 0 to 2^32 - 1. Leading zeros, spaces, signs and short forms are refused. */
export function parseAddress(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return value;
}

/**
 * The dotted form of a number.
 * @throws RangeError when it is no whole number from 0 to 2^32 - 1
 */
export function formatAddress(value: number): Address {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) throw new RangeError(`${value} is not an IPv4 address`);
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
}

/**
 * `10.0.0.0/16` as numbers. Host bits are cut off, as EC2 does (`100.68.0.18/18` becomes `100.68.0.0/18`); compare with
 * `canonicalCidr` where they must be zero.
 */
export function parseCidr(text: string): AddressRange | undefined {
  const [address, prefixText, ...rest] = text.split("/");
  if (address === undefined || prefixText === undefined || rest.length > 0) return undefined;
  if (!/^(0|[1-9]\d?)$/.test(prefixText)) return undefined;
  const value = parseAddress(address);
  const prefix = Number(prefixText);
  if (value === undefined || prefix > 32) return undefined;
  return { first: value - (value % size(prefix)), prefix };
}

/** The text of a range. */
export function formatCidr(range: AddressRange): Cidr {
  return `${formatAddress(range.first)}/${range.prefix}`;
}

/** The range with its host bits zero; undefined when the text is no range. `text === canonicalCidr(text)` says it was canonical. */
export function canonicalCidr(text: string): Cidr | undefined {
  const range = parseCidr(text);
  return range === undefined ? undefined : formatCidr(range);
}

/** Whether an address, or a whole range (told by its slash), lies in a range. */
export function contains(outer: Cidr, inner: Address): boolean {
  const range = known(outer);
  const part = inner.includes("/") ? known(inner) : { first: toNumber(inner), prefix: 32 };
  return rangeContains(range, part);
}

/** As `contains`, on numbers. */
export function rangeContains(outer: AddressRange, inner: AddressRange): boolean {
  return inner.prefix >= outer.prefix && inner.first >= outer.first && inner.first < outer.first + size(outer.prefix);
}

/** Whether two ranges share an address. */
export function overlaps(one: Cidr, other: Cidr): boolean {
  const a = known(one);
  const b = known(other);
  return rangeContains(a, b) || rangeContains(b, a);
}

/** How many addresses a range has, the reserved ones included: 256 for a /24. */
export function hostCount(cidr: Cidr): number {
  return size(known(cidr).prefix);
}

/** The length of a range's prefix: 24 for a /24. */
export function prefixLength(cidr: Cidr): number {
  return known(cidr).prefix;
}

/**
 * The address at a position of a range: 0 is the range's own, 1 the router of a subnet, 2 the resolver; -1 is the last.
 * @throws RangeError when the range has no such position
 */
export function nthAddress(cidr: Cidr, position: number): Address {
  const range = known(cidr);
  const count = size(range.prefix);
  const offset = position < 0 ? count + position : position;
  if (!Number.isInteger(position) || offset < 0 || offset >= count) throw new RangeError(`${cidr} has no address at position ${position}`);
  return formatAddress(range.first + offset);
}

/**
 * The number of an address of the model.
 * @throws RangeError when it is none
 */
export function toNumber(address: Address): number {
  const value = parseAddress(address);
  if (value === undefined) throw new RangeError(`"${address}" is not an IPv4 address`);
  return value;
}

function known(cidr: Cidr): AddressRange {
  const range = parseCidr(cidr);
  if (range === undefined) throw new RangeError(`"${cidr}" is not an IPv4 range`);
  return range;
}

function size(prefix: number): number {
  return 2 ** (32 - prefix);
}
