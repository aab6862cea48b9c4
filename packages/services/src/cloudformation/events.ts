import type { Database, Ids } from "@hakoniwa/kernel";
import { Cloudformation } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access } from "./access.js";
import { noSuchStackNamed } from "./errors.js";
import { stackNamed } from "./find.js";
import { page } from "./pages.js";
import { showEvent } from "./show.js";
import { eventKey, stackEvents, stacks, type Stack, type StackEvent, type StackStatus } from "./state.js";

/** What an event needs besides its stack's own facts. */
export type EventFacts = Pick<StackEvent, "logicalId" | "physicalId" | "type" | "status" | "statusReason" | "properties">;

export interface Moment {
  readonly now: number;
  readonly ids: Ids;
}

/** Adds an event to a stack's, in the same transaction as what it tells of. */
export function recordEvent(db: Database, stackId: string, event: EventFacts, at: Moment): void {
  const stack = db(stacks).get(stackId)!;
  const sequence = stack.events + 1;
  const before = db(stackEvents).get(eventKey(stackId, stack.events));
  db(stacks).put({ ...stack, events: sequence });
  db(stackEvents).put({
    ...event,
    id: event.physicalId === stackId ? at.ids.uuid() : `${event.logicalId}-${at.ids.uuid()}`,
    stackId,
    stackName: stack.name,
    sequence,
    // Clients such as the CDK CLI sort events by their times, so no two of a stack have the same.
    timestamp: Math.max(at.now, (before?.timestamp ?? 0) + 1),
    clientRequestToken: stack.clientRequestToken,
    operationId: stack.operationId,
  });
}

/** Puts the stack into a status, with its event. */
export function enterStatus(db: Database, stack: Stack, status: StackStatus, reason: string | undefined, at: Moment): Stack {
  db(stacks).put({ ...stack, status, statusReason: reason });
  recordEvent(
    db,
    stack.id,
    {
      logicalId: stack.name,
      physicalId: stack.id,
      type: "AWS::CloudFormation::Stack",
      // Events of stacks have statuses that the model lists for stacks only.
      status: status as StackEvent["status"],
      statusReason: reason,
      properties: undefined,
    },
    at,
  );
  return db(stacks).get(stack.id)!;
}

export const eventOperations = operations(Cloudformation, {
  DescribeStackEvents: {
    authorize: access("DescribeStackEvents"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName, noSuchStackNamed);
      const newestFirst = ctx.db(stackEvents).where("stack", stack.id).toSorted((a, b) => b.sequence - a.sequence);
      const { items, next } = page(newestFirst, input, { key: (event) => event.sequence, descending: true });
      return { StackEvents: items.map(showEvent), NextToken: next };
    },
  },
});
