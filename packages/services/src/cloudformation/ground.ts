/** What checking and beginning an operation stands on: a call's context, or the engine's own transaction for nested stacks. */
import type { Caller, Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import type { Run } from "./run.js";

export type Ground = Pick<Context, "account" | "region" | "db" | "facts" | "aws" | "now" | "ids" | "caller">;

/** Who an operation's calls are made as, and by which role. */
export interface Actor {
  readonly caller: Caller;
  readonly roleArn: string | undefined;
}

/** The ground of what a stack does to the stacks nested in it. */
export function groundOf(run: Run, db: Database, aws: Aws): Ground {
  const { account, region, jobs, stack } = run;
  return { account, region, db, aws, facts: jobs.facts, now: jobs.now, ids: jobs.ids, caller: stack.caller };
}
