/** STS's records: temporary credentials until they expire. */
import { table } from "@hakoniwa/kernel";
import type { Principal } from "@hakoniwa/kernel";

export interface TemporaryCredentials {
  /** `ASIA…`. */
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken: string;
  /** On the clock of real peers, as clients hold it against their own. */
  readonly expires: number;
  readonly principal: Principal;
}

export const credentials = table<TemporaryCredentials>()({ name: "sts.credentials", key: (c) => c.accessKeyId });
