/** The `names` port: kept here, served by the attendant, and read by the edge through `watch` and `record`. */
import type { NameRecord, NameStatus, Port } from "@hakoniwa/network";
import { Watchers } from "../hosts/lanes.js";
import type { Attendant } from "./attendant.js";

export interface Names extends Port<NameRecord, NameStatus> {
  record(name: string): NameRecord | undefined;
}

/** @param attendant told of every change */
export function createNames(attendant: Pick<Attendant, "setName">): Names {
  const records = new Map<string, NameRecord>();
  const watchers = new Watchers();

  function set(name: string, record: NameRecord | undefined): void {
    if (record === undefined) {
      records.delete(name);
    } else {
      records.set(name, record);
    }
    attendant.setName(name, record);
    watchers.tell(name);
  }

  return {
    async ensure(name, record) {
      if (name !== name.toLowerCase() || name.endsWith(".") || name === "") {
        throw new Error(`${JSON.stringify(name)} is not a name in lower case without a final dot`);
      }
      set(name, record);
    },
    async remove(name) {
      if (records.has(name)) {
        set(name, undefined);
      }
    },
    observe: (name) => records.get(name),
    record: (name) => records.get(name),
    keys: () => [...records.keys()],
    watch: (changed) => watchers.watch(changed),
  };
}
