/** The data plane's side of the attendant: keeps what it was told, so that a new process can be told again. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { builtScript } from "../tools/package-root.js";
import type { NameRecord } from "@hakoniwa/network";
import type { SshInstance } from "../ssh/gate.js";
import type { FromAttendant, Served, ServedInstance, ServedNetwork, ToAttendant } from "./messages.js";
import type { WardEvent } from "./ward.js";

export interface Attendant {
  readonly pid: number | undefined;
  /** Serves the box's internet from now on. Rejects when 8.8.8.8 is not there. */
  serveInternet(): Promise<void>;
  /** Resolves when the VPC's sockets are open; undefined closes them. Rejects with the reason when they can't be opened. */
  setNetwork(vpc: string, network: ServedNetwork | undefined): Promise<void>;
  setInstance(id: string, instance: ServedInstance | undefined): void;
  /** Opens port 22 of a running instance; undefined closes it. */
  setSsh(id: string, instance: SshInstance | undefined): void;
  setName(name: string, record: NameRecord | undefined): void;
  close(): Promise<void>;
}

/** A process that dies oftener than this is not started again at once. */
const RESTART_PAUSE = 1000;

/** @param watched told of what the watch over the instances finds */
export function startAttendant(log: (line: string) => void, watched: (instance: string, event: WardEvent) => void = () => {}): Attendant {
  const networks = new Map<string, ServedNetwork>();
  /** What was asked of each VPC last, so that asking the same again costs nothing. */
  const asked = new Map<string, { readonly what: string; readonly done: Promise<void> }>();
  const instances = new Map<string, ServedInstance>();
  const logins = new Map<string, SshInstance>();
  const names = new Map<string, NameRecord>();
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }[]>();
  let internet = false;
  let closing = false;
  let child = begin();

  function begin(): ChildProcess {
    // Metadata and user data are bytes: JSON would make objects of them.
    const process = fork(builtScript("linux/attendant/main.js"), [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const started = Date.now();
    process.on("message", (message: FromAttendant) => ("event" in message ? watched(message.instance, message.event) : settle(message)));
    process.on("error", (error) => log(`attendant: ${error.message}`));
    process.on("exit", (code, signal) => {
      for (const served of waiting.keys()) {
        settle({ served, error: "the attendant's process ended" });
      }
      if (!closing) {
        log(`attendant: its process ended (${signal ?? `exit code ${code}`}) and is started again`);
        setTimeout(restart, Math.max(0, started + RESTART_PAUSE - Date.now()));
      }
    });
    return process;
  }

  function restart(): void {
    if (closing) {
      return;
    }
    child = begin();
    for (const [name, record] of names) {
      send({ kind: "name", name, record });
    }
    for (const [id, instance] of instances) {
      send({ kind: "instance", id, instance });
    }
    for (const [id, instance] of logins) {
      send({ kind: "ssh", id, instance });
    }
    for (const [vpc, network] of networks) {
      send({ kind: "network", vpc, network });
    }
    if (internet) {
      send({ kind: "internet" });
    }
  }

  function send(message: ToAttendant): void {
    if (child.connected) {
      child.send(message, () => undefined);
    }
  }

  /** Answers come in the order of the questions. */
  function settle({ served, error }: Served): void {
    const first = waiting.get(served)?.shift();
    if (error === undefined) {
      first?.resolve();
    } else if (first === undefined) {
      log(`attendant: ${served}: ${error}`);
    } else {
      first.reject(new Error(error));
    }
  }

  function ask(served: string, message: ToAttendant): Promise<void> {
    return new Promise((resolve, reject) => {
      waiting.set(served, [...(waiting.get(served) ?? []), { resolve, reject }]);
      send(message);
    });
  }

  function keep<Value>(map: Map<string, Value>, key: string, value: Value | undefined): void {
    if (value === undefined) {
      map.delete(key);
    } else {
      map.set(key, value);
    }
  }

  return {
    get pid() {
      return child.pid;
    },
    serveInternet() {
      internet = true;
      return ask("internet", { kind: "internet" });
    },
    setNetwork(vpc, network) {
      const what = JSON.stringify(network ?? null);
      const last = asked.get(vpc);
      if (last?.what === what || (last === undefined && network === undefined)) {
        return last?.done ?? Promise.resolve();
      }
      keep(networks, vpc, network);
      const done = ask(vpc, { kind: "network", vpc, network });
      asked.set(vpc, { what, done });
      // So that asking again tries again.
      done.catch(() => asked.delete(vpc));
      return done;
    },
    setInstance(id, instance) {
      keep(instances, id, instance);
      send({ kind: "instance", id, instance });
    },
    setSsh(id, instance) {
      keep(logins, id, instance);
      send({ kind: "ssh", id, instance });
    },
    setName(name, record) {
      keep(names, name, record);
      send({ kind: "name", name, record });
    },
    async close() {
      closing = true;
      if (child.exitCode !== null || child.signalCode !== null) {
        return;
      }
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    },
  };
}
