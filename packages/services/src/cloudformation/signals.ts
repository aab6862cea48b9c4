/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SignalResource.html */
import { takesSignals } from "@hakoniwa/cloudformation";
import { Cloudformation } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access } from "./access.js";
import { noSuchResource, tooManySignals, validationError } from "./errors.js";
import { findStack, logicalResources } from "./find.js";
import { signals, signalsOf } from "./signals-state.js";

/** In which something of the stack may wait for signals. */
const SIGNALLED = new Set(["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"]);
const WAITING = new Set(["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"]);
/** Instances may signal: one that means harm must not fill the memory where fewer are waited for. */
const MOST_SIGNALS = 1000;

export const signalOperations = operations(Cloudformation, {
  SignalResource: {
    authorize: access("SignalResource"),
    handle(ctx, input) {
      const { StackName: name, LogicalResourceId: logicalId, UniqueId: uniqueId, Status: status } = input;
      const stack = findStack(ctx.db, name);
      if (!stack) throw validationError(`Stack ${name} does not exist`);
      if (!SIGNALLED.has(stack.status)) throw validationError(`Stack ${stack.id} is in ${stack.status} state and cannot be signaled`);
      const resource = logicalResources(ctx.db, stack.id).find((candidate) => candidate.logicalId === logicalId);
      if (!resource) throw noSuchResource(logicalId, stack.name);
      if (!takesSignals(resource.type)) throw validationError(`Resource ${logicalId} is of type ${resource.type} and cannot be signaled`);
      if (resource.role !== "current" || !WAITING.has(resource.status)) throw validationError(`Resource ${logicalId} is in ${resource.status} state and cannot be signaled`);
      const signal = { stackId: stack.id, logicalId, incarnation: resource.incarnation, uniqueId, status, at: ctx.now, told: false };
      const known = ctx.db(signals).get(signals.key(signal));
      if (known && status !== "FAILURE") {
        throw validationError(`Signal with ID ${uniqueId} for resource ${logicalId} already exists. Signals may only be updated with a FAILURE status.`);
      }
      const most = Math.max(MOST_SIGNALS, resource.policies?.creation?.signal?.count ?? 0);
      if (!known && signalsOf(ctx.db, signal).length >= most) throw tooManySignals();
      if (known?.status !== status) ctx.db(signals).put(signal);
      return {};
    },
  },
});
