/** From a template's text to values, with the short forms (`!Ref X`) written out. */
import { isAlias, isMap as isYamlMap, isScalar, isSeq, LineCounter, parseDocument, Parser, type CST, type Document as YamlDocument, type Node, type Pair } from "yaml";
import { formatError, type Position } from "./errors.js";
import { jsonErrorOffset } from "./json-error.js";
import { pointer, type Path, type Value } from "./value.js";

/** The longest `TemplateBody`, in bytes. */
export const MAX_TEMPLATE_BODY = 51_200;
const MAX_DEPTH = 100;

export interface ParsedTemplate {
  readonly format: "JSON" | "YAML";
  readonly root: Value;
  /** Where the path's key stands, or as much of it as there is in the text. */
  position(path: Path): Position | undefined;
}

const SHORT_FORMS = new Set(
  ["And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join", "Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"].map(
    (name) => `!${name}`,
  ),
);

/**
 * Parses YAML or JSON (a text that begins with `{`).
 * @throws AwsError ValidationError "Template format error: …" with line and column
 */
export function parse(text: string): ParsedTemplate {
  const format = text.trimStart().startsWith("{") ? "JSON" : "YAML";
  try {
    return format === "JSON" ? parseJson(text) : parseYaml(text);
  } catch (error) {
    if (error instanceof RangeError) throw formatError(`${format} is nested too deeply.`);
    throw error;
  }
}

function parseJson(text: string): ParsedTemplate {
  let root: Value;
  try {
    root = JSON.parse(text) as Value;
  } catch {
    throw formatError("JSON not well-formed.", positionAt(text, jsonErrorOffset(text)));
  }
  checkJson(root, []);
  // Positions are needed only when something is wrong, and JSON is YAML.
  let locate: ParsedTemplate["position"] | undefined;
  return { format: "JSON", root, position: (path) => (locate ??= locator(readYaml(text)))(path) };
}

function parseYaml(text: string): ParsedTemplate {
  const read = readYaml(text);
  const error = read.source.errors[0];
  if (error) throw formatError(`YAML not well-formed: ${error.message.replace(/\.$/, "")}.`, positionOf(error.linePos?.[0]) ?? read.lineOf(error.pos[0]));
  const root = read.source.contents ? toValue(read.source.contents, (offset) => read.lineOf(offset), []) : null;
  return { format: "YAML", root, position: locator(read) };
}

interface ReadYaml {
  readonly source: YamlDocument.Parsed;
  lineOf(offset: number): Position;
}

/** Of brackets and indentations, more than `MAX_DEPTH` makes of them. */
const MAX_YAML_DEPTH = 250;

/**
 * The parser goes down into what is nested, and where the stack ends so does the whole process: V8 can't compile a regular expression there.
 * What it makes of the text first is flat.
 */
function refuseDeepYaml(text: string): void {
  let level: readonly CST.Token[] = [...new Parser().parse(text)];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_YAML_DEPTH) throw formatError("YAML is nested too deeply.");
    level = level.flatMap(partsOf);
  }
}

function partsOf(token: CST.Token): readonly CST.Token[] {
  if (token.type === "document") return token.value ? [token.value] : [];
  return "items" in token ? token.items.flatMap((item) => [item.key ?? [], item.value ?? []].flat()) : [];
}

function readYaml(text: string): ReadYaml {
  refuseDeepYaml(text);
  const lines = new LineCounter();
  // The core schema: `yes`, `2012-10-17` and `22:30` stay strings.
  // Whether keys are unique we look ourselves: the parser compares each with all before it, minutes for a large template.
  const source = parseDocument(text, { lineCounter: lines, schema: "core", logLevel: "error", prettyErrors: false, uniqueKeys: false });
  return {
    source,
    lineOf(offset) {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    },
  };
}

