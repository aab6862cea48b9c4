/** What EC2 tells of itself: regions, zones and account attributes. */
import { Ec2 } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { invalidValue } from "./errors.js";
import { matches } from "./filters.js";
import { vpcs } from "./state.js";
import { EVERY_REGION, zoneGroupName, zonesOf } from "./zones.js";

export const regionOperations = operations(Ec2, {
  DescribeRegions: {
    authorize: onEverything("ec2:DescribeRegions"),
    handle(_ctx, input) {
      const names = input.RegionNames ?? [];
      const unknown = names.filter((name) => !EVERY_REGION.some((region) => region.name === name));
      if (unknown.length > 0) throw invalidValue(`Invalid region provided: ${unknown.join(", ")}`);
      const all = EVERY_REGION
        .filter(({ name, optIn }) => (names.length > 0 ? names.includes(name) : input.AllRegions === true || !optIn))
        .map(({ name, optIn }) => ({ RegionName: name, Endpoint: `ec2.${name}.amazonaws.com`, OptInStatus: optIn ? "not-opted-in" : "opt-in-not-required" }));
      return {
        Regions: all.filter((region) =>
          matches(input.Filters, (name) => {
            if (name === "region-name") return [region.RegionName];
            if (name === "endpoint") return [region.Endpoint];
            if (name === "opt-in-status") return [region.OptInStatus];
            return undefined;
          }),
        ),
      };
    },
  },

  DescribeAvailabilityZones: {
    authorize: onEverything("ec2:DescribeAvailabilityZones"),
    handle(ctx, input) {
      const zones = zonesOf(ctx.region);
      const unknown = input.ZoneNames?.find((name) => !zones.some((zone) => zone.name === name));
      if (unknown !== undefined) throw invalidValue(`Invalid availability zone: [${unknown}]`);
      const unknownId = input.ZoneIds?.find((id) => !zones.some((zone) => zone.id === id));
      if (unknownId !== undefined) throw invalidValue(`Invalid availability zone-id: [${unknownId}]`);
      const all = zones
        .filter((zone) => !input.ZoneNames?.length || input.ZoneNames.includes(zone.name))
        .filter((zone) => !input.ZoneIds?.length || input.ZoneIds.includes(zone.id))
        .map((zone) => ({
          State: "available" as const,
          OptInStatus: "opt-in-not-required" as const,
          Messages: [],
          RegionName: ctx.region,
          ZoneName: zone.name,
          ZoneId: zone.id,
          GroupName: `${ctx.region}-zg-1`,
          GroupLongName: zoneGroupName(ctx.region),
          NetworkBorderGroup: ctx.region,
          ZoneType: "availability-zone",
        }));
      return {
        AvailabilityZones: all.filter((zone) =>
          matches(input.Filters, (name) => {
            switch (name) {
              case "group-long-name":
                return [zone.GroupLongName];
              case "message":
              case "parent-zone-id":
              case "parent-zone-name":
                return [];
              case "group-name":
                return [zone.GroupName];
              case "opt-in-status":
                return [zone.OptInStatus];
              case "region-name":
                return [zone.RegionName];
              case "state":
                return [zone.State];
              case "zone-id":
                return [zone.ZoneId];
              case "zone-name":
                return [zone.ZoneName];
              case "zone-type":
                return [zone.ZoneType];
              default:
                return undefined;
            }
          }),
        ),
      };
    },
  },

  DescribeAccountAttributes: {
    authorize: onEverything("ec2:DescribeAccountAttributes"),
    handle(ctx, input) {
      const standard = ctx.db(vpcs).list().find((vpc) => vpc.isDefault)?.id ?? "none";
      const all: Readonly<Record<string, readonly string[]>> = {
        "supported-platforms": ["VPC"],
        "default-vpc": [standard],
        "max-instances": ["20"],
        "vpc-max-security-groups-per-interface": ["5"],
        "max-elastic-ips": ["5"],
        "vpc-max-elastic-ips": ["5"],
      };
      const unknown = input.AttributeNames?.find((name) => !Object.hasOwn(all, name));
      if (unknown !== undefined) throw invalidValue(`Value (${unknown}) for parameter attributeName is invalid. Unknown attribute.`);
      const asked = Object.entries(all).filter(([name]) => !input.AttributeNames?.length || input.AttributeNames.some((other) => other === name));
      return { AccountAttributes: asked.map(([name, values]) => ({ AttributeName: name, AttributeValues: values.map((AttributeValue) => ({ AttributeValue })) })) };
    },
  },
});
