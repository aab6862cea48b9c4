/** For tests: values of any shape, and what both ends mean by them. */
import { isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";

const TEXTS = ["a", "x y", "a<b>&\"c'", "é€😀", "a+b/c=d?e#%25", "tab\tline\nend", " ", "", "true", "0"];
/** What a header carries unchanged, signature and all. */
const HEADER_TEXTS = ["a", "x y", "a<b>&\"c'", "a+b/c=d?e#%25", "a;b", "true", "0"];
/** A path can hold anything but nothing. */
const LABEL_TEXTS = ["a", "x y", "a<b>&\"c'", "é€😀", "a+b=d?e#%25", "tab\tline\nend"];
const DEEPEST = 6;

export type Sample = (shape: Shape, depth?: number) => unknown;

export interface SampleOptions {
  /** Members whose value follows from others', so they can't be any. */
  readonly leaveOut?: (member: Member, shape: Shape) => boolean;
  /** The values of some members by name. */
  readonly fixed?: Readonly<Record<string, unknown>>;
}

/** Values of any shape, the same in every run. Bodies that stream are sampled as bytes. */
export function createSampler(seed: number, { leaveOut = () => false, fixed = {} }: SampleOptions = {}): Sample {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  const one = (texts: readonly string[]): string => texts[below(texts.length)]!;

  const sampleMember = (member: Member, depth: number): unknown => {
    const { traits, shape } = member;
    if (Object.hasOwn(fixed, member.name) && shape.kind === "string") {
      return fixed[member.name];
    }
    if (traits.httpPrefixHeaders !== undefined) {
      return { k1: one(HEADER_TEXTS), "k-2": one(HEADER_TEXTS) };
    }
    if (shape.kind === "string" && (traits.httpHeader !== undefined || traits.httpLabel)) {
      return one(traits.httpLabel ? LABEL_TEXTS : HEADER_TEXTS);
    }
    if (shape.kind === "list" && traits.httpHeader !== undefined) {
      return ["a", "b c"];
    }
    if (shape.kind === "string" && traits.httpPayload) {
      return one(TEXTS.filter((text) => text !== ""));
    }
    if (shape.kind === "timestamp") {
      const whole = traits.httpHeader !== undefined || shape.format === "http-date";
      const date = sample(shape, depth) as Date;
      return whole ? new Date(Math.floor(date.getTime() / 1000) * 1000) : date;
    }
    return sample(shape, depth + 1);
  };

  const sample: Sample = (shape, depth = 0) => {
    switch (shape.kind) {
      case "number":
        return below(100_000);
      case "boolean":
        return below(2) === 1;
      case "timestamp":
        return new Date(1_700_000_000_000 + below(1_000_000) * 1000 + below(1000));
      case "blob":
        return Uint8Array.from([below(256), 200, 10]);
      case "list":
        return Array.from({ length: depth > DEEPEST ? 1 : 1 + below(3) }, () => sample(shape.members[0]!.shape, depth + 1));
      case "map":
        return Object.fromEntries(["k1", "k 2"].map((key) => [key, sample(shape.members[1]!.shape, depth + 1)]));
      case "union": {
        const member = shape.members[below(shape.members.length)]!;
        return { [member.name]: sampleMember(member, depth) };
      }
      case "struct":
      case "error": {
        const able = shape.members.filter((member) => !leaveOut(member, shape));
        // At least one member: an empty structure is nothing in a form, so a required one would be missing.
        const some = able.filter((member) => member.required || (depth < DEEPEST && below(10) < (depth < 2 ? 8 : 4)));
        const wanted = some.length > 0 ? some : able.slice(0, 1);
        return Object.fromEntries(wanted.map((member) => [member.name, sampleMember(member, depth)]));
      }
      case "unit":
        return {};
      default:
        return one(TEXTS);
    }
  };
  return sample;
}

/** Values as both ends mean them. Forms and XML can't tell an empty structure or list from none. */
export function meaning(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString("hex");
  }
  if (shape.kind === "list") {
    const items = (value as unknown[]).map((item) => meaning(shape.members[0]!.shape, item)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (isStruct(shape)) {
    const own = value as Record<string, unknown>;
    const pairs = shape.members
      .filter((member) => !member.traits.idempotencyToken)
      .map((member) => [member.name, meaning(member.shape, own[member.name]), member.traits.httpPrefixHeaders !== undefined] as const)
      // No headers with a prefix and an empty map of them are one.
      .filter(([, item, prefixed]) => item !== undefined && !(prefixed && Object.keys(item as object).length === 0));
    return pairs.length > 0 ? Object.fromEntries(pairs.map(([name, item]) => [name, item])) : undefined;
  }
  if (shape.kind === "map") {
    const pairs = Object.entries(value).map(([key, item]) => [key, meaning(shape.members[1]!.shape, item)] as const);
    return Object.fromEntries(pairs.filter(([, item]) => item !== undefined));
  }
  return shape.kind === "unit" ? undefined : value;
}
