/** The CloudFormation resource types of EC2's networks. */
import { eip, eipAssociation, natGateway } from "./cfn-addresses.js";
import { peeringConnection, vpcEndpoint } from "./cfn-connections.js";
import { flowLog } from "./cfn-flow-log.js";
import { networkInterface, networkInterfaceAttachment } from "./cfn-interfaces.js";
import { prefixList } from "./cfn-prefix-list.js";
import { networkAcl, networkAclAssociation, networkAclEntry, route, routeTable, routeTableAssociation } from "./cfn-routes.js";
import { securityGroup, securityGroupEgress, securityGroupIngress } from "./cfn-security-groups.js";
import { dhcpOptionsAssociation, dhcpOptionsSet, subnetCidrReservation, vpcCidrBlock } from "./cfn-vpc-options.js";
import { gatewayAttachment, internetGateway, subnet, vpc } from "./cfn-vpc.js";

export const networkResources = [
  vpc,
  subnet,
  internetGateway,
  gatewayAttachment,
  routeTable,
  route,
  routeTableAssociation,
  securityGroup,
  securityGroupIngress,
  securityGroupEgress,
  networkAcl,
  networkAclEntry,
  networkAclAssociation,
  eip,
  eipAssociation,
  natGateway,
  networkInterface,
  networkInterfaceAttachment,
  vpcCidrBlock,
  subnetCidrReservation,
  dhcpOptionsSet,
  dhcpOptionsAssociation,
  prefixList,
  peeringConnection,
  vpcEndpoint,
  flowLog,
];
