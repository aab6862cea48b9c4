/** Where the statements of a policy stand in its text, for what tells which one it was. */

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

export interface Span {
  readonly start: Position;
  readonly end: Position;
}

/** The spans of the objects in `Statement`, in their order. @param document JSON that was parsed already */
export function statementSpans(document: string): readonly Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let key = "";
  let list = false;
  let start: Position | undefined;
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < document.length; i++) {
    const character = document[i]!;
    const here = (after: number): Position => ({ line, column: i - lineStart + 1 + after });
    if (character === "\n") {
      line++;
      lineStart = i + 1;
    } else if (character === '"') {
      const end = endOfText(document, i);
      if (depth === 1) key = keyAt(document, i, end) ?? key;
      i = end;
    } else if (character === "{" || character === "[") {
      depth++;
      if (key !== "Statement") continue;
      if (character === "[" && depth === 2) list = true;
      else if (character === "{" && depth === (list ? 3 : 2)) start = here(0);
    } else if (character === "}" || character === "]") {
      if (character === "}" && start && depth === (list ? 3 : 2)) {
        spans.push({ start, end: here(1) });
        start = undefined;
      }
      depth--;
      if (depth === 1) list = false;
    }
  }
  return spans;
}

function endOfText(document: string, start: number): number {
  let i = start + 1;
  while (i < document.length && document[i] !== '"') i += document[i] === "\\" ? 2 : 1;
  return i;
}

/** The text, when a colon follows it. */
function keyAt(document: string, start: number, end: number): string | undefined {
  let next = end + 1;
  while (/\s/.test(document[next] ?? "")) next++;
  return document[next] === ":" ? (JSON.parse(document.slice(start, end + 1)) as string) : undefined;
}
