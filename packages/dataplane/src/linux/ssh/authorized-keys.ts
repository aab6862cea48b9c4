/** The file authorized_keys, as sshd(8) describes it. Pure. */

export interface AuthorizedKey {
  /** e.g. `ssh-ed25519`. */
  readonly type: string;
  /** The public key as it goes over the wire. */
  readonly data: Buffer;
  /** Runs whatever the client asks for. */
  readonly command: string | undefined;
  readonly portForwarding: boolean;
  readonly agentForwarding: boolean;
  readonly pty: boolean;
}

const KEY = /^(?:ssh-|ecdsa-|sk-)[a-z0-9@.-]+$/;

/** The keys that may log in. A line with an option that restricts in a way we don't know admits nobody. */
export function parseAuthorizedKeys(text: string): readonly AuthorizedKey[] {
  return text.split("\n").flatMap((line) => parseLine(line.trim()) ?? []);
}

function parseLine(line: string): AuthorizedKey | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  const words = wordsOf(line);
  const options = KEY.test(words[0] ?? "") ? [] : optionsOf(words.shift() ?? "");
  const [type = "", base64 = ""] = words;
  if (!KEY.test(type) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return undefined;
  const key = { type, data: Buffer.from(base64, "base64"), command: undefined, portForwarding: true, agentForwarding: true, pty: true };
  return options.reduce<AuthorizedKey | undefined>((made, option) => made && withOption(made, option), key);
}

function withOption(key: AuthorizedKey, option: string): AuthorizedKey | undefined {
  const [, name = "", value] = /^([a-z0-9-]+)(?:="([^]*)")?$/i.exec(option) ?? [];
  switch (name.toLowerCase()) {
    case "command":
      return value === undefined ? undefined : { ...key, command: value.replaceAll('\\"', '"') };
    case "no-port-forwarding":
      return { ...key, portForwarding: false };
    case "port-forwarding":
      return { ...key, portForwarding: true };
    case "no-agent-forwarding":
      return { ...key, agentForwarding: false };
    case "agent-forwarding":
      return { ...key, agentForwarding: true };
    case "no-pty":
      return { ...key, pty: false };
    case "pty":
      return { ...key, pty: true };
    case "restrict":
      return { ...key, portForwarding: false, agentForwarding: false, pty: false };
    // There is neither here.
    case "no-x11-forwarding":
    case "no-user-rc":
      return key;
    default:
      return undefined;
  }
}

/** Splits at blanks outside of quotes. */
function wordsOf(line: string): string[] {
  return line.match(/(?:"(?:\\"|[^"])*"|[^\s"])+/g) ?? [];
}

/** Splits at commas outside of quotes. */
function optionsOf(word: string): string[] {
  return word.match(/(?:"(?:\\"|[^"])*"|[^,"])+/g) ?? [];
}
