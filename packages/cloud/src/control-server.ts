/** What the owner of the machine may ask over the 0600 socket in the data directory: call, exec, internet, trace, status, stop, reset. */
import { chmodSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { AwsError } from "@hakoniwa/kernel";
import type { ExecIo, ExecResult } from "@hakoniwa/network";
import { FRAME, readFrames, writeFrame } from "./control-frames.js";
import type { TraceAnswer } from "./trace-answer.js";
import type { TraceQuestion } from "./trace-question.js";

export type ControlRequest =
  /** With `body`, the input's `Body` comes as the request's stdin: one frame may not hold it. */
  | { readonly do: "call"; readonly service: string; readonly operation: string; readonly region: string; readonly input: Record<string, unknown>; readonly body?: "stdin" }
  | { readonly do: "exec"; readonly instance: string; readonly command: readonly string[] }
  | { readonly do: "internet"; readonly command: readonly string[] }
  | { readonly do: "trace"; readonly question: TraceQuestion }
  | { readonly do: "status" }
  | { readonly do: "stop" }
  | { readonly do: "reset" };

export interface ControlHandlers {
  call(request: Extract<ControlRequest, { do: "call" }>): Promise<unknown>;
  exec(instance: string, command: readonly string[], io: ExecIo): Promise<ExecResult>;
  internet(command: readonly string[], io: ExecIo): Promise<ExecResult>;
  trace(question: TraceQuestion): Promise<TraceAnswer>;
  status(): Promise<unknown>;
  stop(): Promise<void>;
  reset(): Promise<void>;
}

/** Listens at `path`, for this user alone. */
export async function listenForControl(path: string, handlers: ControlHandlers): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer((socket) => serve(socket, handlers));
  // The mask closes the instant between bind and chmod.
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

function serve(socket: Socket, handlers: ControlHandlers): void {
  const stdin = new PassThrough();
  let begun = false;
  socket.on("error", () => socket.destroy());
  socket.on("close", () => stdin.destroy());
  readFrames(socket, (kind, payload) => {
    if (kind === FRAME.request && !begun) {
      begun = true;
      void carryOut(socket, handlers, payload, stdin);
    } else if (kind === FRAME.stdin) {
      if (!stdin.write(payload)) {
        socket.pause();
        stdin.once("drain", () => socket.resume());
      }
    } else if (kind === FRAME.stdinEnd) {
      stdin.end();
    }
  });
}

async function carryOut(socket: Socket, handlers: ControlHandlers, payload: Buffer, stdin: PassThrough): Promise<void> {
  const gone = new AbortController();
  socket.once("close", () => gone.abort());
  const io: ExecIo = { stdin, stdout: frames(socket, FRAME.stdout), stderr: frames(socket, FRAME.stderr), abandoned: gone.signal };
  try {
    const request = JSON.parse(payload.toString("utf8"), revive) as ControlRequest;
    const result = await answer(handlers, request, io);
    writeFrame(socket, FRAME.result, JSON.stringify(result ?? null, replace));
  } catch (error) {
    const code = error instanceof AwsError ? error.code : (error as Error).name;
    writeFrame(socket, FRAME.error, JSON.stringify({ code, message: (error as Error).message }));
  }
  socket.end();
}

function answer(handlers: ControlHandlers, request: ControlRequest, io: ExecIo): Promise<unknown> {
  switch (request.do) {
    case "call":
      return handlers.call(request.body === "stdin" ? { ...request, input: { ...request.input, Body: io.stdin } } : request);
    case "exec":
      return handlers.exec(request.instance, request.command, io);
    case "internet":
      return handlers.internet(request.command, io);
    case "trace":
      return handlers.trace(request.question);
    case "status":
      return handlers.status();
    case "stop":
      return handlers.stop();
    case "reset":
      return handlers.reset();
    default:
      return Promise.reject(new Error(`the control socket knows no "${String((request as { do?: unknown }).do)}"`));
  }
}

function frames(socket: Socket, kind: typeof FRAME.stdout | typeof FRAME.stderr): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (socket.destroyed || writeFrame(socket, kind, chunk)) done();
      else socket.once("drain", () => done());
    },
  });
}

/** JSON has no bytes and no times: both travel tagged. */
export function replace(this: unknown, key: string, value: unknown): unknown {
  const raw = key === "" ? value : (this as Record<string, unknown>)[key];
  if (raw instanceof Date) return { "#date": raw.getTime() };
  if (raw instanceof Uint8Array) return { "#bytes": Buffer.from(raw).toString("base64") };
  return value;
}

export function revive(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const tagged = value as { "#date"?: number; "#bytes"?: string };
  if (typeof tagged["#date"] === "number") return new Date(tagged["#date"]);
  if (typeof tagged["#bytes"] === "string") return Buffer.from(tagged["#bytes"], "base64");
  return value;
}
