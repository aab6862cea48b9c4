/** User data: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html */
import { AwsError } from "@hakoniwa/kernel";
import { invalidValue } from "./errors.js";

const MOST_BYTES = 16 * 1024;

/** @throws AwsError unless the text is base64 of at most 16 kB */
export function checkUserData(text: string): void {
  const compact = text.replace(/\s/g, "");
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) {
    throw new AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.");
  }
  if (decodeUserData(text).length > MOST_BYTES) throw invalidValue(`User data is limited to ${MOST_BYTES} bytes`);
}

export function decodeUserData(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
