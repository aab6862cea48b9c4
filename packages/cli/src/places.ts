/** Where in a template's text a resource stands. */

/**
 * The line, counted from 1, of a resource's logical id; undefined where it can't be told. Reads JSON, and YAML as people write it. (The
 * engine, which reads everything, says the place itself when it refuses a template; this is for what fails later.)
 */
export function lineOfResource(body: string, logicalId: string): number | undefined {
  return (/^\s*\{/.test(body) ? inJson : inYaml)(body, logicalId);
}

function inYaml(body: string, logicalId: string): number | undefined {
  const lines = body.split("\n");
  const from = lines.findIndex((line) => /^(["']?)Resources\1\s*:/.test(line));
  let indentation: string | undefined;
  for (let at = from + 1; from >= 0 && at < lines.length; at += 1) {
    const [, indent = "", , key] = /^(\s*)(["']?)([A-Za-z0-9]+)\2\s*:/.exec(lines[at]!) ?? [];
    if (key === undefined) continue;
    if (indent === "") return undefined;
    indentation ??= indent;
    if (indent === indentation && key === logicalId) return at + 1;
  }
  return undefined;
}

/** One mark of JSON: a text, or a bracket, or what stands between values. */
const MARK = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

function inJson(body: string, logicalId: string): number | undefined {
  const path: string[] = [];
  let last: { readonly text: string; readonly at: number } | undefined;
  for (const { 0: mark, index } of body.matchAll(MARK)) {
    if (mark === "{" || mark === "[") path.push("");
    else if (mark === "}" || mark === "]") path.pop();
    else if (mark === ":") {
      path[path.length - 1] = last?.text ?? "";
      if (path.length === 2 && path[0] === "Resources" && path[1] === logicalId) return body.slice(0, last!.at).split("\n").length;
    } else if (mark !== ",") last = { text: mark.slice(1, -1), at: index };
  }
  return undefined;
}
