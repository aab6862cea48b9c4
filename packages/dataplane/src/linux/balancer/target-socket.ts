import net from "node:net";
import tls from "node:tls";

/** Who uses a connection to a target just now. */
export interface TargetSocketUser {
  onConnect(): void;
  onData(bytes: Buffer): void;
  /** The target ended its side in order. */
  onEnd(): void;
  /** The connection is gone; the code names why when it was not in order (`ECONNREFUSED`, `timeout`). */
  onClose(code: string | undefined): void;
  onDrain(): void;
}

/** Wall time to wait for a target to accept a connection before another one is tried. */
const CONNECT_TIMEOUT = 5_000;

/**
 * Opens a connection to a target. Over TLS whatever certificate it shows is taken, as AWS does:
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-routing-configuration
 */
export function connectTo(address: string, port: number, secure: boolean): net.Socket {
  const options = { host: address, port, noDelay: true, allowHalfOpen: true };
  return secure ? tls.connect({ ...options, rejectUnauthorized: false, minVersion: "TLSv1", ciphers: "DEFAULT:@SECLEVEL=0" }) : net.connect(options);
}

/** A connection to a target. Its listeners are attached once, and what it does goes to its present user. */
export class TargetSocket {
  readonly socket: net.Socket;
  /** Whether it has served a request before: then its end may only mean that the target tired of keeping it. */
  reused = false;
  idleSince = 0;
  user: TargetSocketUser | undefined;
  #code: string | undefined;

  constructor(address: string, port: number, secure: boolean, onGone: (gone: TargetSocket) => void) {
    const socket = connectTo(address, port, secure);
    this.socket = socket;
    socket.setTimeout(CONNECT_TIMEOUT, () => {
      this.#code = "timeout";
      socket.destroy();
    });
    socket.on(secure ? "secureConnect" : "connect", () => {
      socket.setTimeout(0);
      this.user?.onConnect();
    });
    socket.on("data", (bytes: Buffer) => {
      if (this.user === undefined) {
        // Nobody asked: whatever it is, the next request must not get it as its answer.
        socket.destroy();
      } else {
        this.user.onData(bytes);
      }
    });
    socket.on("end", () => {
      if (this.user === undefined) {
        socket.destroy();
      } else {
        this.user.onEnd();
      }
    });
    socket.on("drain", () => this.user?.onDrain());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#code ??= error.code ?? error.message;
    });
    socket.on("close", () => {
      onGone(this);
      const user = this.user;
      this.user = undefined;
      user?.onClose(this.#code);
    });
  }

  /** Ends the connection without telling its user. */
  discard(): void {
    this.user = undefined;
    this.socket.destroy();
  }
}
