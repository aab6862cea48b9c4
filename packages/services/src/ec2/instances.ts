/** Launching instances and changing their state: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html */
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import type { Access } from "@hakoniwa/kernel";
import { onEverything } from "../access.js";
import { operations, type Asked, type Context } from "../define.js";
import { incorrectInstanceState, invalidCombination, operationNotPermitted, refuse } from "./errors.js";
import { paginateBy, select } from "./filters.js";
import { instanceFilters } from "./instance-filters.js";
import { needInstances, stateOf } from "./instance-lookup.js";
import { describeReservations } from "./instance-view.js";
import { launch } from "./launch.js";
import { launchAccess } from "./launch-access.js";
import { interfacesOf } from "./network-interfaces.js";
import { restorePublicAddress } from "./public-addresses.js";
import { instances, type Instance, type InstanceState } from "./state-compute.js";
import { computeArn } from "./taggable.js";
import { isoTime } from "./times.js";

export const instanceOperations = operations(Ec2, {
  RunInstances: {
    authorize: launchAccess,
    handle(ctx, input) {
      return describeReservations(ctx.db, ctx, launch(ctx, input))[0]!;
    },
  },

  DescribeInstances: {
    authorize: onEverything("ec2:DescribeInstances"),
    handle(ctx, input) {
      if (input.InstanceIds?.length && input.MaxResults !== undefined) {
        throw invalidCombination("The parameter instancesSet cannot be used with the parameter maxResults");
      }
      const asked = input.InstanceIds?.length ? needInstances(ctx.db, input.InstanceIds) : ctx.db(instances).list();
      const found = select(ctx.db, asked, input.Filters, instanceFilters(ctx.db, ctx), (instance) => instance.id);
      // By reservation first, whose instances are shown together.
      const page = paginateBy(found, input, ({ reservationId, id }) => [reservationId, id]);
      return { Reservations: describeReservations(ctx.db, ctx, page.items), NextToken: page.nextToken };
    },
  },

  StartInstances: {
    authorize: accessTo("StartInstances"),
    handle(ctx, input) {
      refuse("StartInstances", input, ["AdditionalInfo"]);
      const found = needInstances(ctx.db, input.InstanceIds);
      for (const instance of found) {
        if (!["pending", "running", "stopped"].includes(instance.state)) throw incorrectInstanceState(`The instance '${instance.id}' is not in a state from which it can be started.`);
      }
      return { StartingInstances: found.map((instance) => (instance.state === "stopped" ? start(ctx, instance) : unchanged(instance))) };
    },
  },

  StopInstances: {
    authorize: accessTo("StopInstances"),
    handle(ctx, input) {
      refuse("StopInstances", input, ["Hibernate"]);
      const found = needInstances(ctx.db, input.InstanceIds);
      for (const instance of found) {
        if (["terminated", "shutting-down"].includes(instance.state)) throw incorrectInstanceState(`This instance '${instance.id}' is not in a state from which it can be stopped.`);
        if (instance.disableApiStop && input.Force !== true && isUp(instance)) {
          throw operationNotPermitted(`The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`);
        }
      }
      return { StoppingInstances: found.map((instance) => (isUp(instance) ? leave(ctx, instance, "stopping") : unchanged(instance))) };
    },
  },

  RebootInstances: {
    authorize: accessTo("RebootInstances"),
    handle(ctx, input) {
      const found = needInstances(ctx.db, input.InstanceIds);
      for (const instance of found) {
        if (!isUp(instance)) throw incorrectInstanceState(`The instance '${instance.id}' is not in a state from which it can be rebooted: it is ${instance.state}.`);
      }
      for (const instance of found) {
        // One that has not come up yet comes up anyway.
        if (instance.state === "running") ctx.db(instances).put({ ...instance, boot: instance.boot + 1, failedStart: undefined, status: "initializing", impairedSince: undefined });
      }
      return {};
    },
  },

  TerminateInstances: {
    authorize: accessTo("TerminateInstances"),
    handle(ctx, input) {
      const found = needInstances(ctx.db, input.InstanceIds);
      const kept = found.find((instance) => instance.disableApiTermination && instance.state !== "terminated");
      if (kept) throw operationNotPermitted(`The instance '${kept.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`);
      const going = ["terminated", "shutting-down"];
      return { TerminatingInstances: found.map((instance) => (going.includes(instance.state) ? unchanged(instance) : leave(ctx, instance, "shutting-down"))) };
    },
  },
});

function isUp(instance: Instance): boolean {
  return instance.state === "running" || instance.state === "pending";
}

/** The next boot, from the same disk and with the same private address; a public one from Amazon's pool is new. */
function start(ctx: Context, instance: Instance): Ec2Types.InstanceStateChange {
  ctx.db(instances).put({
    ...instance,
    state: "pending",
    stateReason: undefined,
    stateTransitionReason: "",
    boot: instance.boot + 1,
    failedStart: undefined,
    status: "initializing",
    impairedSince: undefined,
    launchTime: ctx.now,
  });
  for (const each of interfacesOf(ctx.db, instance.id)) restorePublicAddress(ctx, each.id);
  return change(instance, "pending");
}

function leave(ctx: Context, instance: Instance, state: "stopping" | "shutting-down"): Ec2Types.InstanceStateChange {
  ctx.db(instances).put({
    ...instance,
    state,
    stateReason: { code: "Client.UserInitiatedShutdown", message: "Client.UserInitiatedShutdown: User initiated shutdown" },
    stateTransitionReason: `User initiated (${isoTime(ctx.now).slice(0, 19).replace("T", " ")} GMT)`,
    status: "not-applicable",
    impairedSince: undefined,
  });
  return change(instance, state);
}

function unchanged(instance: Instance): Ec2Types.InstanceStateChange {
  return change(instance, instance.state);
}

function change(instance: Instance, state: InstanceState): Ec2Types.InstanceStateChange {
  return { InstanceId: instance.id, PreviousState: stateOf(instance.state), CurrentState: stateOf(state) };
}

function accessTo(operation: string): (input: { readonly InstanceIds: readonly string[] }, asked: Asked) => Access {
  return (input, asked) => ({ action: `ec2:${operation}`, resources: input.InstanceIds.map((id) => computeArn(asked, "instance", id)) });
}
