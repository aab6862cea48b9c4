/** Forms of the ec2 and query protocols to typed input. */
import type { FormNode } from "./form.js";
import { located, MalformedValue, parseText, shown } from "./scalar.js";
import { compiler, isStruct } from "./shape.js";
import type { Member, Shape } from "./shape.js";

type Decode = (node: FormNode) => unknown;

/** A parameter that EC2's model doesn't have. EC2 refuses these; the services that speak query ignore them. */
export class UnknownParameter extends MalformedValue {}

export interface FormDialect {
  /** The name that a structure's member has in a form. */
  readonly nameOf: (member: Member) => string;
  readonly refusesUnknown: boolean;
}

/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html#query-key-resolution */
export const EC2_FORM: FormDialect = {
  nameOf(member) {
    const name = member.traits.xmlName ?? member.name;
    return member.traits.ec2QueryName ?? name.charAt(0).toUpperCase() + name.slice(1);
  },
  refusesUnknown: true,
};

export const QUERY_FORM: FormDialect = {
  nameOf: (member) => member.traits.xmlName ?? member.name,
  refusesUnknown: false,
};

/** Parameters that belong to the request, not to the operation. */
const COMMON = /^(?:Action|Version|AWSAccessKeyId|SecurityToken|Signature\w*|Timestamp|Expires|X-Amz-[\w-]+)$/;

/** `X.1`, `X.2` …, in the order of their numbers. */
function indexed(node: FormNode): (readonly [index: string, node: FormNode])[] {
  return [...(node.children ?? [])].filter(([name]) => /^\d{1,9}$/.test(name)).sort((a, b) => Number(a[0]) - Number(b[0]));
}

/** A list whose items are not numbered would be taken for an empty one: a Describe that names something would answer with everything. */
function refuseUnnumbered(node: FormNode, numbered: number): void {
  if ((node.children?.size ?? 0) === numbered) return;
  const stranger = [...node.children!.keys()].find((name) => !/^\d{1,9}$/.test(name))!;
  throw located(new UnknownParameter("is not recognized"), stranger);
}

function refuseText(node: FormNode, expected: string): void {
  if (node.text) {
    throw new MalformedValue(`'${shown(node.text)}' is not ${expected}`);
  }
}

/** Compiles decoders for one dialect; they throw MalformedValue. */
export function formDecoder(dialect: FormDialect): (shape: Shape) => Decode {
  const decoder = compiler<Decode>((shape) => {
    if (isStruct(shape)) {
      return structDecoder(shape);
    }
    switch (shape.kind) {
      case "unit":
        return () => ({});
      case "list":
        return listDecoder(shape);
      case "map":
        return mapDecoder(shape);
      default:
        return (node) => {
          if (node.text === undefined) {
            throw new MalformedValue(`a ${shape.kind} was expected`);
          }
          return parseText(shape, node.text);
        };
    }
  });

  function structDecoder(shape: Shape): Decode {
    const fields = shape.members.map((member) => ({
      name: member.name,
      key: dialect.nameOf(member),
      // Clients send a flattened list under the member's name or under its items' name.
      otherKey: member.traits.xmlFlattened && member.shape.kind === "list" ? member.shape.members[0]?.traits.xmlName : undefined,
      decode: decoder(member.shape),
    }));
    const known = new Set(fields.flatMap((field) => [field.key, field.otherKey]));
    return (node) => {
      refuseText(node, "a structure");
      const children = node.children;
      const value: Record<string, unknown> = {};
      if (!children) {
        return value;
      }
      for (const field of fields) {
        const found = children.get(field.key) ?? (field.otherKey === undefined ? undefined : children.get(field.otherKey));
        if (found) {
          try {
            value[field.name] = field.decode(found);
          } catch (error) {
            throw located(error, field.key);
          }
        }
      }
      if (dialect.refusesUnknown) {
        for (const name of children.keys()) {
          if (!known.has(name) && !COMMON.test(name)) {
            throw located(new UnknownParameter("is not recognized"), name);
          }
        }
      }
      return value;
    };
  }

  function listDecoder(shape: Shape): Decode {
    const item = shape.members[0]!;
    const decode = decoder(item.shape);
    return (node) => {
      // An empty list is sent as an empty text.
      refuseText(node, "a list");
      const wrapped = (item.traits.xmlName && node.children?.get(item.traits.xmlName)) || node.children?.get("member");
      const items = indexed(wrapped ?? node);
      if (dialect.refusesUnknown) refuseUnnumbered(wrapped ?? node, items.length);
      return items.map(([index, child]) => {
        try {
          return decode(child);
        } catch (error) {
          throw located(error, index);
        }
      });
    };
  }

  function mapDecoder(shape: Shape): Decode {
    const [key, value] = shape.members as [Member, Member];
    const keyName = key.traits.xmlName ?? "key";
    const valueName = value.traits.xmlName ?? "value";
    const decode = decoder(value.shape);
    return (node) => {
      refuseText(node, "a map");
      // Without a prototype: the keys are the caller's.
      const entries: Record<string, unknown> = Object.create(null);
      for (const [index, entry] of indexed(node.children?.get("entry") ?? node)) {
        const name = entry.children?.get(keyName)?.text;
        const child = entry.children?.get(valueName);
        if (name === undefined || !child) {
          throw located(new MalformedValue(`an entry needs a ${keyName} and a ${valueName}`), index);
        }
        try {
          entries[name] = decode(child);
        } catch (error) {
          throw located(error, index);
        }
      }
      return entries;
    };
  }

  return decoder;
}
