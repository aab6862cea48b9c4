/** Longer ids, which have been the only ones since 2018: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { invalidValue } from "./errors.js";

const RESOURCES = [
  "bundle", "conversion-task", "customer-gateway", "dhcp-options", "elastic-ip-allocation", "elastic-ip-association", "export-task", "flow-log", "image",
  "import-task", "instance", "internet-gateway", "network-acl", "network-acl-association", "network-interface", "network-interface-attachment", "prefix-list",
  "reservation", "route-table", "route-table-association", "security-group", "snapshot", "subnet", "subnet-cidr-block-association", "volume", "vpc",
  "vpc-cidr-block-association", "vpc-endpoint", "vpc-peering-connection", "vpn-connection", "vpn-gateway",
];

export const idFormatOperations = operations(Ec2, {
  DescribeIdFormat: {
    authorize: onEverything("ec2:DescribeIdFormat"),
    handle(_ctx, input) {
      if (input.Resource !== undefined && !RESOURCES.includes(input.Resource)) throw invalidValue(`Value (${input.Resource}) for parameter resource is invalid.`);
      return { Statuses: statuses(input.Resource) };
    },
  },

  DescribeAggregateIdFormat: {
    authorize: onEverything("ec2:DescribeAggregateIdFormat"),
    handle: () => ({ UseLongIdsAggregated: true, Statuses: statuses(undefined) }),
  },
});

function statuses(resource: string | undefined): readonly Ec2Types.IdFormat[] {
  return RESOURCES.filter((each) => resource === undefined || each === resource).map((Resource) => ({ Resource, UseLongIds: true }));
}
