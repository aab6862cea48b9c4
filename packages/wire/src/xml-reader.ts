/** Reading the XML that AWS's clients send: elements, attributes and text. No document types, so no entities but XML's own. */

/** Text that is no XML, or XML that could only mean harm. */
export class MalformedXml extends Error {
  override readonly name = "MalformedXml";
}

export interface XmlElement {
  /** Without its namespace's prefix. */
  readonly tag: string;
  /** By name as written, prefix and all. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const MAX_DEPTH = 50;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const NAME = "[A-Za-z_\\u00c0-\\uffff][\\w.:\\-\\u00b7-\\uffff]*";
const OPENING = new RegExp(`<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`, "y");
const CLOSING = new RegExp(`</(${NAME})\\s*>`, "y");
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "g");
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

function character(code: number, written: string): string {
  if (!(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff) || NOT_XML.test(String.fromCodePoint(code))) {
    throw new MalformedXml(`${written.slice(0, 20)} is no character of XML`);
  }
  return String.fromCodePoint(code);
}

function unescape(text: string): string {
  if (!text.includes("&")) {
    return text;
  }
  return text.replace(/&(?:#x([0-9a-fA-F]+);|#(\d+);|(\w+);|)/g, (written: string, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) {
      return character(Number.parseInt(hex, 16), written);
    }
    if (decimal !== undefined) {
      return character(Number(decimal), written);
    }
    const known = name !== undefined && Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (known === undefined) {
      throw new MalformedXml(name === undefined ? "an & stands alone" : `the entity &${name.slice(0, 20)}; is not known`);
    }
    return known;
  });
}

const localName = (name: string): string => name.slice(name.indexOf(":") + 1);

function readAttributes(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name!)) {
      throw new MalformedXml(`the attribute ${name!.slice(0, 50)} is given twice`);
    }
    attributes.set(name!, unescape(double ?? single ?? ""));
  }
  return attributes;
}

/** Skips a comment, a processing instruction or the prolog; gives where it ends. */
function skipped(source: string, at: number, end: string): number {
  const found = source.indexOf(end, at);
  if (found < 0) {
    throw new MalformedXml(`a ${source.slice(at, at + 4)} has no ${end}`);
  }
  return found + end.length;
}

/** The document's root element. Throws MalformedXml. */
export function parseXml(source: string): XmlElement {
  if (NOT_XML.test(source)) {
    throw new MalformedXml("there is a control character in it");
  }
  const document: XmlElement = { tag: "", attributes: new Map(), children: [], text: "" };
  const open: { readonly element: XmlElement; readonly name: string }[] = [{ element: document, name: "" }];
  let at = source.startsWith("\ufeff") ? 1 : 0;
  while (at < source.length) {
    const { element: parent, name: parentName } = open.at(-1)!;
    if (source[at] !== "<") {
      const next = source.indexOf("<", at);
      const end = next < 0 ? source.length : next;
      parent.text += unescape(source.slice(at, end));
      at = end;
    } else if (source.startsWith("<![CDATA[", at)) {
      const end = skipped(source, at, "]]>");
      parent.text += source.slice(at + 9, end - 3);
      at = end;
    } else if (source.startsWith("<!--", at)) {
      at = skipped(source, at + 4, "-->");
    } else if (source.startsWith("<?", at)) {
      at = skipped(source, at, "?>");
    } else if (source.startsWith("</", at)) {
      CLOSING.lastIndex = at;
      const closing = CLOSING.exec(source);
      if (!closing || open.length === 1 || closing[1] !== parentName) {
        throw new MalformedXml(`<${parentName.slice(0, 50)}> is not closed where it should be`);
      }
      open.pop();
      at = CLOSING.lastIndex;
    } else {
      OPENING.lastIndex = at;
      const opening = OPENING.exec(source);
      if (!opening) {
        throw new MalformedXml(source.startsWith("<!", at) ? "document types are not accepted" : `'${source.slice(at, at + 20)}' is no tag`);
      }
      const [, name, attributes, empty] = opening;
      const element: XmlElement = { tag: localName(name!), attributes: readAttributes(attributes!), children: [], text: "" };
      parent.children.push(element);
      if (!empty) {
        open.push({ element, name: name! });
      }
      if (open.length > MAX_DEPTH) {
        throw new MalformedXml(`nested deeper than ${MAX_DEPTH} levels`);
      }
      at = OPENING.lastIndex;
    }
  }
  if (open.length > 1) {
    throw new MalformedXml(`<${open.at(-1)!.name.slice(0, 50)}> is not closed`);
  }
  if (document.children.length !== 1 || document.text.trim() !== "") {
    throw new MalformedXml("a document has one root element");
  }
  return document.children[0]!;
}
