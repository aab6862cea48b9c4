/** What a launch may ask of its instances' hardware and place, checked against what the instance type can do. */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { invalidCombination, invalidValue, refuse, unsupported } from "./errors.js";
import type { InstanceType } from "./instance-types.js";
import { oneOf } from "./settings.js";
import type { Instance } from "./state-compute.js";
import { placementGroups, type PlacementGroup } from "./state-settings.js";
import { vpcs } from "./state.js";

type Nested = Pick<Ec2Types.RunInstancesRequest, "HibernationOptions" | "EnclaveOptions" | "CapacityReservationSpecification" | "PrivateDnsNameOptions" | "CpuOptions" | "MaintenanceOptions">;

/** Refuses what is asked for inside of structures; clients send many of them to say "no". */
export function refuseNested(operation: string, input: Nested): void {
  refuse(operation, input.HibernationOptions ?? {}, ["Configured"]);
  refuse(operation, input.EnclaveOptions ?? {}, ["Enabled"]);
  refuse(operation, input.CapacityReservationSpecification ?? {}, ["CapacityReservationTarget"]);
  refuse(operation, input.CpuOptions ?? {}, ["AmdSevSnp", "NestedVirtualization"]);
  refuse(operation, input.MaintenanceOptions ?? {}, ["RebootMigration"]);
  if (input.PrivateDnsNameOptions) checkHostnames(operation, input.PrivateDnsNameOptions);
}

/** Names are made of addresses here: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html */
export function checkHostnames(operation: string, asked: Ec2Types.PrivateDnsNameOptionsRequest): void {
  const type = asked.HostnameType;
  if (type !== undefined && oneOf("hostnameType", type, ["ip-name", "resource-name"]) === "resource-name") throw unsupported(operation, "PrivateDnsNameOptions.HostnameType=resource-name");
  refuse(operation, asked, ["EnableResourceNameDnsARecord", "EnableResourceNameDnsAAAARecord"]);
}

/** Every image here is of x86_64. @throws AwsError when the type can't run them */
export function checkArchitecture(type: InstanceType): void {
  if (type.architectures.includes("x86_64")) return;
  throw invalidValue(
    `The architecture '${type.architectures.join(",")}' of the specified instance type does not match the architecture 'x86_64' of the specified AMI. Specify an instance type and an AMI that have matching architectures, and try again. You can use 'describe-instance-types' or 'describe-images' to discover the architecture of the instance type or AMI.`,
  );
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances.html: T2 begins with the standard mode, the newer ones unlimited. */
export function cpuCredits(type: InstanceType, asked: string | undefined): Instance["cpuCredits"] {
  if (!type.burstable) {
    if (asked !== undefined) throw invalidCombination(`The instance type ${type.name} does not support the parameter CreditSpecification: it is not burstable.`);
    return undefined;
  }
  return oneOf("cpuCredits", asked ?? (type.name.startsWith("t2.") ? "standard" : "unlimited"), ["standard", "unlimited"]);
}

/** @throws AwsError for numbers that the type doesn't have */
export function cpuOptions(type: InstanceType, asked: { readonly CoreCount?: number | undefined; readonly ThreadsPerCore?: number | undefined } | undefined): Instance["cpuOptions"] {
  if (asked?.CoreCount === undefined && asked?.ThreadsPerCore === undefined) return undefined;
  const { CoreCount: coreCount, ThreadsPerCore: threadsPerCore } = asked;
  if (coreCount === undefined || threadsPerCore === undefined) throw new AwsError("MissingParameter", "The request must contain both CoreCount and ThreadsPerCore of CpuOptions");
  const cores = type.info.VCpuInfo?.ValidCores ?? [type.vcpus / type.threadsPerCore];
  const threads = type.info.VCpuInfo?.ValidThreadsPerCore ?? [type.threadsPerCore];
  if (!cores.includes(coreCount)) throw invalidValue(`Value (${coreCount}) for parameter CoreCount is invalid. ${type.name} can have: ${cores.join(", ")}.`);
  if (!threads.includes(threadsPerCore)) throw invalidValue(`Value (${threadsPerCore}) for parameter ThreadsPerCore is invalid. ${type.name} can have: ${threads.join(", ")}.`);
  return { coreCount, threadsPerCore };
}

/** A VPC for dedicated hardware makes its instances dedicated, whatever they ask for (S2-11). */
export function placementOf(
  db: Reader,
  operation: string,
  asked: Ec2Types.Placement | undefined,
  vpcId: string,
  type: InstanceType | undefined,
): Pick<Instance, "tenancy" | "placementGroup"> {
  refuse(operation, asked ?? {}, ["Affinity", "HostId", "HostResourceGroupArn", "PartitionNumber", "SpreadDomain"]);
  if (asked?.Tenancy === "host") throw unsupported(operation, "Placement.Tenancy=host");
  const tenancy = oneOf("tenancy", asked?.Tenancy ?? "default", ["default", "dedicated"]);
  const vpc = db(vpcs).get(vpcId)?.instanceTenancy;
  const group = asked?.GroupName || asked?.GroupId ? groupOf(db, asked, type) : undefined;
  return { tenancy: vpc === "dedicated" ? "dedicated" : tenancy, placementGroup: group?.name };
}

function groupOf(db: Reader, asked: Ec2Types.Placement, type: InstanceType | undefined): PlacementGroup {
  const { GroupName: name, GroupId: id } = asked;
  if (name && id) throw invalidCombination("The parameter GroupName cannot be used with the parameter GroupId");
  const group = name ? db(placementGroups).get(name) : db(placementGroups).where("id", id ?? "")[0];
  if (!group) throw new AwsError("InvalidPlacementGroup.Unknown", `The placement group '${name ?? id}' is unknown.`);
  const strategies: readonly string[] = type?.info.PlacementGroupInfo?.SupportedStrategies ?? [group.strategy];
  if (strategies.includes(group.strategy)) return group;
  const kind = group.strategy.charAt(0).toUpperCase() + group.strategy.slice(1);
  throw invalidCombination(`${kind} placement groups are not supported by the '${type?.name}' instance type. Specify a supported instance type or change the placement group strategy, and try again.`);
}
