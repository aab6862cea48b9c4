/** Which resource a request means that doesn't give its id: a policy on the resource must hold however it is called. */
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { instances, keyPairs, launchTemplates } from "./state-compute.js";
import { subnetReservations } from "./state-connections.js";
import { placementGroups } from "./state-settings.js";
import { addresses, networkAcls, networkInterfaces, routeTables, securityGroups, vpcs } from "./state.js";

type Find = (db: Reader, otherwise: string) => string | undefined;

const FIND: Partial<Readonly<Record<Ec2Types.ResourceType, Find>>> = {
  "elastic-ip": (db, ipOrAssociation) => (db(addresses).get(ipOrAssociation) ?? db(addresses).where("association", ipOrAssociation)[0])?.allocationId,
  instance: (db, id) => db(instances).where("profileAssociation", id)[0]?.id ?? db(networkInterfaces).where("attachment", id)[0]?.attachment?.instanceId,
  // What the ARNs of these two end in is the name.
  "key-pair": (db, id) => db(keyPairs).where("id", id)[0]?.name,
  "placement-group": (db, id) => db(placementGroups).where("id", id)[0]?.name,
  "launch-template": (db, name) => db(launchTemplates).where("name", name)[0]?.id,
  "network-acl": (db, association) => db(networkAcls).where("association", association)[0]?.id,
  "network-interface": (db, attachment) => db(networkInterfaces).where("attachment", attachment)[0]?.id,
  "route-table": (db, association) => db(routeTables).where("association", association)[0]?.id,
  "security-group": inDefaultVpc,
  subnet: (db, id) => db(subnetReservations).get(id)?.subnetId ?? associatedSubnet(db, id),
  vpc: (db, cidrAssociation) => db(vpcs).where("association", cidrAssociation)[0]?.id,
};

function associatedSubnet(db: Reader, association: string): string | undefined {
  const holders = [...db(routeTables).where("association", association), ...db(networkAcls).where("association", association)];
  return holders.flatMap((holder) => [...holder.associations]).find(({ id }) => id === association)?.subnetId;
}

/** Names find groups of the default VPC only. */
function inDefaultVpc(db: Reader, name: string): string | undefined {
  const [vpc] = db(vpcs).where("default", "true");
  return vpc && db(securityGroups).where("name", `${vpc.id}/${name}`)[0]?.id;
}

/** The id of the resource that an ARN means; what is no ARN is an id. */
export function idOfArn(db: Reader, idOrArn: string): string {
  const [, type, rest] = /^arn:aws:ec2:[^:]*:[^:]*:([^/]+)\/(.+)$/s.exec(idOrArn) ?? [];
  if (rest === undefined) return idOrArn;
  if (type === "key-pair") return db(keyPairs).get(rest)?.id ?? rest;
  if (type === "placement-group") return db(placementGroups).get(rest)?.id ?? rest;
  return rest;
}

/** What the ARN of the resource ends in; undefined when nothing is called so, which the operation itself will say. */
export function resourceNamed(db: Reader, type: Ec2Types.ResourceType, otherwise: string): string | undefined {
  return FIND[type]?.(db, otherwise);
}
