import type net from "node:net";

/** Milliseconds a client may take to read a final answer and close, before the rest of what it sends resets the connection. */
const LINGER = 2_000;

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
