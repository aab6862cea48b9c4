/** Reading and changing what an instance was launched with: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { incorrectInstanceState, invalidCombination, invalidValue, missingParameter, refuse, unsupported } from "./errors.js";
import { needInstance } from "./instance-lookup.js";
import { instanceType } from "./instance-types.js";
import { describeInstance, describeMetadataOptions, groupsOf } from "./instance-view.js";
import { metadataOptions, shutdownBehavior } from "./launch-request.js";
import { checkedGroups, interfacesOf } from "./network-interfaces.js";
import { instances, volumes, type Instance } from "./state-compute.js";
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

export const instanceAttributeOperations = operations(Ec2, {
  ModifyInstanceAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ModifyInstanceAttribute", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    handle(ctx, given) {
      const input = withNamed(given);
      refuse("ModifyInstanceAttribute", input, ["Kernel", "Ramdisk", "SriovNetSupport", "EnaSupport", "EnclaveOptions"]);
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
    ...(EbsOptimized ? { ebsOptimized: EbsOptimized.Value ?? false } : {}),
    ...(InstanceInitiatedShutdownBehavior ? { shutdownBehavior: shutdownBehavior(InstanceInitiatedShutdownBehavior.Value) } : {}),
    ...(InstanceType ? { instanceType: whenStopped(instance, "instanceType", checkedType(InstanceType.Value)) } : {}),
    ...(UserData ? { userData: whenStopped(instance, "userData", checkedUserData(UserData.Value)) } : {}),
  };
}

function whenStopped<T>(instance: Instance, name: string, value: T): T {
  if (instance.state !== "stopped") throw incorrectInstanceState(`The instance '${instance.id}' is not in the 'stopped' state; its ${name} can't be modified.`);
  return value;
}

function checkedType(name: string | undefined): string {
  if (name === undefined || !instanceType(name)) throw invalidValue(`Invalid value '${name}' for InstanceType.`);
  return name;
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
      throw unsupported("DescribeInstanceAttribute", `Attribute=${name}`);
  }
}

function isTrue(value: string): boolean {
  if (value !== "true" && value !== "false") throw invalidValue(`Value (${value}) for parameter value is invalid. It must be true or false.`);
  return value === "true";
}
