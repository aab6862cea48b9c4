/** Carries requests for VPC peering to the accepter's region, and forgets connections that ended. */
import type { Database, ReconcileKey, Scope } from "@hakoniwa/kernel";
import { reconciler, watch } from "../define.js";
import { arrival } from "./peerings.js";
import { EXPIRES_AFTER, findPeering, forgottenAt, peeringState } from "./peering-state.js";
import { peeringAnswers, peeringRequests, type PeeringRequest } from "./state-connections.js";
import { vpcs } from "./state.js";
import { dropTags } from "./tags.js";

export const keepPeerings = reconciler({
  name: "ec2.keep-peerings",
  watches: [watch(peeringRequests, bothSides), watch(peeringAnswers, (a, scope) => [{ ...scope, id: a.id }, { account: a.requester.account, region: a.requester.region, id: a.id }])],
  async reconcile(key, jobs) {
    const peering = findPeering(jobs.find, key.id);
    if (!peering) {
      // The requester's half is gone, and with it the connection.
      if (jobs.db(peeringAnswers).get(key.id)) await jobs.write((db) => forget(db, key.id));
      return undefined;
    }
    const { request, answer } = peering;
    const isAccepter = request.peer.region === key.region && request.peer.account === key.account;
    const vpc = isAccepter ? jobs.db(vpcs).get(request.peer.vpcId) : undefined;
    if (isAccepter && !answer && vpc && request.failure === undefined && request.deletedAt === undefined) {
      const from = jobs.find(peeringRequests, key.id)!.scope;
      await jobs.write((db) => void db(peeringAnswers).put(arrival(request, vpc, { account: from.account, region: from.region })));
      return undefined;
    }
    const state = peeringState(peering, jobs.now);
    if (state.code === "pending-acceptance") return { at: request.created + EXPIRES_AFTER };
    const forgotten = forgottenAt(state);
    // The requester's half goes first: without the accepter's it would look like a new request.
    if (forgotten === undefined || !jobs.db(peeringRequests).get(key.id)) return undefined;
    if (jobs.now < forgotten) return { at: forgotten };
    await jobs.write((db) => forget(db, key.id));
    return undefined;
  },
});

function forget(db: Database, id: string): void {
  db(peeringRequests).delete(id);
  db(peeringAnswers).delete(id);
  dropTags(db, id);
}

function bothSides(request: PeeringRequest, scope: Scope): readonly ReconcileKey[] {
  return [{ ...scope, id: request.id }, { account: request.peer.account, region: request.peer.region, id: request.id }];
}
