/** The other end of the control socket, for commands on the host. */
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { ExecIo } from "@hakoniwa/network";
import { AwsError } from "@hakoniwa/kernel";
import { FRAME, readFrames, writeFrame } from "./control-frames.js";
import { replace, revive, type ControlRequest } from "./control-server.js";

/** No cloud runs on this data directory. */
export class NotRunningError extends Error {
  override readonly name = "NotRunningError";
}

/**
 * Asks the running cloud. `io` carries the streams of `exec` and `internet`.
 * @throws NotRunningError when there is none
 * @throws AwsError with the cloud's own code and message when it refuses
 */
export function control<T>(socketPath: string, request: ControlRequest, io?: ExecIo): Promise<T> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let settled = false;
    const settle = (act: () => void): void => {
      settled = true;
      socket.destroy();
      act();
    };
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (settled) return;
      const missing = error.code === "ENOENT" || error.code === "ECONNREFUSED";
      // A cloud that was stopped takes its socket with it.
      const crashed = error.code === "ECONNREFUSED" ? `; the last one was not stopped, and the end of ${join(dirname(socketPath), "hakoniwa.log")} may say why it ended` : "";
      settle(() => reject(missing ? new NotRunningError(`no cloud is running here: start one with \`./hakoniwa start\` or \`./hakoniwa up\`${crashed}`) : error));
    });
    socket.on("close", () => {
      if (!settled) settle(() => reject(new Error("the cloud went away before it answered: `./hakoniwa status` says whether it runs")));
    });
    socket.on("connect", () => {
      writeFrame(socket, FRAME.request, JSON.stringify(request, replace));
      io?.stdin?.on("data", (chunk: Buffer) => void writeFrame(socket, FRAME.stdin, chunk));
      io?.stdin?.on("end", () => void writeFrame(socket, FRAME.stdinEnd));
      if (io && !io.stdin) writeFrame(socket, FRAME.stdinEnd);
    });
    readFrames(socket, (kind, payload) => {
      if (kind === FRAME.stdout) io?.stdout.write(payload);
      else if (kind === FRAME.stderr) io?.stderr.write(payload);
      else if (kind === FRAME.result) settle(() => resolve(JSON.parse(payload.toString("utf8"), revive) as T));
      else if (kind === FRAME.error) {
        const { code, message } = JSON.parse(payload.toString("utf8")) as { code: string; message: string };
        settle(() => reject(new AwsError(code, message)));
      }
    });
  });
}
