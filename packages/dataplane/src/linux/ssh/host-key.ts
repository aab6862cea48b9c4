/** Host keys of instances. */
import type { utils } from "ssh2";

/**
 * A private key that can be read again, which is not so of one in 256 that the library makes: leading zeros of its public half are lost.
 * https://github.com/mscdex/ssh2/issues/1513
 */
export function freshHostKey({ generateKeyPairSync, parseKey }: Pick<typeof utils, "generateKeyPairSync" | "parseKey">): string {
  for (;;) {
    const { private: key } = generateKeyPairSync("ed25519");
    if (!(parseKey(key) instanceof Error)) return key;
  }
}
