/** Connections that start in an instance's network, for clients that forward ports through it. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { inNamespace } from "../tools/namespaces.js";
import { builtScript } from "../tools/package-root.js";

export interface Connect {
  readonly id: number;
  readonly host: string;
  readonly port: number;
}

/** The answer; with it comes the socket when there is no error. */
export interface Connected {
  readonly id: number;
  readonly error?: string;
}

/** What one login opens. A process in the instance's network is started with the first connection. */
export class Connections {
  readonly #pid: number;
  readonly #resolver: string | undefined;
  readonly #asked = new Map<number, { resolve(socket: Socket): void; reject(error: Error): void }>();
  #process: ChildProcess | undefined;
  #last = 0;

  /** @param resolver the address of the VPC's resolver */
  constructor(pid: number, resolver: string | undefined) {
    this.#pid = pid;
    this.#resolver = resolver;
  }

  /** @throws Error saying why there is no connection, e.g. `connect ECONNREFUSED 10.0.1.5:22` */
  open(host: string, port: number): Promise<Socket> {
    const process = (this.#process ??= this.#start());
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      process.send({ id, host, port } satisfies Connect, (error) => error && this.#settle({ id, error: error.message }, undefined));
    });
  }

  close(): void {
    this.#process?.kill("SIGKILL");
  }

  #start(): ChildProcess {
    const [execPath, ...before] = inNamespace({ pid: this.#pid }, [process.execPath]);
    const child = fork(builtScript("linux/ssh/connector.js"), [this.#resolver ?? ""], { execPath, execArgv: before, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (message: Connected, handle) => this.#settle(message, handle as Socket | undefined));
    child.on("error", () => {});
    child.once("exit", () => {
      this.#process = undefined;
      for (const id of this.#asked.keys()) this.#settle({ id, error: "the instance's network is gone" }, undefined);
    });
    return child;
  }

  #settle({ id, error }: Connected, socket: Socket | undefined): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (socket === undefined) asked?.reject(new Error(error ?? "no socket came"));
    else if (asked === undefined) socket.destroy();
    else asked.resolve(socket);
  }
}
