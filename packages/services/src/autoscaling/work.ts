import type { Database, Ids } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";

/** What an action is carried out with. */
export interface Work {
  readonly db: Database;
  readonly aws: Aws;
  readonly facts: Facts;
  readonly ids: Ids;
  readonly now: number;
  log(message: string): void;
}
