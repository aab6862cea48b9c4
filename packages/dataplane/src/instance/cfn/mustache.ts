/** The templates that cfn-init's files may be: https://mustache.github.io/mustache.5.html, without partials and changed delimiters. */
import { isMap, type Json, type JsonMap } from "./config-sets.js";

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** @throws Error on a section that is not closed */
export function render(template: string, context: JsonMap): string {
  return renderIn(template, [context]);
}

function renderIn(template: string, contexts: readonly Json[]): string {
  let out = "";
  let rest = template;
  for (;;) {
    const open = /\{\{\{\s*([^{}]*?)\s*\}\}\}|\{\{([#^/!&]?)\s*([^{}]*?)\s*\}\}/.exec(rest);
    if (!open) return out + rest;
    const [tag, raw, kind = "", name = ""] = open;
    out += rest.slice(0, open.index);
    rest = rest.slice(open.index + tag.length);
    if (raw !== undefined) out += textOf(lookUp(raw, contexts));
    else if (kind === "&") out += textOf(lookUp(name, contexts));
    else if (kind === "") out += textOf(lookUp(name, contexts)).replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char);
    else if (kind === "/") throw new Error(`{{/${name}}} closes no section`);
    else if (kind !== "!") {
      const { inner, after } = sectionOf(rest, name);
      out += section(kind === "^", inner, lookUp(name, contexts), contexts);
      rest = after;
    }
  }
}

function sectionOf(text: string, name: string): { readonly inner: string; readonly after: string } {
  const tags = /\{\{([#^/])\s*([^{}]*?)\s*\}\}/g;
  let depth = 1;
  for (let tag = tags.exec(text); tag; tag = tags.exec(text)) {
    if (tag[2] !== name) continue;
    depth += tag[1] === "/" ? -1 : 1;
    if (depth === 0) return { inner: text.slice(0, tag.index), after: text.slice(tag.index + tag[0].length) };
  }
  throw new Error(`the section {{#${name}}} is not closed`);
}

function section(inverted: boolean, inner: string, value: Json | undefined, contexts: readonly Json[]): string {
  const empty = value === undefined || value === null || value === false || value === "" || (Array.isArray(value) && value.length === 0);
  if (inverted) return empty ? renderIn(inner, contexts) : "";
  if (empty) return "";
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return items.map((item) => renderIn(inner, [item === true ? {} : item, ...contexts])).join("");
}

function lookUp(name: string, contexts: readonly Json[]): Json | undefined {
  if (name === ".") return contexts[0];
  const [first = "", ...rest] = name.split(".");
  const holder = contexts.find((context) => isMap(context) && Object.hasOwn(context, first));
  let value: Json | undefined = isMap(holder) ? holder[first] : undefined;
  for (const part of rest) value = isMap(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  return value;
}

function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
