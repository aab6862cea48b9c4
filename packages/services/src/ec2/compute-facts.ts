/** What other services may know of instances and of what they are made from. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Facts, InstanceFact } from "./facts.js";
import { identified } from "./identity.js";
import { publicImageParameters } from "./image-catalogue.js";
import { instanceType } from "./instance-types.js";
import { lookUpVersion } from "./launch-template-lookup.js";
import { interfacesOf } from "./network-interfaces.js";
import { idOfArn, resourceNamed } from "./resource-named.js";
import { instances, type Instance } from "./state-compute.js";
import { tagsOf } from "./tags.js";

type ComputeFacts = Pick<Ec2Facts, "identified" | "instance" | "instances" | "launchTemplate" | "publicImageParameters" | "named" | "tags">;

export function computeFacts(db: Reader, scope: Scope): ComputeFacts {
  return {
    instance(id) {
      const found = db(instances).get(id);
      return found && new InstanceView(db, found);
    },
    identified(document, signature) {
      const found = identified(db, document, signature);
      return found && new InstanceView(db, found);
    },
    instances: () => db(instances).list().map((found) => new InstanceView(db, found)),
    launchTemplate(idOrName, version) {
      const found = lookUpVersion(db, idOrName, version);
      return found && { id: found.template.id, name: found.template.name, version: found.version.version, data: found.version.data };
    },
    publicImageParameters: () => publicImageParameters(scope.region),
    named: (type, otherwise) => resourceNamed(db, type, otherwise),
    tags: (idOrArn) => Object.fromEntries(tagsOf(db, idOfArn(db, idOrArn)).map((tag) => [tag.Key, tag.Value])),
  };
}

/**
 * Looks up what it is asked for, and nothing before: a group of a thousand asks for its members' states a million times, and for
 * their tags hardly ever.
 */
class InstanceView implements InstanceFact {
  readonly #db: Reader;
  readonly #record: Instance;

  constructor(db: Reader, record: Instance) {
    this.#db = db;
    this.#record = record;
  }

  get id() {
    return this.#record.id;
  }

  get state() {
    return this.#record.state;
  }

  get vpcId() {
    return this.#record.vpcId;
  }

  get subnetId() {
    return this.#record.subnetId;
  }

  get availabilityZone() {
    return this.#record.availabilityZone;
  }

  get instanceType() {
    return this.#record.instanceType;
  }

  get launchTime() {
    return this.#record.launchTime;
  }

  get vcpus() {
    return instanceType(this.#record.instanceType)?.vcpus ?? 1;
  }

  get monitoring() {
    return this.#record.monitoring;
  }

  get status() {
    return this.#record.status;
  }

  get privateIpAddress() {
    return interfacesOf(this.#db, this.#record.id)[0]?.privateIpAddresses[0];
  }

  get tags() {
    return Object.fromEntries(tagsOf(this.#db, this.#record.id).map((tag) => [tag.Key, tag.Value]));
  }
}
