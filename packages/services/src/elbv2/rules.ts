import { Elbv2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { refuseMembers } from "../not-implemented.js";
import { access, onListener, onRule } from "./access.js";
import { parseActions } from "./actions.js";
import { parseConditions } from "./conditions.js";
import { notYet, operationNotPermitted, priorityInUse, ruleNotFound, tooMany, validationError } from "./errors.js";
import { findListener, findRule } from "./find.js";
import { LIMITS } from "./limits.js";
import { checkGroups } from "./listeners.js";
import { defaultRuleArn, ruleArn } from "./names.js";
import { page } from "./paging.js";
import { showDefaultRule, showRule } from "./show.js";
import { listeners, rules, type Rule } from "./state.js";
import { mergeTags } from "./tags.js";

const LARGEST_PRIORITY = 50_000;
/** Where the default rule stands among priorities. */
const AFTER_ALL = LARGEST_PRIORITY + 1;

export const ruleOperations = operations(Elbv2, {
  CreateRule: {
    authorize: access("CreateRule", onListener),
    handle(ctx, input) {
      const listener = findListener(ctx.db, input.ListenerArn);
      refuseMembers(input, ["Transforms"], notYet);
      checkPriority(input.Priority);
      const conditions = parseConditions(input.Conditions);
      const actions = parseActions(ctx.db, input.Actions);
      if (ctx.db(rules).where("listener", listener.arn).some(({ priority }) => priority === input.Priority)) throw priorityInUse(input.Priority);
      const most = LIMITS["rules-per-application-load-balancer"];
      if (ctx.db(rules).where("loadBalancer", listener.loadBalancerArn).length >= most) throw tooMany("Rules", most);
      checkGroups(ctx.db, listener.loadBalancerArn, actions);
      const rule = ctx.db(rules).put({
        arn: ruleArn(listener.arn, ctx.ids),
        listenerArn: listener.arn,
        loadBalancerArn: listener.loadBalancerArn,
        priority: input.Priority,
        conditions,
        actions,
        tags: mergeTags([], input.Tags),
      });
      return { Rules: [showRule(rule)] };
    },
  },

  DescribeRules: {
    authorize: access("DescribeRules"),
    handle(ctx, input) {
      const { ListenerArn: listenerArn, RuleArns: arns } = input;
      if (listenerArn === undefined && !arns?.length) throw validationError("You must specify either listener rule ARNs or a listener ARN");
      if (listenerArn !== undefined && arns?.length) throw validationError("Listener rule ARNs and a listener ARN cannot be specified at the same time");
      const shown = (arn: string) => {
        const owner = ctx.db(listeners).list().find((listener) => defaultRuleArn(listener.arn) === arn);
        return owner ? showDefaultRule(owner) : showRule(findRule(ctx.db, arn));
      };
      const listener = listenerArn === undefined ? undefined : findListener(ctx.db, listenerArn);
      const all = listener ? [...inOrder(ctx.db(rules).where("listener", listener.arn)).map(showRule), showDefaultRule(listener)] : (arns ?? []).map(shown);
      const { records, NextMarker } = page(all, input, ({ Priority: priority, RuleArn: arn = "" }) => [priority === "default" ? AFTER_ALL : Number(priority), arn]);
      return { Rules: records, NextMarker };
    },
  },

  ModifyRule: {
    authorize: access("ModifyRule", onRule),
    handle(ctx, input) {
      const rule = findRule(ctx.db, input.RuleArn);
      refuseMembers(input, ["Transforms", "ResetTransforms"], notYet);
      if (input.Conditions === undefined && input.Actions === undefined) throw validationError("Either conditions or actions must be specified");
      const conditions = input.Conditions === undefined ? rule.conditions : parseConditions(input.Conditions);
      const actions = input.Actions === undefined ? rule.actions : parseActions(ctx.db, input.Actions);
      checkGroups(ctx.db, rule.loadBalancerArn, actions);
      return { Rules: [showRule(ctx.db(rules).put({ ...rule, conditions, actions }))] };
    },
  },

  DeleteRule: {
    authorize: access("DeleteRule", onRule),
    handle(ctx, input) {
      if (ctx.db(listeners).list().some((listener) => defaultRuleArn(listener.arn) === input.RuleArn)) {
        throw operationNotPermitted(`Default rule '${input.RuleArn}' cannot be deleted`);
      }
      ctx.db(rules).delete(findRule(ctx.db, input.RuleArn).arn);
      return {};
    },
  },

  SetRulePriorities: {
    authorize: access("SetRulePriorities", (input) => input.RulePriorities.map(({ RuleArn }) => RuleArn)),
    handle(ctx, input) {
      const wanted = new Map<string, number>();
      for (const { RuleArn: arn = "", Priority: priority = 0 } of input.RulePriorities) {
        checkPriority(priority);
        if ([...wanted.values()].includes(priority)) throw validationError(`Priority '${priority}' was provided multiple times`);
        if (!ctx.db(rules).get(arn)) throw ruleNotFound(arn);
        wanted.set(arn, priority);
      }
      const changed = [...wanted].map(([arn, priority]) => ({ ...findRule(ctx.db, arn), priority }));
      for (const rule of changed) {
        const inUse = ctx.db(rules).where("listener", rule.listenerArn).some((other) => !wanted.has(other.arn) && other.priority === rule.priority);
        if (inUse) throw priorityInUse(rule.priority);
      }
      return { Rules: changed.map((rule) => showRule(ctx.db(rules).put(rule))) };
    },
  },
});

export function inOrder(all: readonly Rule[]): readonly Rule[] {
  return all.toSorted((a, b) => a.priority - b.priority);
}

function checkPriority(priority: number): void {
  if (!Number.isInteger(priority) || priority < 1 || priority > LARGEST_PRIORITY) throw validationError(`Rule priority '${priority}' must be between 1 and ${LARGEST_PRIORITY}`);
}
