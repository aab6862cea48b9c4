/** The `flows` port in the kernel: asks the process that reads the counters, and starts it when it is first needed. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { FlowCounters, FlowReading } from "@hakoniwa/network";
import type { Namespace } from "../tools/namespaces.js";
import { builtScript } from "../tools/package-root.js";
import type { FromFlowReader, ToFlowReader } from "./flow-messages.js";

/** What a VPC's router says of itself. */
export interface LoggedRouter {
  readonly namespace: Namespace;
  /** The interfaces of all devices that were ever logged. */
  readonly devices: ReadonlyMap<string, string>;
}

export interface FlowReader extends FlowCounters {
  /** The VPC is gone, and with it what was counted. */
  forget(vpc: string): void;
  /** Ends the process. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (reading: FlowReading) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly process: ChildProcess;
  /** The VPCs that it read. */
  readonly vpcs: Set<string>;
}

/** @param routerOf undefined while a VPC has no router, or none of its interfaces was ever logged */
export function createFlowReader(routerOf: (vpc: string) => LoggedRouter | undefined): FlowReader {
  const waiting = new Map<number, Waiting>();
  /** The VPCs that were read, by this process or one before it. */
  const known = new Set<string>();
  let running: Running | undefined;
  let last = 0;

  function begin(): Running {
    // Devices come in maps: JSON would lose them.
    const process = fork(builtScript("linux/network/flow-main.js"), [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const begun: Running = { process, vpcs: new Set() };
    process.on("message", (message: FromFlowReader) => {
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if ("error" in message) one?.reject(new Error(message.error));
      else one?.resolve(message.reading);
    });
    const ended = (reason: string): void => {
      if (running !== begun) return;
      running = undefined;
      for (const one of waiting.values()) one.reject(new Error(`the process that reads flows ended: ${reason}`));
      waiting.clear();
    };
    process.on("error", (error) => ended(error.message));
    process.on("exit", (code, signal) => ended(signal ?? `exit code ${code}`));
    return begun;
  }

  function ask(vpc: string, router: LoggedRouter, after: string | undefined): Promise<FlowReading> {
    const { process, vpcs } = (running ??= begin());
    const message: ToFlowReader = { kind: "read", id: ++last, vpc, ...router, after, resumed: known.has(vpc) && !vpcs.has(vpc) };
    known.add(vpc);
    vpcs.add(vpc);
    return new Promise((resolve, reject) => {
      waiting.set(message.id, { resolve, reject });
      process.send(message, () => undefined);
    });
  }

  return {
    async read(vpc, after) {
      const router = routerOf(vpc);
      return router === undefined ? { name: "", flows: [], missed: [] } : ask(vpc, router, after);
    },
    forget(vpc) {
      if (!known.delete(vpc) || running === undefined) return;
      running.vpcs.delete(vpc);
      running.process.send({ kind: "forget", vpc } satisfies ToFlowReader, () => undefined);
    },
    async close() {
      if (running === undefined) return;
      const { process } = running;
      const ended = new Promise((resolve) => process.once("exit", resolve));
      process.kill("SIGKILL");
      await ended;
    },
  };
}
