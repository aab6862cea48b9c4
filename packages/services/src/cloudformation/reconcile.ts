/** Carries stacks on, one pass a run: each write that a pass makes calls for the next. */
import { makeGoal, type Goal, type Step } from "@hakoniwa/cloudformation";
import { AwsError } from "@hakoniwa/kernel";
import { reconciler } from "../define.js";
import { apply, revert, settle } from "./apply.js";
import { environmentOf } from "./environment.js";
import { resourcesOf } from "./find.js";
import { hiddenBy, maskOf } from "./no-echo.js";
import { phaseOf, planStack, reasonOf } from "./plan.js";
import { triggered, watchedUntil } from "./policies-rollback.js";
import { wakeOf } from "./policies-time.js";
import type { Registry } from "./registry.js";
import { awaitRemoval, isRetrying, remove } from "./remove.js";
import { templateOf } from "./requests.js";
import { denial, policyOf } from "./stack-policy.js";
import { stacks, type StackResource } from "./state.js";
import type { Run } from "./run.js";
import { finishPhase } from "./transition.js";

/** What an operation is to bring about, and the values of the SSM parameters that its template names. */
interface Known {
  readonly operation: number;
  readonly goal: Goal;
  readonly read: ReadonlyMap<string, string>;
}

/** How often a deletion is tried again. */
const RETRY = 5_000;

export function runStacks(registry: Registry) {
  /** The goals of the stacks that are being created or updated. */
  const goals = new Map<string, Known>();

  return reconciler({
    name: "cloudformation.run-stacks",
    watches: [
      // What a resource waits for can be in any service's table of the same region.
      { table: "*", keys: (_record: never, scope, read) => read(scope)(stacks).where("active", "yes").map((stack) => stack.id) },
    ],
    async reconcile(key, ownJobs) {
      const stack = ownJobs.db(stacks).get(key.id);
      const phase = stack && phaseOf(stack);
      if (phase !== "apply") goals.delete(key.id);
      if (!stack || !phase) return;
      const jobs = ownJobs.as(stack.caller);
      const environment = environmentOf({ account: key.account, region: key.region, db: jobs.db, facts: jobs.facts }, stack, stack.configuration.notificationArns);
      const run: Run = { account: key.account, region: key.region, jobs, registry, stack, resources: resourcesOf(jobs.db, stack.id), goal: undefined, environment, mask: maskOf(hiddenBy(jobs.db, stack)) };

      let goal: Goal | undefined;
      let read: Known["read"] = new Map();
      if (phase === "apply") {
        const known = goals.get(stack.id);
        try {
          // Clouds of one process may have stacks of the same id: each has templates of its own.
          const isSame = known?.operation === stack.operation && known.goal.template === templateOf(jobs.db, stack.configuration.templateId);
          ({ goal, read } = isSame ? known : await goalOf(run));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          return finishPhase(run, error.message);
        }
        goals.set(stack.id, { operation: stack.operation, goal, read });
      }
      const applying: Run = { ...run, goal, environment: { ...environment, ssm: (name) => read.get(name) } };
      const deadline = stack.status === "CREATE_IN_PROGRESS" && stack.timeoutInMinutes !== undefined ? stack.operationStarted + stack.timeoutInMinutes * 60_000 : undefined;
      if (deadline !== undefined && jobs.now >= deadline) return finishPhase(applying, "Stack creation time exceeded the specified timeout. ");
      const kept = goal && keptFromDeletion(applying, goal);
      if (kept !== undefined) return finishPhase(applying, kept);
      if (stack.cancelled && phase === "apply") return finishPhase(applying, "User Initiated");
      const alarm = triggered(stack, jobs.facts);
      if (alarm !== undefined) return finishPhase(applying, alarm);
      const plan = planStack(stack, phase, run.resources, goal);
      if (plan.outcome === "complete") {
        const until = phase === "apply" ? await watchedUntil(applying) : undefined;
        return until === undefined ? finishPhase(applying, undefined) : { at: until };
      }
      if (plan.outcome === "failed") return finishPhase(applying, reasonOf(plan.resources));
      await Promise.all(plan.steps.map((step) => carryOut(applying, step)));
      return wakeOf(applying, [deadline, run.resources.some(isRetrying) ? jobs.now + RETRY : undefined]);
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

/** What the stack policy says against the deletion of what left the template. */
function keptFromDeletion({ stack, resources }: Run, goal: Goal): string | undefined {
  const policy = policyOf(stack);
  if (policy === undefined) return undefined;
  const removed = resources.filter((resource) => resource.role === "current" && !goal.resources.has(resource.logicalId));
  return removed.map(({ logicalId, type }) => denial(policy, "Update:Delete", logicalId, type)).find((reason) => reason !== undefined);
}

/** Asks for the parameters that the template names as the stack's caller. What resources' own values would name later is not there. */
async function goalOf(run: Run): Promise<Pick<Known, "goal" | "read">> {
  const { configuration } = run.stack;
  const parameters = new Map(configuration.parameters.map((parameter) => [parameter.name, parameter]));
  const read = new Map<string, string>();
  return run.jobs.write((db, aws) => {
    const own = environmentOf({ account: run.account, region: run.region, db, facts: run.jobs.facts, aws }, run.stack, configuration.notificationArns);
    const ssm = (name: string): string | undefined => {
      const value = own.ssm(name);
      if (value !== undefined) read.set(name, value);
      return value;
    };
    return { goal: makeGoal(templateOf(db, configuration.templateId), parameters, { ...own, ssm }, run.registry.schemas), read };
  });
}
