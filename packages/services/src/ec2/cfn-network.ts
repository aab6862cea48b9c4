/** The CloudFormation resource types of EC2's networks. */
import { eip, eipAssociation, natGateway, networkInterface, networkInterfaceAttachment } from "./cfn-addresses.js";
import { flowLog, peeringConnection, prefixList, vpcEndpoint } from "./cfn-connections.js";
import { networkAcl, networkAclAssociation, networkAclEntry, route, routeTable, routeTableAssociation } from "./cfn-routes.js";
import { securityGroup, securityGroupEgress, securityGroupIngress } from "./cfn-security-groups.js";
import { dhcpOptionsAssociation, dhcpOptionsSet, vpcCidrBlock } from "./cfn-vpc-options.js";
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
  dhcpOptionsSet,
  dhcpOptionsAssociation,
  prefixList,
  peeringConnection,
  vpcEndpoint,
  flowLog,
];
