/** Settings of instances that have operations of their own: monitoring, placement, CPU, credits, recovery and host names. */
import { AwsError, type Access } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Asked, type Context } from "../define.js";
import { incorrectInstanceState, invalidCombination, missingParameter, refuse } from "./errors.js";
import { paginate, select } from "./filters.js";
import { needInstance, needInstances } from "./instance-lookup.js";
import { instanceType } from "./instance-types.js";
import { checkHostnames, cpuCredits, cpuOptions, placementOf } from "./launch-options.js";
import { oneOf } from "./settings.js";
import { instances, type Instance } from "./state-compute.js";
import { computeArn } from "./taggable.js";

export const instanceOptionOperations = operations(Ec2, {
  MonitorInstances: {
    authorize: onInstances("MonitorInstances"),
    handle: (ctx, input) => ({ InstanceMonitorings: monitor(ctx, input.InstanceIds, true) }),
  },

  UnmonitorInstances: {
    authorize: onInstances("UnmonitorInstances"),
    handle: (ctx, input) => ({ InstanceMonitorings: monitor(ctx, input.InstanceIds, false) }),
  },

  ModifyInstancePlacement: {
    authorize: onInstance("ModifyInstancePlacement"),
    handle(ctx, input) {
      refuse("ModifyInstancePlacement", input, ["Affinity", "HostId", "HostResourceGroupArn", "PartitionNumber"]);
      const instance = stopped(ctx, input.InstanceId);
      if (input.Tenancy === undefined && input.GroupName === undefined && input.GroupId === undefined) throw missingParameter("at least one of Tenancy, GroupName and GroupId");
      // An empty group name takes the instance out of its group.
      const group = input.GroupName === undefined && input.GroupId === undefined ? { GroupName: instance.placementGroup } : { GroupName: input.GroupName, GroupId: input.GroupId };
      const asked = { ...group, Tenancy: input.Tenancy ?? instance.tenancy };
      put(ctx, instance, placementOf(ctx.db, "ModifyInstancePlacement", asked, instance.vpcId, instanceType(instance.instanceType)));
      return { Return: true };
    },
  },

  ModifyInstanceCpuOptions: {
    authorize: onInstance("ModifyInstanceCpuOptions"),
    handle(ctx, input) {
      refuse("ModifyInstanceCpuOptions", input, ["NestedVirtualization"]);
      const instance = stopped(ctx, input.InstanceId);
      const type = instanceType(instance.instanceType);
      const next = type && cpuOptions(type, input);
      if (!next) throw missingParameter("CoreCount");
      put(ctx, instance, { cpuOptions: next });
      return { InstanceId: instance.id, CoreCount: next.coreCount, ThreadsPerCore: next.threadsPerCore };
    },
  },

  ModifyInstanceMaintenanceOptions: {
    authorize: onInstance("ModifyInstanceMaintenanceOptions"),
    handle(ctx, input) {
      refuse("ModifyInstanceMaintenanceOptions", input, ["RebootMigration"]);
      const instance = alive(ctx, input.InstanceId);
      const autoRecovery = oneOf("autoRecovery", input.AutoRecovery, ["default", "disabled"]);
      put(ctx, instance, { autoRecovery });
      return { InstanceId: instance.id, AutoRecovery: autoRecovery };
    },
  },

  ModifyPrivateDnsNameOptions: {
    authorize: onInstance("ModifyPrivateDnsNameOptions"),
    handle(ctx, input) {
      const instance = needInstance(ctx.db, input.InstanceId);
      // Only what instances have anyway is accepted, so that there is nothing to record.
      checkHostnames("ModifyPrivateDnsNameOptions", { ...input, HostnameType: input.PrivateDnsHostnameType });
      if (instance.state !== "stopped") throw incorrectInstanceState(`The instance '${instance.id}' is not in the 'stopped' state.`);
      return { Return: true };
    },
  },

  DescribeInstanceCreditSpecifications: {
    authorize: onEverything("ec2:DescribeInstanceCreditSpecifications"),
    handle(ctx, input) {
      if (input.InstanceIds?.length && input.MaxResults !== undefined) throw invalidCombination("The parameter instancesSet cannot be used with the parameter maxResults");
      // Without ids only the unlimited ones are listed.
      const asked = input.InstanceIds?.length ? needInstances(ctx.db, input.InstanceIds) : ctx.db(instances).list().filter((instance) => instance.cpuCredits === "unlimited");
      const burstable = asked.filter((instance) => instance.cpuCredits !== undefined && instance.state !== "terminated");
      const page = paginate(select(ctx.db, burstable, input.Filters, { "instance-id": (instance) => instance.id }, (instance) => instance.id), input);
      return { InstanceCreditSpecifications: page.items.map(({ id, cpuCredits: CpuCredits }) => ({ InstanceId: id, CpuCredits })), NextToken: page.nextToken };
    },
  },

  ModifyInstanceCreditSpecification: {
    authorize: (input, asked) => ({
      action: "ec2:ModifyInstanceCreditSpecification",
      resources: input.InstanceCreditSpecifications.map((each) => computeArn(asked, "instance", each.InstanceId ?? "*")),
    }),
    handle(ctx, input) {
      const done: Ec2Types.SuccessfulInstanceCreditSpecificationItem[] = [];
      const refused: Ec2Types.UnsuccessfulInstanceCreditSpecificationItem[] = [];
      for (const each of input.InstanceCreditSpecifications) {
        const error = setCredits(ctx, each);
        if (error) refused.push({ InstanceId: each.InstanceId, Error: error });
        else done.push({ InstanceId: each.InstanceId });
      }
      return { SuccessfulInstanceCreditSpecifications: done, UnsuccessfulInstanceCreditSpecifications: refused };
    },
  },
});

