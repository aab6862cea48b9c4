/** Lifecycle hooks: https://docs.aws.amazon.com/autoscaling/ec2/userguide/lifecycle-hooks.html */
import { Autoscaling, type AutoscalingTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { onGroup } from "./access.js";
import { hookNotFound, limitExceeded, noLifecycleAction, notYet, validationError } from "./errors.js";
import { findGroup, findLivingGroup, membersOf } from "./find.js";
import { globalTimeout } from "./hook-waits.js";
import { testMessage } from "./messages.js";
import { send } from "./outbox.js";
import { members, type Group, type HookResult, type HookWait, type Member } from "./state.js";
import { hooks, inGroup, type Hook, type Transition } from "./state-scaling.js";

const MOST_HOOKS = 50;
const TRANSITIONS: readonly Transition[] = ["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"];
const DEFAULT_HEARTBEAT = 3600;

export const hookOperations = operations(Autoscaling, {
  PutLifecycleHook: {
    authorize: onGroup("PutLifecycleHook"),
    handle(ctx, input) {
      putHook(ctx, findLivingGroup(ctx.db, input.AutoScalingGroupName), input);
      return {};
    },
  },

  DeleteLifecycleHook: {
    authorize: onGroup("DeleteLifecycleHook"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      const name = input.LifecycleHookName;
      if (!ctx.db(hooks).delete(inGroup(group.name, name))) throw hookNotFound(name, group.name);
      // What waits for it goes on, as if abandoned (launching) or continued (terminating).
      for (const member of membersOf(ctx.db, group.name)) {
        const result = member.lifecycle === "Pending:Wait" ? "ABANDON" : "CONTINUE";
        if (member.waits.some((wait) => wait.hook === name)) complete(ctx, member, (wait) => wait.hook === name, result);
      }
      return {};
    },
  },

  DescribeLifecycleHooks: {
    authorize: onEverything("autoscaling:DescribeLifecycleHooks"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      const wanted = input.LifecycleHookNames;
      return { LifecycleHooks: ctx.db(hooks).where("group", group.name).filter(({ name }) => !wanted?.length || wanted.includes(name)).map(show) };
    },
  },

  DescribeLifecycleHookTypes: {
    authorize: onEverything("autoscaling:DescribeLifecycleHookTypes"),
    handle: () => ({ LifecycleHookTypes: TRANSITIONS }),
  },

  CompleteLifecycleAction: {
    authorize: onGroup("CompleteLifecycleAction"),
    handle(ctx, input) {
      const result = parseResult("LifecycleActionResult", input.LifecycleActionResult);
      const { member, isMeant } = findAction(ctx, input);
      complete(ctx, member, isMeant, result);
      return {};
    },
  },

  RecordLifecycleActionHeartbeat: {
    authorize: onGroup("RecordLifecycleActionHeartbeat"),
    handle(ctx, input) {
      const { member, isMeant } = findAction(ctx, input);
      const waits = member.waits.map((wait) => (isMeant(wait) ? { ...wait, until: Math.min(wait.atMostUntil, ctx.now + wait.heartbeat * 1000) } : wait));
      ctx.db(members).put({ ...member, waits });
      return {};
    },
  },
});

/** Creates or changes a hook; what waits already waits by its old settings. */
export function putHook(ctx: Context, group: Group, given: Omit<AutoscalingTypes.PutLifecycleHookType, "AutoScalingGroupName">): void {
  const name = given.LifecycleHookName;
  if (!/^[A-Za-z0-9\-_/]{1,255}$/.test(name)) throw validationError(`LifecycleHookName '${name}' must be 1 to 255 letters, digits, hyphens, underscores or slashes.`);
  const before = ctx.db(hooks).get(inGroup(group.name, name));
  if (!before && ctx.db(hooks).where("group", group.name).length >= MOST_HOOKS) throw limitExceeded("lifecycle hooks per Auto Scaling group", MOST_HOOKS);
  const transition = given.LifecycleTransition ?? before?.transition;
  const known = TRANSITIONS.find((each) => each === transition);
  if (!known) throw validationError(`LifecycleTransition '${transition ?? ""}' is not valid: it must be one of ${TRANSITIONS.join(", ")}.`);
  const heartbeat = given.HeartbeatTimeout ?? before?.heartbeat ?? DEFAULT_HEARTBEAT;
  if (!Number.isInteger(heartbeat) || heartbeat < 30 || heartbeat > 7200) throw validationError(`HeartbeatTimeout '${heartbeat}' must be between 30 and 7200 seconds.`);
  const metadata = given.NotificationMetadata ?? before?.metadata;
  if (metadata !== undefined && metadata.length > 1023) throw validationError("NotificationMetadata must be at most 1023 characters long.");
  const target = given.NotificationTargetARN === undefined ? before?.target : parseTarget(ctx, given.NotificationTargetARN);
  const hook = ctx.db(hooks).put({
    name,
    group: group.name,
    transition: known,
    heartbeat,
    otherwise: given.DefaultResult === undefined ? (before?.otherwise ?? "ABANDON") : parseResult("DefaultResult", given.DefaultResult),
    metadata,
    target,
    roleArn: given.RoleARN ?? before?.roleArn,
  });
  if (hook.target !== undefined && hook.target !== before?.target) {
    const id = ctx.ids.uuid();
    send(ctx.db, hook.target, id, testMessage(group, id, ctx.now));
  }
}

/** An empty text takes the target away. */
function parseTarget(ctx: Context, arn: string): string | undefined {
  if (arn === "") return undefined;
  if (!arn.startsWith("arn:aws:sns:")) throw arn.startsWith("arn:aws:sqs:") ? notYet("SQS queues as NotificationTargetARN") : validationError(`NotificationTargetARN '${arn}' must be the ARN of an SNS topic.`);
  ctx.aws.sns.GetTopicAttributes({ TopicArn: arn });
  return arn;
}

function parseResult(field: string, value: string): HookResult {
  if (value === "CONTINUE" || value === "ABANDON") return value;
  throw validationError(`${field} '${value}' is not valid: it must be CONTINUE or ABANDON.`);
}

type Named = Pick<AutoscalingTypes.CompleteLifecycleActionType, "AutoScalingGroupName" | "LifecycleHookName" | "InstanceId" | "LifecycleActionToken">;

/** The one that a hook's instance or token names, while it is still waited for. */
function findAction(ctx: Context, input: Named): { readonly member: Member; isMeant(wait: HookWait): boolean } {
  const { LifecycleHookName: name, LifecycleActionToken: token, InstanceId: instanceId } = input;
  const group = findGroup(ctx.db, input.AutoScalingGroupName);
  if (!ctx.db(hooks).get(inGroup(group.name, name))) throw hookNotFound(name, group.name);
  if (token === undefined && instanceId === undefined) throw validationError("Either InstanceId or LifecycleActionToken must be given.");
  const isMeant = (wait: HookWait): boolean => wait.hook === name && wait.result === undefined && (token === undefined || wait.token === token);
  const member = membersOf(ctx.db, group.name).find((each) => (instanceId === undefined || each.instanceId === instanceId) && each.waits.some(isMeant));
  if (!member) throw noLifecycleAction(token === undefined ? `instance ID ${instanceId ?? ""}` : `token ${token}`);
  return { member, isMeant };
}

function complete(ctx: Context, member: Member, isMeant: (wait: HookWait) => boolean, result: HookResult): void {
  ctx.db(members).put({ ...member, waits: member.waits.map((wait) => (isMeant(wait) ? { ...wait, result } : wait)) });
}

function show(hook: Hook): AutoscalingTypes.LifecycleHook {
  return {
    LifecycleHookName: hook.name,
    AutoScalingGroupName: hook.group,
    LifecycleTransition: hook.transition,
    NotificationTargetARN: hook.target,
    RoleARN: hook.roleArn,
    NotificationMetadata: hook.metadata,
    HeartbeatTimeout: hook.heartbeat,
    GlobalTimeout: globalTimeout(hook.heartbeat),
    DefaultResult: hook.otherwise,
  };
}
