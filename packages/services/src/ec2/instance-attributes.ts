/** Reading and changing what an instance was launched with: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { incorrectInstanceState, invalidCombination, invalidValue, missingParameter, refuse, unsupported } from "./errors.js";
import { needInstance } from "./instance-lookup.js";
import { instanceType, type InstanceType } from "./instance-types.js";
import { describeInstance, describeMetadataOptions, groupsOf } from "./instance-view.js";
import { checkArchitecture, cpuCredits } from "./launch-options.js";
import { metadataOptions, shutdownBehavior } from "./launch-request.js";
import { checkedGroups, interfacesOf } from "./network-interfaces.js";
import { instances, type Instance } from "./state-compute.js";
import { volumes } from "./state-disks.js";
import { networkInterfaces, type NetworkInterface } from "./state.js";
import { computeArn } from "./taggable.js";
import { checkUserData } from "./user-data.js";

/** The older way to name an attribute: `Attribute` and `Value`. */
const NAMED: Readonly<Record<string, (value: string) => Partial<Ec2Types.ModifyInstanceAttributeRequest>>> = {
  disableApiTermination: (value) => ({ DisableApiTermination: { Value: isTrue(value) } }),
  disableApiStop: (value) => ({ DisableApiStop: { Value: isTrue(value) } }),
  ebsOptimized: (value) => ({ EbsOptimized: { Value: isTrue(value) } }),
  instanceInitiatedShutdownBehavior: (value) => ({ InstanceInitiatedShutdownBehavior: { Value: value } }),
  instanceType: (value) => ({ InstanceType: { Value: value } }),
  sourceDestCheck: (value) => ({ SourceDestCheck: { Value: isTrue(value) } }),
  userData: (value) => ({ UserData: { Value: Buffer.from(value, "base64") } }),
};

/** A call changes one of them. */
const ATTRIBUTES = [
  "BlockDeviceMappings",
  "DisableApiStop",
  "DisableApiTermination",
  "EbsOptimized",
  "Groups",
  "InstanceInitiatedShutdownBehavior",
  "InstanceType",
  "SourceDestCheck",
  "UserData",
] as const satisfies readonly (keyof Ec2Types.ModifyInstanceAttributeRequest)[];

export const instanceAttributeOperations = operations(Ec2, {
  ModifyInstanceAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ModifyInstanceAttribute", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, given) {
      const input = withNamed(given);
      refuse("ModifyInstanceAttribute", input, ["Kernel", "Ramdisk", "SriovNetSupport", "EnaSupport", "EnclaveOptions"]);
      const named = ATTRIBUTES.filter((name) => input[name] !== undefined);
      if (named.length === 0) throw invalidCombination("No attributes specified.");
      if (named.length > 1) throw invalidCombination("Fields for multiple attribute types specified");
      const instance = needInstance(ctx.db, input.InstanceId);
      if (instance.state === "terminated" || instance.state === "shutting-down") throw incorrectInstanceState(`The instance '${instance.id}' is ${instance.state}.`);
      const next = { ...instance, ...changed(instance, input) };
      if (JSON.stringify(next) !== JSON.stringify(instance)) ctx.db(instances).put(next);
      modifyInterface(ctx, instance, input);
      modifyVolumes(ctx, instance, input.BlockDeviceMappings ?? []);
      return {};
    },
  },

  ModifyInstanceMetadataOptions: {
    authorize: (input, asked) => ({ action: "ec2:ModifyInstanceMetadataOptions", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, input) {
      const instance = needInstance(ctx.db, input.InstanceId);
      const next = ctx.db(instances).put({ ...instance, metadataOptions: metadataOptions(input, instance.metadataOptions) });
      return { InstanceId: next.id, InstanceMetadataOptions: describeMetadataOptions(next.metadataOptions) };
    },
  },

  ResetInstanceAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ResetInstanceAttribute", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, input) {
      const instance = needInstance(ctx.db, input.InstanceId);
      if (input.Attribute !== "sourceDestCheck") throw unsupported("ResetInstanceAttribute", `Attribute=${input.Attribute}`);
      modifyInterface(ctx, instance, { InstanceId: instance.id, SourceDestCheck: { Value: true } });
      return {};
    },
  },

  DescribeInstanceAttribute: {
    authorize: (input, asked) => ({ action: "ec2:DescribeInstanceAttribute", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, input) {
      const instance = needInstance(ctx.db, input.InstanceId);
      return { InstanceId: instance.id, ...attribute(ctx, instance, input.Attribute) };
    },
  },
});

function withNamed(input: Ec2Types.ModifyInstanceAttributeRequest): Ec2Types.ModifyInstanceAttributeRequest {
  if (input.Attribute === undefined) return input;
  const named = Object.hasOwn(NAMED, input.Attribute) ? NAMED[input.Attribute] : undefined;
  if (!named) throw unsupported("ModifyInstanceAttribute", `Attribute=${input.Attribute}`);
  if (input.Value === undefined) throw missingParameter("Value");
  return { ...input, ...named(input.Value) };
}

