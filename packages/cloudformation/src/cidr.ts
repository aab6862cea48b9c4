/** Fn::Cidr: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-cidr.html */

/**
 * The first `count` blocks of `2 ** bits` addresses inside an IPv4 block.
 * @returns the blocks, or what is wrong with the arguments
 */
export function cidrBlocks(block: string, count: number, bits: number): readonly string[] | string {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(block);
  if (!match) return `${JSON.stringify(block)} is not an IPv4 block`;
  const [a, b, c, d, prefix] = match.slice(1).map(Number) as [number, number, number, number, number];
  if ([a, b, c, d].some((part) => part > 255) || prefix > 32) return `${block} is not an IPv4 block`;
  if (!Number.isInteger(count) || count < 1 || count > 256) return `the count ${count} is not from 1 to 256`;
  if (!Number.isInteger(bits) || bits < 0 || bits > 32 - prefix) return `${bits} subnet bits do not fit into ${block}`;
  const size = 2 ** bits;
  const whole = 2 ** (32 - prefix);
  if (count * size > whole) return `${count} blocks of ${bits} bits do not fit into ${block}`;
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const base = address - (address % whole);
  return Array.from({ length: count }, (_, i) => `${dotted(base + i * size)}/${32 - bits}`);
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}
