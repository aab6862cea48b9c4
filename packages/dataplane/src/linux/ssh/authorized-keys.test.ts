import { describe, expect, it } from "vitest";
import { parseAuthorizedKeys } from "./authorized-keys.js";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0m";

describe("authorized_keys", () => {
  it("has a key a line, and leaves out comments and what is no key", () => {
    expect(parseAuthorizedKeys(`# mine\n\n${KEY} me@home\nnonsense\nssh-rsa !!!\n`)).toMatchObject([
      { type: "ssh-ed25519", command: undefined, portForwarding: true, agentForwarding: true, pty: true },
    ]);
  });

  it("may force a command that holds blanks, commas and quotes", () => {
    const [key] = parseAuthorizedKeys(`no-port-forwarding,command="echo \\"a, b\\"; sleep 10" ${KEY}`);
    expect(key).toMatchObject({ command: 'echo "a, b"; sleep 10', portForwarding: false, agentForwarding: true });
  });

  it("may restrict everything, and give something back", () => {
    expect(parseAuthorizedKeys(`restrict,pty ${KEY}`)).toMatchObject([{ portForwarding: false, agentForwarding: false, pty: true }]);
  });

  it("admits nobody by a line whose restriction is unknown", () => {
    expect(parseAuthorizedKeys(`from="10.0.0.0/8" ${KEY}\nexpiry-time="20200101" ${KEY}`)).toEqual([]);
  });
});
