/** STS's records: temporary credentials until they expire. */
import { table } from "@hakoniwa/kernel";
import type { Principal, Session } from "@hakoniwa/kernel";

export interface TemporaryCredentials {
  /** `ASIA…`. */
  readonly accessKeyId: string;
  readonly secret: string;
  readonly sessionToken: string;
  /** On the clock of real peers, as clients hold it against their own. */
  readonly expires: number;
  readonly principal: Principal;
  readonly session: Session;
  /** The user that vouched for a federated one, whose end is theirs too. */
  readonly issuer?: Principal;
}

export const credentials = table<TemporaryCredentials>()({
  name: "sts.credentials",
  version: 2,
  key: (c) => c.accessKeyId,
  indexes: { arn: (c) => c.principal.arn },
  upgrades: {
    // Sessions once said nothing of themselves; what they may is not more for it.
    1: (old: Omit<TemporaryCredentials, "session">): TemporaryCredentials => ({ ...old, session: { issued: 0, policies: [], tags: {}, transitive: [] } }),
  },
});