/** Each instance succeeds or fails alone: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UnsuccessfulInstanceCreditSpecificationItemError.html */
function setCredits(ctx: Context, { InstanceId: id, CpuCredits: wanted }: Ec2Types.InstanceCreditSpecificationRequest): Ec2Types.UnsuccessfulInstanceCreditSpecificationItemError | undefined {
  const instance = ctx.db(instances).get(id);
  if (!instance) return { Code: /^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id) ? "InvalidInstanceID.NotFound" : "InvalidInstanceID.Malformed", Message: `The instance ID '${id}' does not exist` };
  if (instance.state !== "running" && instance.state !== "stopped") return { Code: "IncorrectInstanceState", Message: `The instance '${id}' is ${instance.state}.` };
  const type = instanceType(instance.instanceType);
  if (!type?.burstable) return { Code: "InstanceCreditSpecification.NotSupported", Message: `The instance type ${instance.instanceType} of '${id}' is not burstable.` };
  put(ctx, instance, { cpuCredits: cpuCredits(type, wanted) });
  return undefined;
}

function monitor(ctx: Context, ids: readonly string[], monitoring: boolean): readonly Ec2Types.InstanceMonitoring[] {
  return needInstances(ctx.db, ids).map((instance) => {
    if (instance.state === "terminated") throw incorrectInstanceState(`The instance '${instance.id}' is terminated.`);
    if (instance.monitoring === monitoring) return { InstanceId: instance.id, Monitoring: { State: monitoring ? ("enabled" as const) : ("disabled" as const) } };
    put(ctx, instance, { monitoring });
    return { InstanceId: instance.id, Monitoring: { State: monitoring ? ("pending" as const) : ("disabling" as const) } };
  });
}

function put(ctx: Context, instance: Instance, change: Partial<Instance>): void {
  ctx.db(instances).put({ ...instance, ...change });
}

function alive(ctx: Context, id: string): Instance {
  const instance = needInstance(ctx.db, id);
  if (instance.state === "terminated" || instance.state === "shutting-down") throw new AwsError("IncorrectInstanceState", `The instance '${id}' is ${instance.state}.`);
  return instance;
}

function stopped(ctx: Context, id: string): Instance {
  const instance = needInstance(ctx.db, id);
  if (instance.state !== "stopped") throw incorrectInstanceState(`The instance '${id}' is not in the 'stopped' state.`);
  return instance;
}

function onInstance(operation: string): (input: { readonly InstanceId: string }, asked: Asked) => Access {
  return (input, asked) => ({ action: `ec2:${operation}`, resources: [computeArn(asked, "instance", input.InstanceId)] });
}

function onInstances(operation: string): (input: { readonly InstanceIds: readonly string[] }, asked: Asked) => Access {
  return (input, asked) => ({ action: `ec2:${operation}`, resources: input.InstanceIds.map((id) => computeArn(asked, "instance", id)) });
}
