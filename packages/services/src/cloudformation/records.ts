/** Writes a resource's record together with the event that tells of it. */
import type { Progress } from "@hakoniwa/cloudformation";
import type { Database } from "@hakoniwa/kernel";
import { recordEvent, type Moment } from "./events.js";
import { stackResources, type StackResource } from "./state.js";

/** How NoEcho parameters are hidden in events. */
export type Mask = (text: string) => string;

/** Puts the record as it is, without an event. */
export function putResource(db: Database, resource: StackResource, at: Moment): StackResource {
  return db(stackResources).put({ ...resource, timestamp: at.now });
}

/** Puts the record, and its status and reason as an event. */
export function tell(db: Database, resource: StackResource, at: Moment, mask: Mask): StackResource {
  const kept = putResource(db, resource, at);
  announce(db, resource, resource.statusReason, at, mask);
  return kept;
}

/** Keeps how far a change has come. Its time limit begins anew with every step. */
export function putProgress(db: Database, resource: StackResource, progress: Progress, at: Moment): void {
  putResource(db, { ...resource, progress }, at);
}

/** Tells of a resource in its stack's events, without a change of its status. */
export function announce(db: Database, resource: StackResource, statusReason: string | undefined, at: Moment, mask: Mask): void {
  recordEvent(
    db,
    resource.stackId,
    {
      logicalId: resource.logicalId,
      physicalId: resource.physicalId,
      type: resource.type,
      status: resource.status,
      statusReason,
      properties: mask(JSON.stringify(resource.properties)),
    },
    at,
  );
}
