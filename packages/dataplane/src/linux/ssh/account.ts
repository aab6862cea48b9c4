/** Who may log in to an instance: asked of the instance itself, by its root, so that no link in it leads anywhere else. */
import { PassThrough } from "node:stream";
import { execIn } from "../hosts/exec.js";
import type { ExecTarget } from "../hosts/exec.js";
import { parseAuthorizedKeys } from "./authorized-keys.js";
import type { AuthorizedKey } from "./authorized-keys.js";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  readonly keys: readonly AuthorizedKey[];
}

const LONGEST = 64 * 1024;
/** The account's line of /etc/passwd, then its keys. A pipe in place of a file must not hold us up. */
const LOOK_UP = `line=$(grep -m 1 "^$1:" /etc/passwd) || exit 0
echo "$line"
timeout 5 head -c ${LONGEST} "$(printf %s "$line" | cut -d : -f 6)/.ssh/authorized_keys" 2>/dev/null`;
/** Prints the host key; keeps the one given if there is none yet. */
const HOST_KEY = `key=/etc/ssh/ssh_host_ed25519_key
if [ ! -s $key ]; then umask 077; mkdir -p /etc/ssh; cat >$key.new; mv $key.new $key; fi
timeout 5 head -c ${LONGEST} $key`;

/** Undefined when there is no such account. */
export async function accountOf(target: ExecTarget, name: string): Promise<Account | undefined> {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return undefined;
  const [line = "", ...keys] = (await output(target, ["sh", "-c", LOOK_UP, "sh", name])).split("\n");
  const [, , uid, gid, , home = "/", shell = ""] = line.split(":");
  if (!/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "") || shell.endsWith("/nologin") || shell.endsWith("/false")) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home, shell: shell === "" ? "/bin/sh" : shell, keys: parseAuthorizedKeys(keys.join("\n")) };
}

/** The instance's host key, which stays with its disk. @param fresh a private key for an instance that has none yet */
export function hostKeyOf(target: ExecTarget, fresh: string): Promise<string> {
  return output(target, ["sh", "-c", HOST_KEY], fresh);
}

/** The start of a command line that becomes the account. The root of a one-uid instance is everyone in it. */
export function asUser({ uid, gid }: Account): readonly string[] {
  return uid === 0 ? [] : ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--"];
}

async function output(target: ExecTarget, command: readonly string[], input = ""): Promise<string> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough().resume();
  const chunks: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  stdin.end(input);
  await execIn(target, command, { stdin, stdout, stderr });
  return Buffer.concat(chunks).toString("utf8");
}
