/** IPv4 ranges in CIDR form. */

/** Tells whether an address is in the range; an IPv6 range holds none, as nodes have IPv4 addresses only. */
export function inRange(cidr: string): (address: string) => boolean {
  const [base = "", bits = "32"] = cidr.split("/");
  const first = toNumber(base);
  if (first === undefined) {
    return () => false;
  }
  const size = 2 ** (32 - Number(bits));
  const start = Math.floor(first / size) * size;
  return (address) => {
    const number = toNumber(address);
    return number !== undefined && number >= start && number < start + size;
  };
}

function toNumber(address: string): number | undefined {
  const parts = address.split(".");
  if (parts.length !== 4) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}
