/** What other services, and the endpoint, may know of STS. */
import type { Reader } from "@hakoniwa/kernel";
import { credentials, type TemporaryCredentials } from "./state.js";

export interface StsFacts {
  /** Temporary credentials, those that have expired too until they are swept. */
  credentials(accessKeyId: string): TemporaryCredentials | undefined;
  /**
   * The newest credentials of a session by its ARN (`arn:aws:sts::…:assumed-role/ROLE/i-…`), expired ones too: what an
   * instance's metadata shows of its role.
   */
  newestOf(sessionArn: string): TemporaryCredentials | undefined;
}

export function stsFacts(db: Reader): StsFacts {
  return {
    credentials: (accessKeyId) => db(credentials).get(accessKeyId),
    newestOf: (sessionArn) => db(credentials).where("arn", sessionArn).reduce<TemporaryCredentials | undefined>((newest, each) => (newest && newest.expires >= each.expires ? newest : each), undefined),
  };
}
