/** The AWS services that VPC endpoints lead to: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { refuse } from "./errors.js";
import { paginateBy, select, type FilterTable } from "./filters.js";
import type { VpcEndpoint } from "./state-connections.js";
import { zonesOf } from "./zones.js";

const GATEWAY = ["dynamodb", "s3"];
const INTERFACE = [
  "autoscaling",
  "cloudformation",
  "cloudtrail",
  "config",
  "ec2",
  "ec2messages",
  "elasticloadbalancing",
  "events",
  "logs",
  "monitoring",
  "sns",
  "ssm",
  "ssmmessages",
  "sts",
];

export interface EndpointService {
  /** e.g. `com.amazonaws.ap-northeast-1.ec2`. */
  readonly name: string;
  readonly short: string;
  readonly type: VpcEndpoint["type"];
}

/** The services of a region, by name. */
export function endpointServices(region: string): readonly EndpointService[] {
  const all = [...GATEWAY.map((short) => ({ short, type: "Gateway" as const })), ...INTERFACE.map((short) => ({ short, type: "Interface" as const }))];
  return all.map(({ short, type }) => ({ short, type, name: `com.amazonaws.${region}.${short}` })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** @throws AwsError InvalidServiceName */
export function endpointService(region: string, name: string): EndpointService {
  const found = endpointServices(region).find((service) => service.name === name);
  if (!found) throw new AwsError("InvalidServiceName", `The Vpc Endpoint Service '${name}' does not exist`);
  return found;
}

/** The public name that private DNS answers for, e.g. `ec2.ap-northeast-1.amazonaws.com`. */
export function serviceDnsName(region: string, short: string): string {
  return `${short}.${region}.amazonaws.com`;
}

export const endpointServiceOperations = operations(Ec2, {
  DescribeVpcEndpointServices: {
    authorize: onEverything("ec2:DescribeVpcEndpointServices"),
    handle(ctx, input) {
      if (input.ServiceRegions?.some((region) => region !== ctx.region)) refuse("DescribeVpcEndpointServices", input, ["ServiceRegions"]);
      const named = input.ServiceNames?.length
        ? [...new Set(input.ServiceNames)].map((name) => endpointService(ctx.region, name))
        : endpointServices(ctx.region);
      const page = paginateBy(select(ctx.db, named, input.Filters, filters(ctx), (service) => service.name), input, (service) => service.name, 1);
      return { ServiceNames: page.items.map((service) => service.name), ServiceDetails: page.items.map((service) => described(ctx, service)), NextToken: page.nextToken };
    },
  },
});

function described(ctx: Context, service: EndpointService): Ec2Types.ServiceDetail {
  const zones = zonesOf(ctx.region);
  const isInterface = service.type === "Interface";
  const dnsName = serviceDnsName(ctx.region, service.short);
  return {
    ServiceName: service.name,
    ServiceId: serviceId(service),
    ServiceType: [{ ServiceType: service.type }],
    ServiceRegion: ctx.region,
    AvailabilityZones: zones.map((zone) => zone.name),
    AvailabilityZoneIds: zones.map((zone) => zone.id),
    Owner: "amazon",
    BaseEndpointDnsNames: [isInterface ? `${service.short}.${ctx.region}.vpce.amazonaws.com` : dnsName],
    ...(isInterface ? { PrivateDnsName: dnsName, PrivateDnsNames: [{ PrivateDnsName: dnsName }], PrivateDnsNameVerificationState: "verified" } : {}),
    VpcEndpointPolicySupported: true,
    AcceptanceRequired: false,
    ManagesVpcEndpoints: false,
    SupportedIpAddressTypes: ["ipv4"],
    Tags: [],
  };
}

/** The same for ever, as AWS's are: the letters of the name folded to 17 hex digits. */
function serviceId(service: EndpointService): string {
  const digits = Buffer.from(service.name.split("").toReversed().join("")).toString("hex").slice(0, 16);
  return `vpce-svc-0${digits}`;
}

function filters(ctx: Context): FilterTable<EndpointService> {
  return {
    owner: () => "amazon",
    "service-name": (service) => service.name,
    "service-region": () => ctx.region,
    "service-type": (service) => service.type,
    "supported-ip-address-types": () => "ipv4",
  };
}
