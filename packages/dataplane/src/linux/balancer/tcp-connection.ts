/** A client's connection to a TCP listener: bytes both ways, each end's half-close passed on. */
import type net from "node:net";
import type { Backend } from "./backends.js";
import type { TargetSocket } from "./target-socket.js";

export interface TcpListenerView {
  readonly idleTimeout: number;
  next(tried: ReadonlySet<Backend> | undefined): Backend | undefined;
}

/** Connects a client to a healthy target, trying the others when one does not accept; without any, the client is closed. */
export function pipeToTarget(client: net.Socket, listener: TcpListenerView): void {
  const tried = new Set<Backend>();
  let target: TargetSocket | undefined;
  client.on("error", () => undefined);
  client.on("close", () => target?.socket.destroy());
  client.setTimeout(listener.idleTimeout, () => client.destroy());
  tryNext();

  function tryNext(): void {
    const backend = client.destroyed ? undefined : listener.next(tried);
    if (backend === undefined) {
      client.destroy();
      return;
    }
    tried.add(backend);
    backend.outstanding += 1;
    let connected = false;
    const attempt = backend.connect();
    target = attempt;
    attempt.socket.once("connect", () => {
      connected = true;
      client.pipe(attempt.socket);
      attempt.socket.pipe(client);
    });
    attempt.user = {
      onConnect: () => undefined,
      onData: () => undefined,
      onEnd: () => undefined,
      onDrain: () => undefined,
      onClose: (code) => {
        backend.outstanding -= 1;
        if (!connected) {
          tryNext();
        } else if (code !== undefined) {
          client.resetAndDestroy();
        }
      },
    };
  }
}
