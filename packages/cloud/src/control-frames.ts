/**
 * The control socket's frames: one byte of kind, four of length, then the payload. A client sends one `request`, and may
 * go on with `stdin`; the cloud answers with output frames and ends with `result` or `error`.
 */
import type { Socket } from "node:net";

export const FRAME = { request: 1, stdin: 2, stdinEnd: 3, stdout: 4, stderr: 5, result: 6, error: 7 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

const LARGEST = 16 * 1024 * 1024;
const HEAD = 5;

/** @returns whether the socket took it without buffering */
export function writeFrame(socket: Socket, kind: FrameKind, payload: Uint8Array | string = ""): boolean {
  const body = typeof payload === "string" ? Buffer.from(payload) : payload;
  const head = Buffer.alloc(HEAD);
  head[0] = kind;
  head.writeUInt32BE(body.length, 1);
  socket.write(head);
  return socket.write(body);
}

/** Calls back for every whole frame; destroys the socket on a frame that is too large or of no known kind. */
export function readFrames(socket: Socket, onFrame: (kind: FrameKind, payload: Buffer) => void): void {
  let pending: Buffer = Buffer.alloc(0);
  const kinds = new Set<number>(Object.values(FRAME));
  socket.on("data", (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEAD) {
      const length = pending.readUInt32BE(1);
      if (length > LARGEST || !kinds.has(pending[0]!)) {
        socket.destroy(new Error("that is no frame of the control socket"));
        return;
      }
      if (pending.length < HEAD + length) return;
      const payload = pending.subarray(HEAD, HEAD + length);
      const kind = pending[0] as FrameKind;
      pending = pending.subarray(HEAD + length);
      onFrame(kind, payload);
    }
  });
}
