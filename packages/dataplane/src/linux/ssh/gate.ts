/** Port 22 of every instance: one SSH server in this process for all, so that an instance costs no daemon. */
import type { Server as NetServer, Socket } from "node:net";
import type { AuthContext, Connection, ParsedKey, PublicKeyAuthContext } from "ssh2";
import type { ExecTarget } from "../hosts/exec.js";
import { socketsIn } from "../tools/sockets.js";
import { accountOf, hostKeyOf } from "./account.js";
import { freshHostKey } from "./host-key.js";
import type { Account } from "./account.js";
import { forwardAgent } from "./agent.js";
import type { AuthorizedKey } from "./authorized-keys.js";
import { Connections } from "./connections.js";
import { serveForwarding } from "./forwarding.js";
import { serveSession } from "./session.js";

/** An instance whose users may log in. */
export interface SshInstance extends ExecTarget {
  /** The address of its VPC's resolver, for the names that clients forward to. */
  readonly resolver: string | undefined;
}

/** sshd's own defaults (sshd_config(5)): MaxAuthTries and LoginGraceTime in milliseconds. */
const MAX_AUTH_TRIES = 6;
const LOGIN_GRACE_TIME = 120_000;
/** One instance must not take the descriptors and memory that all are served with. */
const CONNECTIONS_PER_INSTANCE = 64;

interface Open {
  readonly instance: SshInstance;
  readonly listener: NetServer;
  readonly connections: Set<Socket>;
  hostKey: Promise<string> | undefined;
}

export class SshGate {
  readonly #wanted = new Map<string, SshInstance>();
  readonly #open = new Map<string, Open>();
  readonly #log: (line: string) => void;
  /** Listeners are opened one after the other: each costs a process for a moment, and none is urgent. */
  #last: Promise<void> = Promise.resolve();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** An instance runs, or no longer. Returns at once. */
  set(id: string, instance: SshInstance | undefined): void {
    if (instance === undefined) this.#wanted.delete(id);
    else this.#wanted.set(id, instance);
    this.#last = this.#last.then(() => this.#settle(id)).catch((error: Error) => {
      // An instance that ended meanwhile has no network to listen in.
      if (this.#wanted.get(id) === instance) this.#log(`ssh of ${id}: ${error.message}`);
    });
  }

  async #settle(id: string): Promise<void> {
    const wanted = this.#wanted.get(id);
    const open = this.#open.get(id);
    if (open?.instance.pid === wanted?.pid) return;
    if (open !== undefined) {
      this.#open.delete(id);
      open.listener.close();
      for (const socket of open.connections) socket.destroy();
    }
    if (wanted === undefined) return;
    const { tcp } = await socketsIn({ pid: wanted.pid }, [{ name: "ssh", protocol: "tcp", host: "0.0.0.0", port: 22 }]);
    const made: Open = { instance: wanted, listener: tcp.get("ssh")!, connections: new Set(), hostKey: undefined };
    this.#open.set(id, made);
    made.listener.on("connection", (socket) => this.#welcome(id, made, socket));
  }

  #welcome(id: string, open: Open, socket: Socket): void {
    if (open.connections.size >= CONNECTIONS_PER_INSTANCE) {
      socket.destroy();
      return;
    }
    open.connections.add(socket);
    socket.once("close", () => open.connections.delete(socket));
    socket.on("error", () => {});
    serve(open, socket).catch((error: Error) => {
      this.#log(`ssh of ${id}: ${error.message}`);
      socket.destroy();
    });
  }
}

async function serve(open: Open, socket: Socket): Promise<void> {
  const { instance } = open;
  // Loaded when somebody logs in for the first time: most clouds never see that.
  const { default: ssh2 } = await import("ssh2");
  open.hostKey ??= hostKeyOf(instance, freshHostKey(ssh2.utils));
  const hostKey = await open.hostKey.catch((error: Error) => {
    open.hostKey = undefined;
    throw error;
  });
  const server = new ssh2.Server({ hostKeys: [hostKey], ident: "OpenSSH_9.2_Hakoniwa" }, (connection) => {
    const grace = setTimeout(() => connection.end(), LOGIN_GRACE_TIME);
    connection.on("error", () => {});
    connection.once("close", () => clearTimeout(grace));
    authenticate(connection, instance, ssh2.utils.parseKey, (account, key) => {
      clearTimeout(grace);
      begin(connection, socket, instance, account, key);
    });
  });
  server.injectSocket(socket);
}

type ParseKey = (data: string) => ParsedKey | Error;

function authenticate(connection: Connection, instance: SshInstance, parseKey: ParseKey, ready: (account: Account, key: AuthorizedKey) => void): void {
  const accounts = new Map<string, Promise<Account | undefined>>();
  let tries = 0;
  let proved: { readonly account: Account; readonly key: AuthorizedKey } | undefined;
  const judge = async (context: AuthContext): Promise<void> => {
    if (context.method !== "publickey") return refuse(context);
    const looked = accounts.get(context.username) ?? accountOf(instance, context.username);
    accounts.set(context.username, looked);
    const account = await looked;
    const key = account?.keys.find(({ data }) => data.equals(context.key.data));
    if (account === undefined || key === undefined || !proves(context, key, parseKey)) return refuse(context);
    if (context.signature !== undefined) proved = { account, key };
    context.accept();
  };
  const refuse = (context: AuthContext): void => {
    if (context.method !== "none" && ++tries >= MAX_AUTH_TRIES) connection.end();
    else context.reject(["publickey"]);
  };
  connection.on("authentication", (context) => {
    judge(context).catch(() => context.reject(["publickey"]));
  });
  connection.once("ready", () => {
    if (proved === undefined) connection.end();
    else ready(proved.account, proved.key);
  });
}

/** Without a signature the client only asks whether it is worth making one. */
function proves({ blob, signature, hashAlgo }: PublicKeyAuthContext, { type, data }: AuthorizedKey, parseKey: ParseKey): boolean {
  if (signature === undefined || blob === undefined) return true;
  const parsed = parseKey(`${type} ${data.toString("base64")}`);
  return !(parsed instanceof Error) && parsed.verify(blob, signature, hashAlgo) === true;
}

function begin(connection: Connection, socket: Socket, instance: SshInstance, account: Account, key: AuthorizedKey): void {
  let agent: Promise<string> | undefined;
  const forwards = key.portForwarding && key.command === undefined;
  const settled = forwards ? serveForwarding(connection, instance.pid, new Connections(instance.pid, instance.resolver)) : () => Promise.resolve();
  const login = {
    target: instance,
    account,
    key,
    client: { ip: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 },
    address: socket.localAddress ?? "",
    settled,
    agent: () => (agent ??= forwardAgent(connection, instance, account)),
  };
  connection.on("session", (accept) => serveSession(accept(), login));
}
