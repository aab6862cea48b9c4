/** Signals that resources got while they were created or changed. */
import { table, type Database, type Reader } from "@hakoniwa/kernel";
import type { StackResource } from "./state.js";

export interface Signal {
  readonly stackId: string;
  readonly logicalId: string;
  readonly incarnation: number;
  readonly uniqueId: string;
  readonly status: "SUCCESS" | "FAILURE";
  readonly at: number;
  /** Whether the stack's events tell of it. */
  readonly told: boolean;
}

type Receiver = Pick<StackResource, "stackId" | "logicalId" | "incarnation">;

const keyOf = ({ stackId, logicalId, incarnation }: Receiver): string => `${stackId}/${logicalId}/${incarnation}`;

export const signals = table<Signal>()({
  name: "cloudformation.signals",
  key: (signal) => `${keyOf(signal)}/${signal.uniqueId}`,
  indexes: { resource: keyOf },
});

/** In the order in which they came. */
export function signalsOf(db: Reader, resource: Receiver): readonly Signal[] {
  return db(signals).where("resource", keyOf(resource));
}

/** Its creation or change is over. */
export function forgetSignals(db: Database, resource: Receiver): void {
  for (const signal of signalsOf(db, resource)) db(signals).delete(signals.key(signal));
}
