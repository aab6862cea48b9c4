/** What other services may know of networks. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { Ec2Facts, NetworkInterfaceFact, SubnetFact } from "./facts.js";
import { defaultGroupOf } from "./network-interfaces.js";
import { publicAddressOf } from "./public-addresses.js";
import { routeTableOf } from "./route-tables.js";
import { vpcEndpoints } from "./state-connections.js";
import { internetGateways, networkInterfaces, securityGroups, subnets, vpcs, type Subnet } from "./state.js";
import { REGIONS, zonesOf } from "./zones.js";

type NetworkFacts = Pick<Ec2Facts, "subnet" | "defaultSecurityGroup" | "securityGroup" | "defaultSubnet" | "networkInterface" | "endpointPolicy" | "availabilityZones">;

export function networkFacts(db: Reader, scope: Scope): NetworkFacts {
  return {
    subnet(id) {
      const found = db(subnets).get(id);
      return found && subnetFact(db, found);
    },
    defaultSecurityGroup: (vpcId) => defaultGroupOf(db, vpcId),
    securityGroup(id) {
      const found = db(securityGroups).get(id);
      return found && { id: found.id, name: found.name, vpcId: found.vpcId };
    },
    defaultSubnet(availabilityZone) {
      const [vpc] = db(vpcs).where("default", "true");
      const found = vpc && db(subnets).where("vpc", vpc.id).find((s) => s.defaultForAz && (availabilityZone === undefined || s.availabilityZone === availabilityZone));
      return found && subnetFact(db, found);
    },
    networkInterface: (id) => interfaceFact(db, id),
    endpointPolicy: (id) => db(vpcEndpoints).get(id)?.policy,
    availabilityZones: () => (REGIONS.includes(scope.region) ? zonesOf(scope.region).map((z) => z.name) : []),
  };
}

function subnetFact(db: Reader, subnet: Subnet): SubnetFact {
  const routes = routeTableOf(db, subnet)?.routes ?? [];
  const isPublic = routes.some((r) => r.destination === "0.0.0.0/0" && r.target.kind === "internet-gateway" && db(internetGateways).get(r.target.id)?.vpcId === subnet.vpcId);
  return { id: subnet.id, vpcId: subnet.vpcId, availabilityZone: subnet.availabilityZone, cidr: subnet.cidr, public: isPublic };
}

function interfaceFact(db: Reader, id: string): NetworkInterfaceFact | undefined {
  const found = db(networkInterfaces).get(id);
  if (!found) return undefined;
  return {
    id: found.id,
    vpcId: found.vpcId,
    subnetId: found.subnetId,
    privateIpAddress: found.privateIpAddresses[0]!,
    publicIpAddress: publicAddressOf(db, id),
    status: found.attachment ? "in-use" : "available",
  };
}
