/** Stacks delete what somebody may have deleted already, and that is no failure. */
import { AwsError } from "@hakoniwa/kernel";

/** @returns what `call` does; undefined when AWS's answer is that there is no such thing */
export function unlessGone<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (error instanceof AwsError && /NotFound(Exception)?$|^NoSuchEntity$|^NoSuchBucket$|^Gateway\.NotAttached$/.test(error.code)) return undefined;
    throw error;
  }
}
