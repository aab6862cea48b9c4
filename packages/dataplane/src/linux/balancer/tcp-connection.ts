/** A client's connection to a TCP or SSL listener: bytes both ways, each end's half-close passed on. */
import type net from "node:net";
import type { AccessNote } from "../../access-notes.js";
import { noteOfConnection } from "./access-note.js";
import type { Backend } from "./backends.js";
import type { Counts } from "./counts.js";
import { arrivalOf } from "./forwarding.js";
import { cutOff } from "./linger.js";
import type { TargetSocket } from "./target-socket.js";

export interface TcpListenerView {
  readonly port: number;
  readonly idleTimeout: number;
  readonly counts: Counts;
  /** Takes what is noted of the connection when it is over; undefined when nobody keeps a log. */
  readonly log: ((note: AccessNote) => void) | undefined;
  next(tried: ReadonlySet<Backend> | undefined): Backend | undefined;
}

/** Connects a client to a healthy target, trying the others when one does not accept; without any, the client is closed. */
export function pipeToTarget(client: net.Socket, listener: TcpListenerView): void {
  const tried = new Set<Backend>();
  const arrival = arrivalOf(client, listener.port);
  let target: TargetSocket | undefined;
  let reached: string | undefined;
  let connectedAt: number | undefined;
  let answeredAt: number | undefined;
  client.on("error", () => undefined);
  client.on("close", () => {
    target?.socket.destroy();
    listener.counts.bytes += client.bytesRead + client.bytesWritten;
    const ends = { began: arrival.since, connectedAt, answeredAt, target: reached, received: client.bytesRead, sent: client.bytesWritten };
    listener.log?.(noteOfConnection(ends, arrival));
  });
  listener.counts.requests += 1;
  client.setTimeout(listener.idleTimeout, () => client.destroy());
  tryNext();

  function tryNext(): void {
    const backend = client.destroyed ? undefined : listener.next(tried);
    if (backend === undefined) {
      client.destroy();
      return;
    }
    if (listener.counts.spills()) {
      client.destroy();
      return;
    }
    tried.add(backend);
    backend.outstanding += 1;
    backend.counts.requests += 1;
    listener.counts.wait();
    let connected = false;
    const attempt = backend.connect();
    target = attempt;
    attempt.user = {
      onConnect: () => {
        connected = true;
        connectedAt = performance.now();
        reached = `${backend.target.address}:${backend.at.port}`;
        listener.counts.surge -= 1;
        client.pipe(attempt.socket);
        attempt.socket.pipe(client);
      },
      onData: () => {
        answeredAt ??= performance.now();
      },
      onEnd: () => undefined,
      onDrain: () => undefined,
      onClose: (code) => {
        backend.outstanding -= 1;
        if (!connected) {
          listener.counts.surge -= 1;
          listener.counts.connectionErrors += 1;
          backend.counts.connectionErrors += 1;
          tryNext();
        } else if (code !== undefined) {
          cutOff(client);
        }
      },
    };
  }
}
