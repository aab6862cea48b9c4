/** EC2's operations on networks. */
import { addressAttributeOperations, addressOperations } from "./addresses.js";
import { dhcpOptionsOperations } from "./dhcp-options.js";
import { endpointServiceOperations } from "./endpoint-services.js";
import { endpointOperations } from "./endpoints.js";
import { flowLogOperations } from "./flow-logs.js";
import { interfaceAddressOperations } from "./interface-addresses.js";
import { networkInterfaceOperations } from "./interface-operations.js";
import { internetGatewayOperations } from "./internet-gateways.js";
import { natGatewayOperations } from "./nat-gateways.js";
import { networkAclOperations } from "./network-acls.js";
import { peeringOperations } from "./peerings.js";
import { prefixListOperations } from "./prefix-lists.js";
import { routeTableOperations } from "./route-tables.js";
import { routeOperations } from "./routes.js";
import { securityGroupReferenceOperations } from "./security-group-references.js";
import { securityGroupRuleOperations } from "./security-group-rules.js";
import { securityGroupOperations } from "./security-groups.js";
import { subnetReservationOperations } from "./subnet-reservations.js";
import { subnetOperations } from "./subnets.js";
import { vpcCidrBlockOperations } from "./vpc-cidr-blocks.js";
import { vpcOperations } from "./vpcs.js";

export const networkOperations = [
  vpcOperations,
  vpcCidrBlockOperations,
  subnetOperations,
  subnetReservationOperations,
  internetGatewayOperations,
  routeTableOperations,
  routeOperations,
  securityGroupOperations,
  securityGroupRuleOperations,
  securityGroupReferenceOperations,
  networkAclOperations,
  networkInterfaceOperations,
  interfaceAddressOperations,
  addressOperations,
  addressAttributeOperations,
  natGatewayOperations,
  dhcpOptionsOperations,
  prefixListOperations,
  peeringOperations,
  endpointOperations,
  endpointServiceOperations,
  flowLogOperations,
];
