/** Opens an agent's channel to a client. ssh2's server can do it, but offers no method for it, so its inner parts are named here, and only here. */
import type { Duplex } from "node:stream";
import type { Connection } from "ssh2";

interface Inner {
  readonly _chanMgr: { add(opened: Opened): number };
  readonly _protocol: { openssh_authAgent(channel: number, window: number, packet: number): void };
}
type Opened = ((error: Error | undefined, channel: Duplex) => void) & { type?: string };

const WINDOW = 2 * 1024 * 1024;
const PACKET = 32 * 1024;

/** @throws Error when the client has no agent after all */
export function openAgentChannel(connection: Connection): Promise<Duplex> {
  const { _chanMgr, _protocol } = connection as unknown as Inner;
  return new Promise((resolve, reject) => {
    const opened: Opened = (error, channel) => (error ? reject(error) : resolve(channel));
    opened.type = "auth-agent@openssh.com";
    const number = _chanMgr.add(opened);
    if (number === -1) return reject(new Error("no channel is free"));
    _protocol.openssh_authAgent(number, WINDOW, PACKET);
  });
}
