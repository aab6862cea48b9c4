/** Instance types and where they are offered: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-discovery.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { invalidCombination, invalidValue, refuse } from "./errors.js";
import { paginateBy, select } from "./filters.js";
import { satisfies, UNSUPPORTED_REQUIREMENTS } from "./instance-requirements.js";
import { INSTANCE_TYPE_FILTERS } from "./instance-type-filters.js";
import { instanceType, instanceTypes } from "./instance-types.js";
import { zonesOf } from "./zones.js";

const MOST_NAMED = 100;
const LARGEST_PAGE = 100;

export const instanceTypeOperations = operations(Ec2, {
  DescribeInstanceTypes: {
    authorize: onEverything("ec2:DescribeInstanceTypes"),
    handle(ctx, input) {
      const names = input.InstanceTypes ?? [];
      if (names.length > MOST_NAMED) throw invalidValue(`The maximum number of instance types that can be described by name is ${MOST_NAMED}; ${names.length} were given.`);
      if (names.length > 0 && input.MaxResults !== undefined) throw invalidCombination("The parameter instanceTypesSet cannot be used with the parameter maxResults");
      if ((input.MaxResults ?? 0) > LARGEST_PAGE) throw invalidValue(`Value ( ${input.MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and ${LARGEST_PAGE}.`);
      const unknown = names.filter((name) => !instanceType(name));
      if (unknown.length > 0) throw new AwsError("InvalidInstanceType", `The following supplied instance types do not exist: [${unknown.join(", ")}]`);
      const asked = names.length > 0 ? [...new Set(names)].flatMap((name) => instanceType(name) ?? []) : instanceTypes();
      const found = select(ctx.db, asked.map((type) => type.info), input.Filters, INSTANCE_TYPE_FILTERS, () => "");
      const page = paginateBy(found, input, (info) => info.InstanceType ?? "", 5, LARGEST_PAGE, LARGEST_PAGE);
      return { InstanceTypes: page.items, NextToken: page.nextToken };
    },
  },

  DescribeInstanceTypeOfferings: {
    authorize: onEverything("ec2:DescribeInstanceTypeOfferings"),
    handle(ctx, input) {
      const kind = input.LocationType ?? "region";
      const places: Readonly<Record<string, readonly string[]>> = {
        region: [ctx.region],
        "availability-zone": zonesOf(ctx.region).map((zone) => zone.name),
        "availability-zone-id": zonesOf(ctx.region).map((zone) => zone.id),
        outpost: [],
      };
      const locations = Object.hasOwn(places, kind) ? places[kind] : undefined;
      if (!locations) throw invalidValue(`Value (${kind}) for parameter locationType is invalid.`);
      const all = instanceTypes().flatMap((type) => locations.map((Location) => ({ InstanceType: type.name as Ec2Types._InstanceType, LocationType: kind, Location })));
      const known = { "instance-type": (offering: Ec2Types.InstanceTypeOffering) => offering.InstanceType, location: (offering: Ec2Types.InstanceTypeOffering) => offering.Location };
      const page = paginateBy(select(ctx.db, all, input.Filters, known, () => ""), input, ({ InstanceType, Location }) => [InstanceType, Location]);
      return { InstanceTypeOfferings: page.items, NextToken: page.nextToken };
    },
  },

  GetInstanceTypesFromInstanceRequirements: {
    authorize: onEverything("ec2:GetInstanceTypesFromInstanceRequirements"),
    handle(_ctx, input) {
      const wanted = input.InstanceRequirements;
      refuse("GetInstanceTypesFromInstanceRequirements", wanted, UNSUPPORTED_REQUIREMENTS);
      if (wanted.AllowedInstanceTypes?.length && wanted.ExcludedInstanceTypes?.length) {
        throw invalidCombination("AllowedInstanceTypes and ExcludedInstanceTypes cannot both be specified.");
      }
      const found = instanceTypes()
        .filter((type) => input.ArchitectureTypes.some((each) => type.architectures.includes(each)))
        .filter(() => input.VirtualizationTypes.includes("hvm"))
        .filter((type) => satisfies(type, wanted));
      const page = paginateBy(found, input, (type) => type.name, 1);
      return { InstanceTypes: page.items.map((type) => ({ InstanceType: type.name })), NextToken: page.nextToken };
    },
  },
});