function changed(instance: Instance, input: Ec2Types.ModifyInstanceAttributeRequest): Partial<Instance> {
  const { DisableApiTermination, DisableApiStop, EbsOptimized, InstanceInitiatedShutdownBehavior, InstanceType, UserData } = input;
  return {
    ...(DisableApiTermination ? { disableApiTermination: DisableApiTermination.Value ?? false } : {}),
    ...(DisableApiStop ? { disableApiStop: DisableApiStop.Value ?? false } : {}),
    ...(EbsOptimized ? { ebsOptimized: whenStopped(instance, EbsOptimized.Value ?? false) } : {}),
    ...(InstanceInitiatedShutdownBehavior ? { shutdownBehavior: shutdownBehavior(InstanceInitiatedShutdownBehavior.Value) } : {}),
    ...(InstanceType ? whenStopped(instance, changedType(checkedType(InstanceType.Value))) : {}),
    ...(UserData ? { userData: whenStopped(instance, checkedUserData(UserData.Value)) } : {}),
  };
}

function whenStopped<T>(instance: Instance, value: T): T {
  if (instance.state !== "stopped") throw incorrectInstanceState(`The instance '${instance.id}' is not in the 'stopped' state.`);
  return value;
}

function checkedType(name: string | undefined): InstanceType {
  const type = name === undefined ? undefined : instanceType(name);
  if (!type) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  checkArchitecture(type);
  return type;
}

/** What only the old type had goes with it: its CPU options, and the credits of a burstable one. */
function changedType(type: InstanceType): Partial<Instance> {
  return { instanceType: type.name, cpuOptions: undefined, cpuCredits: cpuCredits(type, undefined) };
}

/** The request's blob is decoded already; records hold base64. */
function checkedUserData(value: Uint8Array | undefined): string | undefined {
  const text = Buffer.from(value ?? []).toString("base64");
  checkUserData(text);
  return text === "" ? undefined : text;
}

/** Groups and the source check belong to the interface; with more than one it must be named itself. */
function modifyInterface(ctx: Context, instance: Instance, input: Ec2Types.ModifyInstanceAttributeRequest): void {
  if (input.SourceDestCheck === undefined && !input.Groups?.length) return;
  const [first, ...others] = interfacesOf(ctx.db, instance.id);
  if (!first || others.length > 0) {
    throw invalidCombination(`There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`);
  }
  const next: NetworkInterface = {
    ...first,
    ...(input.SourceDestCheck === undefined ? {} : { sourceDestCheck: input.SourceDestCheck.Value ?? true }),
    ...(input.Groups?.length ? { securityGroups: checkedGroups(ctx.db, first.vpcId, input.Groups) } : {}),
  };
  if (JSON.stringify(next) !== JSON.stringify(first)) ctx.db(networkInterfaces).put(next);
}

/** Only whether a volume goes with its instance can be changed here. */
function modifyVolumes(ctx: Context, instance: Instance, mappings: readonly Ec2Types.InstanceBlockDeviceMappingSpecification[]): void {
  for (const mapping of mappings) {
    const volume = ctx.db(volumes).where("instance", instance.id).find((each) => each.attachment?.device === mapping.DeviceName);
    if (!volume?.attachment) throw invalidValue(`No device is currently mapped at ${mapping.DeviceName}`);
    const wanted = mapping.Ebs?.DeleteOnTermination;
    if (wanted !== undefined) ctx.db(volumes).put({ ...volume, attachment: { ...volume.attachment, deleteOnTermination: wanted } });
  }
}

function attribute(ctx: Context, instance: Instance, name: Ec2Types.InstanceAttributeName): Ec2Types.InstanceAttribute {
  const first = interfacesOf(ctx.db, instance.id)[0];
  switch (name) {
    case "blockDeviceMapping":
      return { BlockDeviceMappings: describeInstance(ctx.db, ctx, instance).BlockDeviceMappings };
    case "disableApiStop":
      return { DisableApiStop: { Value: instance.disableApiStop } };
    case "disableApiTermination":
      return { DisableApiTermination: { Value: instance.disableApiTermination } };
    case "ebsOptimized":
      return { EbsOptimized: { Value: instance.ebsOptimized } };
    case "enaSupport":
      return { EnaSupport: { Value: true } };
    case "enclaveOptions":
      return { EnclaveOptions: { Enabled: false } };
    case "kernel":
      return { KernelId: {} };
    case "productCodes":
      return { ProductCodes: [] };
    case "ramdisk":
      return { RamdiskId: {} };
    case "sriovNetSupport":
      return { SriovNetSupport: { Value: "simple" } };
    case "groupSet":
      return { Groups: first ? groupsOf(ctx.db, first) : [] };
    case "instanceInitiatedShutdownBehavior":
      return { InstanceInitiatedShutdownBehavior: { Value: instance.shutdownBehavior } };
    case "instanceType":
      return { InstanceType: { Value: instance.instanceType } };
    case "rootDeviceName":
      return { RootDeviceName: { Value: instance.rootDeviceName } };
    case "sourceDestCheck":
      return { SourceDestCheck: { Value: first?.sourceDestCheck } };
    case "userData":
      return { UserData: instance.userData === undefined ? {} : { Value: instance.userData } };
    default:
      throw unsupported("DescribeInstanceAttribute", `Attribute=${String(name)}`);
  }
}

function isTrue(value: string): boolean {
  if (value !== "true" && value !== "false") throw invalidValue(`Value (${value}) for parameter value is invalid. It must be true or false.`);
  return value === "true";
}
