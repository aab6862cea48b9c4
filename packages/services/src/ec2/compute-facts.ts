/** What other services may know of instances and of what they are made from. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Facts } from "./facts.js";
import { publicImageParameters } from "./image-catalogue.js";
import { lookUpVersion } from "./launch-template-lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { instances } from "./state-compute.js";
import { tagsOf } from "./tags.js";

type ComputeFacts = Pick<Ec2Facts, "instance" | "launchTemplate" | "publicImageParameters">;

export function computeFacts(db: Reader, scope: Scope): ComputeFacts {
  return {
    instance(id) {
      const found = db(instances).get(id);
      if (!found) return undefined;
      const { state, vpcId, subnetId, availabilityZone, instanceType, launchTime, status } = found;
      return {
        id,
        state,
        vpcId,
        subnetId,
        availabilityZone,
        instanceType,
        launchTime,
        status,
        privateIpAddress: interfacesOf(db, id)[0]?.privateIpAddresses[0],
        tags: Object.fromEntries(tagsOf(db, id).map((tag) => [tag.Key, tag.Value])),
      };
    },
    launchTemplate(idOrName, version) {
      const found = lookUpVersion(db, idOrName, version);
      return found && { id: found.template.id, name: found.template.name, version: found.version.version };
    },
    publicImageParameters: () => publicImageParameters(scope.region),
  };
}
