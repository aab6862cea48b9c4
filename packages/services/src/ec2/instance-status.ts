/** Status checks and the console: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, prepared } from "../define.js";
import { invalidCombination } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { needInstance, needInstances, stateOf } from "./instance-lookup.js";
import { instances, type Instance } from "./state-compute.js";
import { computeArn } from "./taggable.js";
import { timestamp } from "./times.js";
import { zonesOf } from "./zones.js";

const FILTERS: FilterTable<Instance> = {
  "availability-zone": (instance) => instance.availabilityZone,
  "attached-ebs-status.status": (instance) => ebsStatus(instance),
  // Nothing is ever scheduled for an instance here.
  "event.code": () => [],
  "event.description": () => [],
  "event.instance-event-id": () => [],
  "event.not-after": () => [],
  "event.not-before": () => [],
  "event.not-before-deadline": () => [],
  "operator.managed": () => false,
  "operator.principal": () => [],
  "instance-state-code": (instance) => stateOf(instance.state).Code,
  "instance-state-name": (instance) => instance.state,
  "instance-status.reachability": (instance) => reachability(instance.status),
  "instance-status.status": (instance) => instance.status,
  "system-status.reachability": (instance) => reachability(systemStatus(instance)),
  "system-status.status": (instance) => systemStatus(instance),
};

export const instanceStatusOperations = operations(Ec2, {
  DescribeInstanceStatus: {
    authorize: onEverything("ec2:DescribeInstanceStatus"),
    handle(ctx, input) {
      if (input.InstanceIds?.length && input.MaxResults !== undefined) {
        throw invalidCombination("The parameter instancesSet cannot be used with the parameter maxResults");
      }
      const asked = input.InstanceIds?.length ? needInstances(ctx.db, input.InstanceIds) : ctx.db(instances).list();
      const shown = input.IncludeAllInstances === true ? asked : asked.filter((instance) => instance.state === "running");
      const zoneId = (instance: Instance): string | undefined => zonesOf(ctx.region).find((zone) => zone.name === instance.availabilityZone)?.id;
      const page = paginate(select(ctx.db, shown, input.Filters, { ...FILTERS, "availability-zone-id": zoneId }, (instance) => instance.id), input);
      return { InstanceStatuses: page.items.map((instance) => describeStatus(instance, zoneId(instance))), NextToken: page.nextToken };
    },
  },

  GetPasswordData: {
    authorize: (input, asked) => ({ action: "ec2:GetPasswordData", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    // Only Windows instances have a password: for all others AWS answers an empty one.
    handle: (ctx, input) => ({ InstanceId: needInstance(ctx.db, input.InstanceId).id, PasswordData: "", Timestamp: timestamp(ctx.now) }),
  },

  GetConsoleOutput: prepared<Ec2Types.GetConsoleOutputRequest, Ec2Types.GetConsoleOutputResult, Uint8Array>({
    authorize: (input, asked) => ({ action: "ec2:GetConsoleOutput", resources: [computeArn(asked, "instance", input.InstanceId)] }),
    async prepare(input, { facts, ports }) {
      // What is not the caller's must not be read; `handle` refuses it.
      return facts.ec2.instance(input.InstanceId) ? ports.console(input.InstanceId) : new Uint8Array();
    },
    handle(ctx, input, output) {
      const instance = needInstance(ctx.db, input.InstanceId);
      return { InstanceId: instance.id, Timestamp: timestamp(ctx.now), Output: Buffer.from(output).toString("base64") };
    },
  }),
});

function attachedDetails(status: Ec2Types.SummaryStatus): readonly Ec2Types.EbsStatusDetails[] {
  return status === "ok" || status === "initializing" ? [{ Name: "reachability", Status: status === "ok" ? "passed" : "initializing" }] : [];
}

/** The system under an instance is this machine: it is well whenever it answers. */
function systemStatus(instance: Instance): Instance["status"] {
  return instance.status === "impaired" ? "ok" : instance.status;
}

function reachability(status: Instance["status"]): Ec2Types.StatusType | undefined {
  if (status === "ok") return "passed";
  if (status === "impaired") return "failed";
  return status === "initializing" ? "initializing" : undefined;
}

/** A volume that is not there keeps its instance from booting; one that is there is well. */
function ebsStatus(instance: Instance): Ec2Types.SummaryStatus {
  return instance.status === "impaired" ? "ok" : instance.status;
}

function describeStatus(instance: Instance, zoneId: string | undefined): Ec2Types.InstanceStatus {
  const summary = (status: Instance["status"]): Ec2Types.InstanceStatusSummary => {
    const reached = reachability(status);
    const since = status === "impaired" && instance.impairedSince !== undefined ? timestamp(instance.impairedSince) : undefined;
    return { Status: status, Details: reached ? [{ Name: "reachability", Status: reached, ImpairedSince: since }] : [] };
  };
  return {
    InstanceId: instance.id,
    AvailabilityZone: instance.availabilityZone,
    AvailabilityZoneId: zoneId,
    Operator: { Managed: false },
    AttachedEbsStatus: { Status: ebsStatus(instance), Details: attachedDetails(ebsStatus(instance)) },
    InstanceState: stateOf(instance.state),
    InstanceStatus: summary(instance.status),
    SystemStatus: summary(systemStatus(instance)),
    Events: [],
  };
}