function positionOf(at: { readonly line: number; readonly col: number } | undefined): Position | undefined {
  return at && { line: at.line, column: at.col };
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

function checkJson(value: Value, path: Path): void {
  if (path.length > MAX_DEPTH) throw formatError("JSON is nested too deeply.");
  if (value === null) throw nullError(path);
  if (typeof value !== "object") return;
  if (Array.isArray(value)) return value.forEach((item, i) => checkJson(item as Value, [...path, i]));
  for (const [key, item] of Object.entries(value as Readonly<Record<string, Value>>)) {
    if (key === "__proto__") throw formatError(`[${pointer(path)}] the key '__proto__' is not allowed.`);
    checkJson(item, [...path, key]);
  }
}

function nullError(path: Path, position?: Position): Error {
  return path.length === 0 ? formatError("unsupported structure.") : formatError(`[${pointer(path)}] 'null' values are not allowed in templates`, position);
}

function toValue(node: Node, lineOf: ReadYaml["lineOf"], path: Path): Value {
  const at = node.range ? lineOf(node.range[0]) : undefined;
  if (path.length > MAX_DEPTH) throw formatError("YAML is nested too deeply.", at);
  // AWS takes no aliases either, and they could grow a small text without bound.
  if (isAlias(node)) throw formatError("YAML aliases are not allowed in CloudFormation templates.", at);
  const value = untagged(node, lineOf, path, at);
  const tag = node.tag;
  if (tag === undefined || !tag.startsWith("!") || tag === "!") return value;
  if (tag === "!Ref" || tag === "!Condition") return { [tag.slice(1)]: value };
  if (!SHORT_FORMS.has(tag)) throw formatError(`[${pointer(path)}] the tag ${tag} is not known.`, at);
  return { [`Fn::${tag.slice(1)}`]: value };
}

function untagged(node: Node, lineOf: ReadYaml["lineOf"], path: Path, at: Position | undefined): Value {
  if (isSeq(node)) return node.items.map((item, i) => toValue(item as Node, lineOf, [...path, i]));
  if (isYamlMap(node)) {
    const map: Record<string, Value> = {};
    for (const { key, value } of node.items as readonly Pair<Node, Node | null>[]) {
      if (!isScalar(key)) throw formatError(`[${pointer(path)}] keys must be strings.`, at);
      const name = String(key.source ?? key.value);
      if (name === "__proto__") throw formatError(`[${pointer(path)}] the key '__proto__' is not allowed.`, at);
      if (Object.hasOwn(map, name)) throw formatError(`YAML not well-formed: [${pointer(path)}] the key '${name}' is given twice; keys must be unique.`, key.range ? lineOf(key.range[0]) : at);
      if (value === null) throw nullError([...path, name], key.range ? lineOf(key.range[0]) : at);
      map[name] = toValue(value, lineOf, [...path, name]);
    }
    return map;
  }
  if (!isScalar(node)) throw formatError("unsupported structure.", at);
  const { value, source } = node;
  if (value === null && node.tag === undefined) throw nullError(path, at);
  // A number that would be written otherwise again (1.10, 0644, an account id with a leading zero) stays as it was typed.
  if (typeof value === "number" || typeof value === "bigint") return String(value) === source ? Number(value) : String(source);
  return typeof value === "boolean" || typeof value === "string" ? value : "";
}

function locator(read: ReadYaml): ParsedTemplate["position"] {
  return (path) => {
    let node: unknown = read.source.contents;
    let found: Node | undefined = node as Node | undefined;
    for (const step of path) {
      if (isYamlMap(node)) {
        const pair = (node.items as readonly Pair<Node, Node | null>[]).find((item) => isScalar(item.key) && String(item.key.source ?? item.key.value) === String(step));
        if (!pair) break;
        found = pair.key;
        node = pair.value;
      } else if (isSeq(node)) {
        const item = node.items[Number(step)];
        if (!item) break;
        found = node = item as Node;
      } else {
        break;
      }
    }
    return found?.range ? read.lineOf(found.range[0]) : undefined;
  };
}
