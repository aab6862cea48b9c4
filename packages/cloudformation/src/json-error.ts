/** Where a text stops being JSON: JSON.parse does not always tell. */

const SCALAR = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** What may come next. */
type Expected = "value" | "value or end" | "key" | "key or end" | "colon" | "comma or end";

/** The offset of the first character that can't be there. */
export function jsonErrorOffset(text: string): number {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    while (/[ \t\r\n]/.test(text.charAt(at))) at++;
    const next = text.charAt(at);
    const container = open.at(-1);
    if ((next === "}" && container === "{") || (next === "]" && container === "[")) {
      if (!expected.endsWith("or end")) return at;
      open.pop();
      expected = "comma or end";
      at++;
    } else if (expected === "comma or end") {
      if (next !== "," || container === undefined) return at;
      expected = container === "{" ? "key" : "value";
      at++;
    } else if (expected === "colon") {
      if (next !== ":") return at;
      expected = "value";
      at++;
    } else if (expected.startsWith("value") && (next === "{" || next === "[")) {
      open.push(next);
      expected = next === "{" ? "key or end" : "value or end";
      at++;
    } else {
      const isKey = expected.startsWith("key");
      SCALAR.lastIndex = at;
      const token = SCALAR.exec(text)?.[0];
      if (token === undefined || (isKey && !token.startsWith('"'))) return at;
      expected = isKey ? "colon" : "comma or end";
      at += token.length;
    }
  }
}
