import ssh2 from "ssh2";
import { expect, it } from "vitest";
import { freshHostKey } from "./host-key.js";

it("a key that can't be read again is made anew", () => {
  const good = freshHostKey(ssh2.utils);
  expect(ssh2.utils.parseKey(good)).not.toBeInstanceOf(Error);
  const made = [good.slice(0, -60), good];
  expect(ssh2.utils.parseKey(made[0]!)).toBeInstanceOf(Error);
  expect(freshHostKey({ parseKey: ssh2.utils.parseKey, generateKeyPairSync: (() => ({ private: made.shift()!, public: "" })) as never })).toBe(good);
  expect(made).toEqual([]);
});
