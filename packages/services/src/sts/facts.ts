/** What other services, and the endpoint, may know of STS. */
import type { Reader } from "@hakoniwa/kernel";
import { credentials, type TemporaryCredentials } from "./state.js";

export interface StsFacts {
  /** Temporary credentials, those that have expired too until they are swept. */
  credentials(accessKeyId: string): TemporaryCredentials | undefined;
}

export function stsFacts(db: Reader): StsFacts {
  return { credentials: (accessKeyId) => db(credentials).get(accessKeyId) };
}
