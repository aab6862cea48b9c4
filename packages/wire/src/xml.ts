/** Writing values as XML. */
import { printText } from "./scalar.js";
import { compiler, isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";

export const PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n';

type Encode = (value: never) => string;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
  "\n": "&#xA;",
  "\u0085": "&#x85;",
  "\u2028": "&#x2028;",
};
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[&<>"\r\n\u0085\u2028\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const ALL_SPECIAL = new RegExp(SPECIAL, "g");

/** Text as XML may carry it. XML 1.0 has no way to write control characters: they become U+FFFD. */
export function escapeXml(text: string): string {
  return SPECIAL.test(text) ? text.replace(ALL_SPECIAL, (character) => ENTITIES[character] ?? "\ufffd") : text;
}

const present = (value: unknown): boolean => value !== undefined && value !== null;

/** Writes a value's contents: what stands between its tags. */
export const xmlContents: (shape: Shape) => Encode = compiler<Encode>((shape) => {
  if (isStruct(shape)) {
    const fields = shape.members
      .filter((member) => !member.traits.xmlAttribute)
      .map((member) => ({ name: member.name, encode: memberEncoder(member) as (value: unknown) => string }));
    return (value: Readonly<Record<string, unknown>>) => {
      let text = "";
      for (const field of fields) {
        const own = value[field.name];
        if (own !== undefined && own !== null) {
          text += field.encode(own);
        }
      }
      return text;
    };
  }
  if (shape.kind === "string") {
    return (value: string) => escapeXml(String(value));
  }
  return (value: unknown) => escapeXml(printText(shape, value, "date-time"));
});

/** Writes a structure's member with its tags. */
function memberEncoder(member: Member): Encode {
  const tag = member.traits.xmlName ?? member.name;
  switch (member.shape.kind) {
    case "list":
      return listEncoder(member, tag);
    case "map":
      return mapEncoder(member, tag);
    default:
      return element(tag, member.shape, namespaceOf(member.traits.xmlNamespace));
  }
}

function listEncoder(member: Member, tag: string): Encode {
  const flat = member.traits.xmlFlattened === 1;
  const item = member.shape.members[0]!;
  const encode = element(flat ? tag : (item.traits.xmlName ?? "member"), item.shape) as (value: unknown) => string;
  return (list: readonly unknown[]) => {
    let text = "";
    for (const value of list) {
      if (present(value)) {
        text += encode(value);
      }
    }
    if (flat) {
      return text;
    }
    return text ? `<${tag}>${text}</${tag}>` : `<${tag}/>`;
  };
}

function mapEncoder(member: Member, tag: string): Encode {
  const flat = member.traits.xmlFlattened === 1;
  const [key, value] = member.shape.members as [Member, Member];
  const keyTag = key.traits.xmlName ?? "key";
  const entryTag = flat ? tag : "entry";
  const encode = element(value.traits.xmlName ?? "value", value.shape) as (value: unknown) => string;
  return (map: Readonly<Record<string, unknown>>) => {
    let text = "";
    for (const [name, own] of Object.entries(map)) {
      if (present(own)) {
        text += `<${entryTag}><${keyTag}>${escapeXml(name)}</${keyTag}>${encode(own)}</${entryTag}>`;
      }
    }
    return flat ? text : `<${tag}>${text}</${tag}>`;
  };
}

function namespaceOf(trait: Shape["traits"]["xmlNamespace"]): string {
  if (!trait) {
    return "";
  }
  const [prefix, uri] = trait;
  return ` xmlns${prefix ? `:${prefix}` : ""}="${escapeXml(uri)}"`;
}

/** Writes a value in one element; its contents' codec is compiled on first use, since shapes may contain themselves. */
export function element(tag: string, shape: Shape, namespace = namespaceOf(shape.traits.xmlNamespace)): Encode {
  if (shape.kind === "list" || shape.kind === "map") {
    return nested(tag, shape);
  }
  const attributes = isStruct(shape) ? shape.members.filter((member) => member.traits.xmlAttribute) : [];
  let contents: ((value: unknown) => string) | undefined;
  return (value: unknown) => {
    contents ??= xmlContents(shape) as (value: unknown) => string;
    let open = `${tag}${namespace}`;
    for (const attribute of attributes) {
      const own = (value as Readonly<Record<string, unknown>>)[attribute.name];
      if (present(own)) {
        open += ` ${attribute.traits.xmlName ?? attribute.name}="${escapeXml(printText(attribute.shape, own, "date-time"))}"`;
      }
    }
    const text = contents(value);
    return text ? `<${open}>${text}</${tag}>` : `<${open}/>`;
  };
}

/** A list of lists, or a map's value that is a list: wrapped like a member of that name. */
function nested(tag: string, shape: Shape): Encode {
  let encode: ((value: unknown) => string) | undefined;
  return (value: unknown) => {
    encode ??= memberEncoder({ name: tag, required: true, traits: {}, shape }) as (value: unknown) => string;
    return encode(value);
  };
}
