/** Time-based one-time passwords (RFC 6238), as virtual MFA devices make them: HMAC-SHA-1, steps of 30 seconds, six digits. */
import { createHmac } from "node:crypto";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const STEP = 30_000;

/** The number of the step that a time falls in. @param time milliseconds since 1970 */
export const stepAt = (time: number): number => Math.floor(time / STEP);

/** The code of one step. @param seed Base32 without padding */
export function totp(seed: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const digest = createHmac("sha1", decode(seed)).update(counter).digest();
  const offset = digest[digest.length - 1]! & 0x0f;
  const number = (digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000;
  return String(number).padStart(6, "0");
}

/** Whether a device whose clock is `drift` steps ahead shows the code now, a step ago or in a step. */
export function isValidCode(seed: string, drift: number, code: string, now: number): boolean {
  const middle = stepAt(now) + drift;
  return [middle, middle - 1, middle + 1].some((step) => totp(seed, step) === code);
}

/**
 * How many steps ahead a device's clock is that showed two codes one after the other, the second of them now.
 * @param reach the largest drift that is believed
 */
export function driftOf(seed: string, first: string, second: string, now: number, reach: number): number | undefined {
  const current = stepAt(now);
  for (let distance = 0; distance <= reach; distance++) {
    for (const drift of distance === 0 ? [0] : [distance, -distance]) {
      if (totp(seed, current + drift - 1) === first && totp(seed, current + drift) === second) return drift;
    }
  }
  return undefined;
}

function decode(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    value = (value << 5) | BASE32.indexOf(letter);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
    value &= (1 << bits) - 1;
  }
  return Buffer.from(bytes);
}
