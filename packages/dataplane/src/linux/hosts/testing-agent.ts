/** For tests: the inside of a sandbox with a whole data plane, driven over IPC by `testing.ts`. */
import { createServer } from "node:http";
import type { Server } from "node:net";
import { Writable } from "node:stream";
import type { InsideApi } from "../api/inside-api.js";
import { createLinuxDataPlane } from "../data-plane.js";
import { enterSandbox } from "../sandbox/enter.js";
import { runWith } from "./exec.js";
import type { TestAnswer, TestCall, TestOutput } from "./testing.js";

const uidMode = enterSandbox();
const http = await new Promise<Server | undefined>((resolve) => {
  process.once("message", (_site, server) => resolve(server as Server | undefined));
});
const siteSockets = http === undefined ? {} : { siteSockets: async () => ({ http }) };
/** Says where one came in, and as whom, without TLS on either port. */
const api: InsideApi = {
  trusted: "-----BEGIN CERTIFICATE-----\nof the test box\n-----END CERTIFICATE-----\n",
  serve(socket, protocol, entrance) {
    const server = createServer((request, response) => void response.end(`${JSON.stringify({ protocol, ...entrance, from: request.socket.remoteAddress })}\n`)).listen(socket);
    return () => {
      server.close();
      server.closeAllConnections();
    };
  },
};
const plane = await createLinuxDataPlane({ dataDir: process.argv[2] ?? "", uidMode, api, log: (line) => console.error(line), ...siteSockets });

function capture(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString() };
}

async function carryOut(call: TestCall): Promise<unknown> {
  switch (call.kind) {
    case "ensure":
      return plane[call.port].ensure(call.key, call.spec as never);
    case "remove":
      return plane[call.port].remove(call.key);
    case "observe":
      return plane[call.port].observe(call.key);
    case "console":
      return Buffer.from(await plane.console(call.workload)).toString();
    case "close":
      return plane.close();
    case "uidMode":
      return uidMode;
    case "exec":
    case "internet":
    case "sandbox": {
      const out = capture();
      const err = capture();
      const io = { stdin: undefined, stdout: out.stream, stderr: err.stream };
      const run = {
        exec: () => plane.exec(call.workload, call.command, io),
        internet: () => plane.internet(call.command, io),
        sandbox: () => runWith(call.command, io),
      };
      const { exitCode } = await run[call.kind]();
      return { exitCode, stdout: out.text(), stderr: err.text() } satisfies TestOutput;
    }
  }
}

function tell(answer: TestAnswer): void {
  process.send?.(answer);
}

process.on("disconnect", () => process.exit());
process.on("message", ({ id, call }: { readonly id: number; readonly call: TestCall }) => {
  carryOut(call).then(
    (value) => tell({ kind: "result", id, value }),
    (error: unknown) => tell({ kind: "error", id, message: (error as Error).message }),
  );
});
plane.workloads.watch((key) => tell({ kind: "changed", key, status: plane.workloads.observe(key) }));
tell({ kind: "ready" });
