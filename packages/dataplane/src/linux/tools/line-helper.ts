/**
 * A long-lived process that reads commands line by line. Starting `ip` or `nft` for every change would cost 5 ms each
 * time; these answer in a fraction of one.
 */
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { inNamespace } from "./namespaces.js";
import type { Namespace } from "./namespaces.js";

interface Request {
  readonly lines: readonly string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** What the process wrote about one request; `firstLine` is the number of its first line since the process started, from 1. */
export interface Answer {
  readonly output: string;
  readonly firstLine: number;
}

export interface LineHelperOptions {
  readonly namespace: Namespace | undefined;
  /** A shell command; its standard error is merged into its output, so that errors stay in order with the sentinel. */
  readonly command: string;
  /** A harmless command whose output ends every answer. */
  readonly sentinel: string;
  /** A piece of the sentinel's output that nothing else writes. */
  readonly sentinelOutput: string;
}

/** Requests are answered one after the other. When the process dies, the request it was at is rejected and the next starts a new one. */
export class LineHelper {
  readonly #options: LineHelperOptions;
  readonly #queue: Request[] = [];
  #process: ChildProcessWithoutNullStreams | undefined;
  #current: Request | undefined;
  #output = "";
  #nextLine = 1;
  #closed = false;

  constructor(options: LineHelperOptions) {
    this.#options = options;
  }

  /** @throws Error when the process dies over it, or the helper is closed */
  request(lines: readonly string[]): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error(`${this.#label()} is closed`));
    return new Promise((resolve, reject) => {
      this.#queue.push({ lines, resolve, reject });
      this.#next();
    });
  }

  /** Lets the process end, after the requests already made, and waits until it has. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#current !== undefined) {
      await new Promise<void>((resolve) => this.#queue.push({ lines: [], resolve: () => resolve(), reject: () => resolve() }));
    }
    const child = this.#process;
    if (child === undefined) return;
    await new Promise<void>((resolve) => {
      child.once("close", () => resolve());
      child.stdin.end();
    });
  }

  #label(): string {
    const { namespace, command } = this.#options;
    const where = namespace === undefined ? "the internet" : "name" in namespace ? namespace.name : `process ${namespace.pid}`;
    return `${command} in ${where}`;
  }

  #start(): ChildProcessWithoutNullStreams {
    const [command, ...rest] = inNamespace(this.#options.namespace, ["sh", "-c", `exec ${this.#options.command} 2>&1`]);
    // nft would keep a history of its lines in the user's home.
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, HOME: "/dev/null" } });
    this.#process = child;
    this.#nextLine = 1;
    this.#output = "";
    child.stdin.on("error", () => {});
    child.stdout.on("data", (data: Buffer) => this.#read(child, data.toString()));
    // nsenter itself complains here, before the shell merges the two.
    child.stderr.on("data", (data: Buffer) => this.#read(child, data.toString()));
    child.on("error", (error) => this.#died(child, error.message));
    child.on("close", (code, signal) => this.#died(child, `ended with ${signal ?? code}`));
    return child;
  }

  #read(child: ChildProcessWithoutNullStreams, text: string): void {
    if (this.#process !== child) return;
    this.#output += text;
    const request = this.#current;
    const end = this.#output.indexOf(this.#options.sentinelOutput);
    if (request === undefined || end < 0 || !this.#output.includes("\n", end)) return;
    const output = this.#output.slice(0, end);
    const firstLine = this.#nextLine;
    this.#nextLine += request.lines.length + 1;
    this.#output = "";
    this.#current = undefined;
    request.resolve({ output, firstLine });
    this.#next();
  }

  #died(child: ChildProcessWithoutNullStreams, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    const request = this.#current;
    this.#current = undefined;
    request?.reject(new Error(`${this.#label()} ${how}: ${this.#output.trim()}\n  in: ${excerpt(request.lines)}`));
    this.#next();
  }

  #next(): void {
    if (this.#current !== undefined) return;
    const request = this.#queue.shift();
    if (request === undefined) return;
    this.#current = request;
    const child = this.#process ?? this.#start();
    child.stdin.write(`${[...request.lines, this.#options.sentinel].join("\n")}\n`);
  }
}

function excerpt(lines: readonly string[]): string {
  const text = lines.join("; ");
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
