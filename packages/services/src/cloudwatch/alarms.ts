/** Making, changing and ending alarms. */
import { Cloudwatch, type CloudwatchTypes } from "@hakoniwa/wire";
import type { Asked, Context } from "../define.js";
import { operations } from "../define.js";
import { checkActions, checkedAlarm, checkName } from "./alarm-checks.js";
import { showAlarm } from "./alarm-show.js";
import { alarmArn } from "./arns.js";
import { childrenOf, parseRule, RuleError, type Rule } from "./composite-rule.js";
import { alarmNotFound, alarmsNotFound, notYet, validation } from "./errors.js";
import { configured } from "./history.js";
import { refuseMembers } from "../not-implemented.js";
import { alarms, pendingActions, type Alarm, type AlarmState } from "./state.js";
import { checkTags, tagsOf } from "./tags.js";
import { transition } from "./transitions.js";

const MOST_DELETED = 100;
const LONGEST_RULE = 10_240;

type PutInput = Pick<CloudwatchTypes.PutMetricAlarmInput, "AlarmName" | "AlarmDescription" | "ActionsEnabled" | "OKActions" | "AlarmActions" | "InsufficientDataActions" | "Tags">;

function onAlarm<In extends { readonly AlarmName: string }>(operation: string) {
  return (input: In, asked: Asked) => ({ action: `cloudwatch:${operation}`, resources: [alarmArn(asked, input.AlarmName)] });
}

function onAlarms<In extends { readonly AlarmNames: readonly string[] }>(operation: string) {
  return (input: In, asked: Asked) => ({ action: `cloudwatch:${operation}`, resources: input.AlarmNames.map((name) => alarmArn(asked, name)) });
}

