/** One session of a login: a shell, a command or sftp, with or without a terminal. */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import type { PseudoTtyInfo, ServerChannel, Session } from "ssh2";
import { hangUp, insideInstance, OUTSIDE, resultOf } from "../hosts/exec.js";
import type { ExecTarget } from "../hosts/exec.js";
import { asUser } from "./account.js";
import type { Account } from "./account.js";
import type { AuthorizedKey } from "./authorized-keys.js";

/** A connection whose client proved who it is. */
export interface Login {
  readonly target: ExecTarget;
  readonly account: Account;
  readonly key: AuthorizedKey;
  readonly client: { readonly ip: string; readonly port: number };
  /** The instance's address that the client connected to. */
  readonly address: string;
  /** Resolves when what the client asked for before, such as ports to listen on, is done: sshd carries requests out in order. */
  settled(): Promise<void>;
  /** The socket through which the client's agent is reached; made on first use. */
  agent(): Promise<string>;
}

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const SFTP = `for server in /usr/lib/openssh/sftp-server /usr/libexec/openssh/sftp-server /usr/lib/ssh/sftp-server; do
  if [ -x $server ]; then exec $server; fi
done
echo "sftp-server is not below the host's /usr: install the package openssh-sftp-server there, or use scp -O" >&2
exit 127`;

/** What a client may set, as Debian's and Amazon Linux's sshd_config have it. */
const ACCEPTED_ENV = /^(?:LANG|LC_[A-Z]+)$/;

export function serveSession(session: Session, login: Login): void {
  const environment = new Map<string, string>();
  let pty: PseudoTtyInfo | undefined;
  let agent: Promise<string> | undefined;
  let running: Running | undefined;

  session.on("env", (accept, reject, { key, val }) => {
    if (!ACCEPTED_ENV.test(key) || val.length > 256) return reject?.();
    environment.set(key, val);
    accept?.();
  });
  session.on("pty", (accept, reject, info) => {
    if (!login.key.pty) return reject?.();
    pty = info;
    accept?.();
  });
  session.on("window-change", (accept, _reject, info) => {
    running?.resize(info.rows, info.cols);
    accept?.();
  });
  session.on("auth-agent", (accept, reject) => {
    if (!login.key.agentForwarding) return reject?.();
    agent ??= login.agent();
    accept?.();
  });
  session.on("signal", (accept, _reject, { name }) => {
    running?.signal(`SIG${name}`);
    accept?.();
  });
  session.on("close", () => running?.hangUp());

  const begin = async (channel: ServerChannel, command: string | undefined): Promise<void> => {
    await login.settled();
    const socket = await agent?.catch(() => undefined);
    const more = [...environment].map(([name, value]) => `${name}=${value}`);
    if (socket !== undefined) more.push(`SSH_AUTH_SOCK=${socket}`);
    const forced = login.key.command;
    if (forced !== undefined && command !== undefined) more.push(`SSH_ORIGINAL_COMMAND=${command}`);
    running = run(login, channel, forced ?? command, pty, more);
  };
  session.on("shell", (accept) => void begin(accept(), undefined));
  session.on("exec", (accept, _reject, { command }) => void begin(accept(), command));
  session.on("subsystem", (accept, reject, { name }) => {
    if (name !== "sftp") return reject?.();
    pty = undefined;
    void begin(accept(), SFTP);
  });
}

interface Running {
  resize(rows: number, columns: number): void;
  signal(name: string): void;
  hangUp(): void;
}

function run(login: Login, channel: ServerChannel, command: string | undefined, pty: PseudoTtyInfo | undefined, more: readonly string[]): Running {
  const { account, client, address, target } = login;
  const environment = [
    `PATH=${PATH}`, "LANG=C.UTF-8", `HOME=${account.home}`, `USER=${account.name}`, `LOGNAME=${account.name}`, `SHELL=${account.shell}`,
    `SSH_CLIENT=${client.ip} ${client.port} 22`, `SSH_CONNECTION=${client.ip} ${client.port} ${address} 22`,
    ...(pty === undefined ? [] : [`TERM=${(pty as { term?: string }).term ?? "xterm"}`]), ...more,
  ];
  const line = `cd "$HOME" 2>/dev/null || cd /; ${command === undefined ? 'exec "$SHELL" -l' : `exec "$SHELL" -c ${quoted(command)}`}`;
  const shell = pty === undefined ? ["sh", "-c", line] : ["script", "-qefc", terminal(line, pty, command === undefined), "/dev/null"];
  const argv = insideInstance(target, environment, [...asUser(account), ...shell], pty === undefined ? 2 : 3);
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { env: OUTSIDE, detached: true, stdio: ["pipe", "pipe", "pipe", ...(pty === undefined ? [] : ["pipe" as const])] });
  connect(channel, child);
  const device = pty === undefined ? undefined : firstLine(child.stdio[3] as Readable);
  return {
    resize(rows, columns) {
      void device?.then((path) => {
        if (!/^\/dev\/pts\/\d+$/.test(path)) return;
        const [command = "", ...rest] = insideInstance(target, environment, [...asUser(account), "stty", "-F", path, "rows", size(rows), "columns", size(columns)]);
        spawn(command, rest, { env: OUTSIDE, stdio: "ignore" }).on("error", () => {});
      });
    },
    signal(name) {
      if (name in constants.signals && child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, name as NodeJS.Signals);
    },
    hangUp: () => hangUp(child),
  };
}

/** What runs on the terminal: it tells us which one, and takes the client's size. `script` gives it to the account's shell. */
function terminal(line: string, { rows, cols }: PseudoTtyInfo, greets: boolean): string {
  const greeting = greets ? '[ -e "$HOME/.hushlogin" ] || cat /etc/motd 2>/dev/null; ' : "";
  return `tty >&3; exec 3>&-; stty rows ${size(rows)} columns ${size(cols)} 2>/dev/null; export SSH_TTY=$(tty); ${greeting}${line}`;
}

function connect(channel: ServerChannel, child: ChildProcess): void {
  channel.on("error", () => {});
  child.stdin?.on("error", () => {});
  if (child.stdin !== null) channel.pipe(child.stdin);
  child.stdout?.pipe(channel, { end: false });
  child.stderr?.pipe(channel.stderr, { end: false });
  channel.once("close", () => hangUp(child));
  resultOf(child).then(
    ({ exitCode }) => {
      channel.exit(exitCode);
      channel.end();
    },
    () => channel.close(),
  );
}

function firstLine(stream: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    stream.on("data", (chunk: Buffer) => {
      text = (text + chunk.toString("latin1")).slice(0, 100);
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    stream.once("end", () => resolve(""));
    stream.on("error", () => resolve(""));
  });
}

function size(number: number): string {
  return String(Math.min(Math.max(Math.trunc(number) || 0, 0), 10_000));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
