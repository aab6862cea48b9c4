/** EC2's operations on networks. */
import { addressOperations } from "./addresses.js";
import { dhcpOptionsOperations } from "./dhcp-options.js";
import { networkInterfaceOperations } from "./interface-operations.js";
import { internetGatewayOperations } from "./internet-gateways.js";
import { natGatewayOperations } from "./nat-gateways.js";
import { networkAclOperations } from "./network-acls.js";
import { routeTableOperations } from "./route-tables.js";
import { routeOperations } from "./routes.js";
import { securityGroupRuleOperations } from "./security-group-rules.js";
import { securityGroupOperations } from "./security-groups.js";
import { subnetOperations } from "./subnets.js";
import { vpcOperations } from "./vpcs.js";

export const networkOperations = [
  vpcOperations,
  subnetOperations,
  internetGatewayOperations,
  routeTableOperations,
  routeOperations,
  securityGroupOperations,
  securityGroupRuleOperations,
  networkAclOperations,
  networkInterfaceOperations,
  addressOperations,
  natGatewayOperations,
  dhcpOptionsOperations,
];