export const alarmOperations = operations(Cloudwatch, {
  PutMetricAlarm: {
    authorize: onAlarm("PutMetricAlarm"),
    handle(ctx, input) {
      const alarm = checkedAlarm(input, ctx);
      put(ctx, { ...common(ctx, input), kind: "metric", ...alarm });
      return {};
    },
  },

  PutCompositeAlarm: {
    authorize: onAlarm("PutCompositeAlarm"),
    handle(ctx, input) {
      refuseMembers(input, ["ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod", "ActionConfiguration"], (name) => notYet(`the parameter ${name} of composite alarms`));
      checkName(input.AlarmName);
      checkActions(input, ctx);
      const elsewhere = [input.OKActions, input.AlarmActions, input.InsufficientDataActions].flatMap((arns) => arns ?? []).find((arn) => !arn.startsWith("arn:aws:sns:"));
      if (elsewhere !== undefined) throw validation(`Composite alarms can notify SNS topics only, not ${elsewhere}.`);
      const children = checkRule(ctx, input.AlarmName, input.AlarmRule);
      put(ctx, { ...common(ctx, input), kind: "composite", rule: input.AlarmRule, children });
      return {};
    },
  },

  DeleteAlarms: {
    authorize: onAlarms("DeleteAlarms"),
    handle(ctx, input) {
      if (input.AlarmNames.length > MOST_DELETED) throw validation(`The collection AlarmNames must not have a size greater than ${MOST_DELETED}.`);
      const missing = input.AlarmNames.filter((name) => !ctx.db(alarms).get(name));
      if (missing.length > 0) throw alarmsNotFound(missing);
      for (const name of new Set(input.AlarmNames)) remove(ctx, name, input.AlarmNames);
      return {};
    },
  },

  EnableAlarmActions: { authorize: onAlarms("EnableAlarmActions"), handle: (ctx, input) => enable(ctx, input.AlarmNames, true) },
  DisableAlarmActions: { authorize: onAlarms("DisableAlarmActions"), handle: (ctx, input) => enable(ctx, input.AlarmNames, false) },

  SetAlarmState: {
    authorize: onAlarm("SetAlarmState"),
    handle(ctx, input) {
      const alarm = ctx.db(alarms).get(input.AlarmName);
      if (!alarm) throw alarmNotFound(input.AlarmName);
      if (!["OK", "ALARM", "INSUFFICIENT_DATA"].includes(input.StateValue)) throw validation(`The value ${input.StateValue} for parameter StateValue is not one of OK, ALARM, INSUFFICIENT_DATA.`);
      if (input.StateReasonData !== undefined && !isJson(input.StateReasonData)) throw validation("The parameter StateReasonData must be JSON.");
      const { alarm: after, actions, history } = transition(alarm, { value: input.StateValue, reason: input.StateReason, reasonData: input.StateReasonData }, ctx, ctx.now);
      ctx.db(alarms).put(after);
      for (const action of actions) ctx.db(pendingActions).put(action);
      for (const entry of history) ctx.log(entry);
      return {};
    },
  },
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function common(ctx: Context, input: PutInput): Omit<Alarm, "kind" | "rule" | "children" | "source"> {
  const before = ctx.db(alarms).get(input.AlarmName);
  const unchecked: AlarmState = { value: "INSUFFICIENT_DATA", reason: "Unchecked: Initial alarm creation", reasonData: undefined, updated: ctx.now, transitioned: ctx.now };
  checkTags(input.Tags);
  return {
    name: input.AlarmName,
    arn: alarmArn(ctx, input.AlarmName),
    description: input.AlarmDescription,
    configured: ctx.now,
    actionsEnabled: input.ActionsEnabled ?? true,
    okActions: input.OKActions ?? [],
    alarmActions: input.AlarmActions ?? [],
    insufficientDataActions: input.InsufficientDataActions ?? [],
    // An alarm that is there keeps its state and its tags.
    tags: before ? before.tags : tagsOf(input.Tags),
    state: before?.state ?? unchecked,
  };
}

function put(ctx: Context, alarm: Alarm): void {
  const before = ctx.db(alarms).get(alarm.name);
  if (before && before.kind !== alarm.kind) throw validation(`An alarm of another type exists with the name ${alarm.name}.`);
  ctx.db(alarms).put(alarm);
  ctx.log(configured(ctx, alarm, ctx.now, before ? "Update" : "Create", showAlarm(alarm)));
}

function remove(ctx: Context, name: string, leaving: readonly string[]): void {
  const alarm = ctx.db(alarms).get(name);
  if (!alarm) return;
  const parent = ctx.db(alarms).where("child", name).find((other) => !leaving.includes(other.name));
  if (parent) throw validation(`Cannot delete ${name} as there are composite alarm(s) depending on it.`);
  ctx.db(alarms).delete(name);
  ctx.log(configured(ctx, alarm, ctx.now, "Delete", showAlarm(alarm)));
}

function enable(ctx: Context, names: readonly string[], actionsEnabled: boolean): Record<string, never> {
  for (const name of names) {
    const alarm = ctx.db(alarms).get(name);
    // AWS passes over alarms that are not there.
    if (alarm && alarm.actionsEnabled !== actionsEnabled) put(ctx, { ...alarm, actionsEnabled, configured: ctx.now });
  }
  return {};
}

function checkRule(ctx: Context, name: string, text: string): readonly string[] {
  if (text.length > LONGEST_RULE) throw validation(`The parameter AlarmRule must not have more than ${LONGEST_RULE} characters.`);
  const children = childrenOf(ruleOf(text));
  const missing = children.find((child) => child !== name && !ctx.db(alarms).get(child));
  if (missing !== undefined) throw validation(`Unable to parse AlarmRule: the alarm ${missing} does not exist.`);
  const reaches = (from: string, seen: ReadonlySet<string>): boolean => {
    if (from === name) return true;
    const alarm = ctx.db(alarms).get(from);
    return alarm?.kind === "composite" && !seen.has(from) && alarm.children.some((child) => reaches(child, new Set([...seen, from])));
  };
  if (children.some((child) => reaches(child, new Set()))) throw validation("The AlarmRule would make a cycle of composite alarms.");
  return children;
}

function ruleOf(text: string): Rule {
  try {
    return parseRule(text);
  } catch (error) {
    if (error instanceof RuleError) throw validation(`Unable to parse AlarmRule: ${error.message}`);
    throw error;
  }
}
