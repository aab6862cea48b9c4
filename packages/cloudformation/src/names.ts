/** Names and tokens that come out the same on every try. */
import { createHash } from "node:crypto";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** The same for every try of one creation. */
export function creationToken(stackId: string, logicalId: string, incarnation: number): string {
  return createHash("sha256").update(`${stackId}\n${logicalId}\n${incarnation}`).digest("hex").slice(0, 32);
}

/**
 * `STACK-LOGICALID-RANDOM`, at most `maxLength` characters, the same for the same token. When it is too long, the stack's
 * name and the logical id give way.
 */
export function physicalName(stackName: string, logicalId: string, token: string, maxLength: number): string {
  const suffix = [...createHash("sha256").update(token).digest()].slice(0, 12).map((byte) => LETTERS[byte % LETTERS.length]).join("");
  const room = maxLength - suffix.length - 2;
  if (stackName.length + logicalId.length <= room) return `${stackName}-${logicalId}-${suffix}`;
  const ofStack = Math.max(1, Math.min(stackName.length, Math.max(Math.floor(room / 2), room - logicalId.length)));
  return `${stackName.slice(0, ofStack)}-${logicalId.slice(0, Math.max(1, room - ofStack))}-${suffix}`.slice(-maxLength);
}
