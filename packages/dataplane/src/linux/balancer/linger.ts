import type net from "node:net";
import tls from "node:tls";

/** Milliseconds that an idle connection lives on when its listener goes: a request may be on its way. */
export const RETIRING_IDLE = 1_000;

/** Milliseconds a client may take to read a final answer and close, before the rest of what it sends resets the connection. */
const LINGER = 2_000;
/** Small bodies are sent with their head in one piece; larger ones are not worth copying. */
const JOIN_LIMIT = 16 * 1024;

/** Writes a head and what is there of its body; false asks to wait until the connection has drained. */
export function writeJoined(socket: net.Socket, head: string | undefined, body: Buffer | undefined): boolean {
  if (head === undefined) {
    return body === undefined || socket.write(body);
  }
  if (body === undefined || body.length > JOIN_LIMIT) {
    const flowing = socket.write(head, "latin1");
    return body === undefined ? flowing : socket.write(body);
  }
  const joined = Buffer.allocUnsafe(head.length + body.length);
  joined.write(head, 0, "latin1");
  body.copy(joined, head.length);
  return socket.write(joined);
}

/**
 * Ends a connection so that the client gets everything written so far: closing while it still sends would reset the
 * connection and may take the answer with it. What still comes is read and dropped by the socket's `data` listener, if any.
 */
export function endInOrder(socket: net.Socket): void {
  socket.end(() => {
    const timer = setTimeout(() => socket.destroy(), LINGER);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  });
  socket.resume();
}

/** Ends a connection so that the client can't take what it got for the whole: by a reset, or without TLS's own goodbye. */
export function cutOff(socket: net.Socket): void {
  if (socket instanceof tls.TLSSocket) {
    socket.destroy();
  } else {
    socket.resetAndDestroy();
  }
}
