/**
 * What EC2 tells in an "encoded authorization failure message" and STS decodes. AWS encrypts it; here it is packed, with a
 * checksum, as it tells nothing that the account's own owner may not know.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
 */
import { createHash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";

const CHECKSUM = 8;
const LARGEST = 64 * 1024;

export function encodeMessage(message: object): string {
  const packed = deflateRawSync(JSON.stringify(message));
  return Buffer.concat([checksum(packed), packed]).toString("base64url");
}

/** The JSON text; undefined for what was not encoded here, or was changed since. */
export function decodeMessage(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, "base64url");
  const packed = bytes.subarray(CHECKSUM);
  if (bytes.length <= CHECKSUM || !checksum(packed).equals(bytes.subarray(0, CHECKSUM))) return undefined;
  try {
    return inflateRawSync(packed, { maxOutputLength: LARGEST }).toString("utf8");
  } catch {
    return undefined;
  }
}

function checksum(bytes: Uint8Array): Buffer {
  return createHash("sha256").update("hakoniwa authorization message").update(bytes).digest().subarray(0, CHECKSUM);
}
