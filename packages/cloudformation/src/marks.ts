/** Texts with marked places: `${Name}`, `{{resolve:ssm:name}}`. */

/** A place in a text; `whole` is how it is written, marks included. */
export interface Marked {
  readonly inside: string;
  readonly whole: string;
}

/**
 * The literal parts and the marked places of a text, in their order. A place goes to the first `}` behind its opening mark, which its
 * closing mark must begin with. Takes time as the text is long: opening marks without end would keep a regular expression busy for minutes.
 */
export function marksIn(text: string, open: string, close: string): readonly (string | Marked)[] {
  const parts: (string | Marked)[] = [];
  let end = 0;
  for (let at = text.indexOf(open); at >= 0; ) {
    const brace = text.indexOf("}", at + open.length);
    if (brace < 0) break;
    const isClosed = text.startsWith(close, brace);
    if (isClosed) {
      parts.push(text.slice(end, at), { inside: text.slice(at + open.length, brace), whole: text.slice(at, brace + close.length) });
      end = brace + close.length;
    }
    at = text.indexOf(open, isClosed ? end : brace);
  }
  return [...parts, text.slice(end)];
}
