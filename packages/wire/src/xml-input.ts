/** XML elements to typed input. */
import { located, MalformedValue, parseText, shown } from "./scalar.js";
import { compiler, isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";
import type { XmlElement } from "./xml-reader.js";

type Decode = (element: XmlElement) => unknown;

interface Field {
  readonly member: Member;
  readonly tag: string;
  /** From all of the parent's elements with the field's tag; at least one. */
  readonly decode: (elements: readonly XmlElement[]) => unknown;
}

function refuseText(element: XmlElement): void {
  if (element.text.trim() !== "") {
    throw new MalformedValue(`'${shown(element.text.trim())}' is not a structure`);
  }
}

/** Compiles decoders; they throw MalformedValue for what the model doesn't have, as S3's schema validation does. */
export const xmlDecoder: (shape: Shape) => Decode = compiler<Decode>((shape) => {
  if (!isStruct(shape)) {
    return (element) => {
      if (element.children.length > 0) {
        throw new MalformedValue(`<${shown(element.children[0]!.tag)}> does not belong here`);
      }
      return parseText(shape, shape.kind === "string" ? element.text : element.text.trim());
    };
  }
  const attributes = shape.members.filter((member) => member.traits.xmlAttribute);
  const fields = new Map<string, Field>();
  for (const member of shape.members) {
    if (!member.traits.xmlAttribute) {
      const tag = member.traits.xmlName ?? member.name;
      fields.set(tag, { member, tag, decode: fieldDecoder(member, tag) });
    }
  }
  return (element) => {
    refuseText(element);
    const value: Record<string, unknown> = {};
    for (const member of attributes) {
      const own = element.attributes.get(member.traits.xmlName ?? member.name);
      if (own !== undefined) {
        value[member.name] = parseText(member.shape, own);
      }
    }
    for (const [tag, elements] of byTag(element.children)) {
      const field = fields.get(tag);
      if (!field) {
        throw new MalformedValue(`<${shown(tag)}> is not known in <${shown(element.tag)}>`);
      }
      try {
        value[field.member.name] = field.decode(elements);
      } catch (error) {
        throw located(error, tag);
      }
    }
    return value;
  };
});

function byTag(elements: readonly XmlElement[]): ReadonlyMap<string, XmlElement[]> {
  const found = new Map<string, XmlElement[]>();
  for (const element of elements) {
    const same = found.get(element.tag);
    if (same) {
      same.push(element);
    } else {
      found.set(element.tag, [element]);
    }
  }
  return found;
}

function fieldDecoder(member: Member, tag: string): Field["decode"] {
  const { shape } = member;
  const flat = member.traits.xmlFlattened === 1;
  if (shape.kind === "list") {
    const item = shape.members[0]!;
    return flat ? listDecoder(item) : wrapped(item.traits.xmlName ?? "member", listDecoder(item));
  }
  if (shape.kind === "map") {
    return flat ? mapDecoder(shape) : wrapped("entry", mapDecoder(shape));
  }
  // Compiled on first use: shapes may contain themselves.
  let decode: Decode | undefined;
  return (elements) => {
    decode ??= xmlDecoder(shape);
    return decode(only(elements, tag));
  };
}

function only(elements: readonly XmlElement[], tag: string): XmlElement {
  if (elements.length > 1) {
    throw new MalformedValue(`<${tag}> is given more than once`);
  }
  return elements[0]!;
}

/** A list or a map whose entries stand in an element of their own. */
function wrapped(itemTag: string, decode: Field["decode"]): Field["decode"] {
  return (elements) => {
    const element = only(elements, itemTag);
    refuseText(element);
    const stray = element.children.find((child) => child.tag !== itemTag);
    if (stray) {
      throw new MalformedValue(`<${shown(stray.tag)}> is not <${itemTag}>`);
    }
    return decode(element.children);
  };
}

function listDecoder(item: Member): Field["decode"] {
  let decode: Decode | undefined;
  return (elements) => {
    decode ??= xmlDecoder(item.shape);
    return elements.map((element, index) => {
      try {
        return decode!(element);
      } catch (error) {
        throw located(error, index + 1);
      }
    });
  };
}

function mapDecoder(shape: Shape): Field["decode"] {
  const [key, value] = shape.members as [Member, Member];
  const keyTag = key.traits.xmlName ?? "key";
  const valueTag = value.traits.xmlName ?? "value";
  let decode: Decode | undefined;
  return (elements) => {
    decode ??= xmlDecoder(value.shape);
    // Without a prototype: the keys are the caller's.
    const entries: Record<string, unknown> = Object.create(null);
    for (const element of elements) {
      const children = byTag(element.children);
      const name = children.get(keyTag)?.[0];
      const own = children.get(valueTag)?.[0];
      if (!name || !own) {
        throw new MalformedValue(`an entry needs a <${keyTag}> and a <${valueTag}>`);
      }
      entries[name.text] = decode(own);
    }
    return entries;
  };
}
