/** Carries stacks on, one pass a run: each write that a pass makes calls for the next. */
import { makeGoal, type Goal, type Step } from "@hakoniwa/cloudformation";
import { AwsError } from "@hakoniwa/kernel";
import { reconciler, type Jobs } from "../define.js";
import { apply, revert, settle } from "./apply.js";
import { environmentOf } from "./environment.js";
import { resourcesOf } from "./find.js";
import { phaseOf, planStack, reasonOf } from "./plan.js";
import type { Registry } from "./registry.js";
import { awaitRemoval, isRetrying, remove } from "./remove.js";
import { noEchoOf } from "./show.js";
import { templateOf } from "./requests.js";
import { stacks, type Stack, type StackResource } from "./state.js";
import type { Run } from "./run.js";
import { finishPhase } from "./transition.js";

/** How often a deletion is tried again. */
const RETRY = 5_000;

export function runStacks(registry: Registry) {
  /** The goals of the stacks that are being created or updated. */
  const goals = new Map<string, { readonly operation: number; readonly goal: Goal }>();

  return reconciler({
    name: "cloudformation.run-stacks",
    watches: [
      // What a resource waits for can be in any service's table of the same region.
      { table: "*", keys: (_record: never, scope, read) => read(scope)(stacks).where("active", "yes").map((stack) => stack.id) },
    ],
    async reconcile(key, ownJobs) {
      const stack = ownJobs.db(stacks).get(key.id);
      const phase = stack && phaseOf(stack.status);
      if (phase !== "apply") goals.delete(key.id);
      if (!stack || !phase) return;
      const jobs = ownJobs.as(stack.caller);
      const environment = environmentOf({ account: key.account, region: key.region, db: jobs.db, facts: jobs.facts }, stack);
      const run: Run = { jobs, registry, stack, resources: resourcesOf(jobs.db, stack.id), goal: undefined, environment, mask: maskOf(jobs, stack) };

      let goal: Goal | undefined;
      if (phase === "apply") {
        const known = goals.get(stack.id);
        try {
          goal = known?.operation === stack.operation ? known.goal : goalOf(run);
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          return finishPhase(run, error.message);
        }
        goals.set(stack.id, { operation: stack.operation, goal });
      }
      const applying: Run = { ...run, goal };
      const deadline = stack.status === "CREATE_IN_PROGRESS" && stack.timeoutInMinutes !== undefined ? stack.operationStarted + stack.timeoutInMinutes * 60_000 : undefined;
      if (deadline !== undefined && jobs.now >= deadline) return finishPhase(applying, "Stack creation time exceeded the specified timeout. ");
      if (stack.cancelled && phase === "apply") return finishPhase(applying, "User Initiated");
      const plan = planStack(stack, phase, run.resources, goal);
      if (plan.outcome === "complete") return finishPhase(applying, undefined);
      if (plan.outcome === "failed") return finishPhase(applying, reasonOf(plan.resources));
      await Promise.all(plan.steps.map((step) => carryOut(applying, step)));
      if (run.resources.some(isRetrying)) return { at: jobs.now + RETRY };
      return deadline === undefined ? undefined : { at: deadline };
    },
  });
}

function carryOut(run: Run, step: Step): Promise<void> {
  if (step.do === "apply") return apply(run, step.logicalId);
  const resource = step.resource as StackResource;
  if (step.do === "revert") return revert(run, resource);
  if (step.do === "remove") return remove(run, resource);
  return resource.role === "leaving" ? awaitRemoval(run, resource) : settle(run, resource);
}

function goalOf(run: Run): Goal {
  const { configuration } = run.stack;
  const parameters = new Map(configuration.parameters.map((parameter) => [parameter.name, parameter]));
  return makeGoal(templateOf(run.jobs.db, configuration.templateId), parameters, run.environment, run.registry.schemas);
}

/** Hides NoEcho values in events, as AWS does. */
function maskOf(jobs: Jobs, stack: Stack): (text: string) => string {
  // A stack that was never more than a change set has no template.
  if (stack.configuration.templateId === "") return (text) => text;
  const hidden = noEchoOf(templateOf(jobs.db, stack.configuration.templateId));
  const secrets = stack.configuration.parameters.filter((parameter) => hidden.has(parameter.name)).flatMap((parameter) => parameter.value);
  return (text) => secrets.filter((secret) => secret !== "").reduce((masked, secret) => masked.replaceAll(JSON.stringify(secret).slice(1, -1), "****"), text);
}
