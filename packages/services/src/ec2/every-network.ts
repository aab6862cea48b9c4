/** All networks at once, with what people call their parts: what `trace` asks. */
import type { Store } from "@hakoniwa/kernel";
import type { Vpc } from "@hakoniwa/network";
import { projectVpc } from "./network.js";
import { instances } from "./state-compute.js";
import { networkInterfaces, securityGroups, vpcs } from "./state.js";
import { tagsOf } from "./tags.js";

export interface EveryNetwork {
  /** Of all accounts and regions, each as the data plane gets it. */
  readonly vpcs: readonly Vpc[];
  /** A resource's Name tag, a group's name, what holds an interface; undefined where there is nothing but the id. */
  nameOf(id: string): string | undefined;
  /** `running`, `stopped` …; undefined when there is no such instance. */
  instanceState(id: string): string | undefined;
}

/** @param now in milliseconds of the cloud's clock: whether a peering connection is active depends on it */
export function everyNetwork(store: Pick<Store, "scopes" | "reader" | "find">, now: number): EveryNetwork {
  const find: Store["find"] = (table, key) => store.find(table, key);
  const nameTag = (id: string): string | undefined => {
    for (const scope of store.scopes()) {
      const name = tagsOf(store.reader(scope), id).find((tag) => tag.Key === "Name")?.Value;
      if (name !== undefined) return name;
    }
    return undefined;
  };
  return {
    vpcs: store.scopes().flatMap((scope) => {
      const db = store.reader(scope);
      return db(vpcs).list().flatMap((vpc) => projectVpc({ db, find, now, region: scope.region }, vpc.id) ?? []);
    }),
    nameOf(id) {
      const held = find(networkInterfaces, id)?.record;
      const instance = held?.attachment?.instanceId;
      const description = held?.description === "" ? undefined : held?.description;
      return nameTag(id) ?? (instance === undefined ? undefined : (nameTag(instance) ?? instance)) ?? description ?? find(securityGroups, id)?.record.name;
    },
    instanceState: (id) => find(instances, id)?.record.state,
  };
}
