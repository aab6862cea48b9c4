/**
 * SecureString values are encrypted before they are written, as with AWS, so that no plain text stands in tables, on
 * disk or in a backup of single records. The key lies in the same store until there is KMS: who can read the whole
 * data directory can read them.
 */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Database, Ids, Reader } from "@hakoniwa/kernel";
import { invalidKeyId } from "./errors.js";
import { encryptionKeys } from "./state.js";

export const DEFAULT_KEY = "alias/aws/ssm";

const NONCE = 12;
const TAG = 16;

/** Only AWS's own key is there. @throws InvalidKeyId */
export function checkKeyId(keyId: string): void {
  if (keyId !== DEFAULT_KEY && !/^arn:aws:kms:[a-z0-9-]+:\d{12}:alias\/aws\/ssm$/.test(keyId)) throw invalidKeyId(keyId);
}

/** Encrypts for one parameter: the name is bound in, so that a value can't be moved to another. Returns Base64. */
export function encrypt(db: Database, ids: Ids, name: string, plain: string): string {
  const key = db(encryptionKeys).get(DEFAULT_KEY) ?? db(encryptionKeys).put({ id: DEFAULT_KEY, bytes: Buffer.from(ids.hex(64), "hex") });
  const nonce = Buffer.from(ids.hex(NONCE * 2), "hex");
  const cipher = createCipheriv("aes-256-gcm", key.bytes, nonce);
  cipher.setAAD(Buffer.from(name));
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
}

export function decrypt(db: Reader, name: string, stored: string): string {
  const key = db(encryptionKeys).get(DEFAULT_KEY);
  if (!key) throw new Error(`the key that encrypted ${name} is gone`);
  const bytes = Buffer.from(stored, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key.bytes, bytes.subarray(0, NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(name));
  decipher.setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
  return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString("utf8");
}
