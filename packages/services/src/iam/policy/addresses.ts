/** Ranges of IP addresses in conditions, of both versions. */

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** A test for addresses in `10.0.0.0/8`, `2001:db8::/32` or a single one; undefined for what is no range. */
export function addressRange(text: string): ((address: string) => boolean) | undefined {
  const [base = "", length] = text.split("/");
  const first = addressOf(base);
  if (!first || (length !== undefined && !/^\d{1,3}$/.test(length))) return undefined;
  const prefix = length === undefined ? first.bits : Number(length);
  if (prefix > first.bits) return undefined;
  const shift = BigInt(first.bits - prefix);
  return (other) => {
    const address = addressOf(other);
    return address?.bits === first.bits && address.value >> shift === first.value >> shift;
  };
}

function addressOf(text: string): Address | undefined {
  const value = text.includes(":") ? six(text) : four(text);
  return value === undefined ? undefined : { bits: text.includes(":") ? 128 : 32, value };
}

function four(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function six(text: string): bigint | undefined {
  const [head = "", tail, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const groups = (side: string): readonly string[] => (side === "" ? [] : side.split(":"));
  const before = groups(head);
  const after = groups(tail ?? "");
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: missing }, () => "0"), ...after];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return all.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
