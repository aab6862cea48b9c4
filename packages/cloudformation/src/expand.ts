/**
 * Carries out what AWS::LanguageExtensions does before a template is read: Fn::ForEach, and functions in policies.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/transform-aws-languageextensions.html
 */
import { TemplateError } from "./errors.js";
import type { Scope } from "./function.js";
import { evaluate } from "./intrinsics.js";
import type { ResolvedParameter } from "./parameters.js";
import type { ParsedTemplate } from "./parse.js";
import { createScope, type Environment } from "./scope.js";
import { readHead } from "./template.js";
import { isExtended } from "./transforms.js";
import { isList, isMap, pointer, textOf, UNKNOWN, type Path, type Value, type ValueMap } from "./value.js";

const FOR_EACH = "Fn::ForEach::";
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html: loops within loops. */
const MAX_NESTING = 5;
/** Loops multiply what they repeat: a few lines can ask for more than there is memory. More values than a template of 1 MB has. */
const MAX_VALUES = 250_000;
/** In characters, what loops write into keys and texts: more than a template of 1 MB has, too. */
const MAX_WRITTEN = 4_000_000;
const SECTIONS = new Set(["Resources", "Outputs", "Conditions"]);
const POLICIES = ["DeletionPolicy", "UpdateReplacePolicy"] as const;

/**
 * The template with its loops written out. What it says of positions stays true: a resource that a loop made stands where the
 * loop's body does.
 * @returns the same template when it does not ask for the transform; undefined when a loop's collection has no value yet
 * @throws AwsError ValidationError
 */
export function expandTemplate(parsed: ParsedTemplate, parameters: ReadonlyMap<string, ResolvedParameter>, environment: Environment): ParsedTemplate | undefined {
  const { root } = parsed;
  if (!isExtended(parsed) || !isMap(root)) return parsed;
  const expansion = new Expansion(parsed, parameters, environment);
  try {
    const sections = Object.entries(root).map(([name, section]) => [name, SECTIONS.has(name) ? expansion.section(name, section) : section] as const);
    const expanded: ParsedTemplate = { format: parsed.format, root: Object.fromEntries(sections), position: (path) => parsed.position(expansion.origin(path)) };
    return { ...expanded, root: expansion.policies(expanded) };
  } catch (error) {
    if (error instanceof UnknownCollection) return undefined;
    throw error;
  }
}

class UnknownCollection extends Error {}

/** The loops' identifiers around a value, with what they stand for. */
type Variables = ReadonlyMap<string, string>;

class Expansion {
  readonly #parsed: ParsedTemplate;
  readonly #parameters: ReadonlyMap<string, ResolvedParameter>;
  readonly #environment: Environment;
  /** Where in the text the values stand that a loop made, by the pointer to where they are now. */
  readonly #origins = new Map<string, Path>();
  #values = 0;
  #written = 0;
  #head: ReturnType<typeof readHead> | undefined;

  constructor(parsed: ParsedTemplate, parameters: ReadonlyMap<string, ResolvedParameter>, environment: Environment) {
    this.#parsed = parsed;
    this.#parameters = parameters;
    this.#environment = environment;
  }

  section(name: string, section: Value): Value {
    return this.#expand(section, [name], [name], new Map(), 0);
  }

  origin(path: Path): Path {
    for (let length = path.length; length > 0; length--) {
      const from = this.#origins.get(pointer(path.slice(0, length)));
      if (from) return [...from, ...path.slice(length)];
    }
    return path;
  }

  /** The root with the policies that are functions decided. */
  policies(expanded: ParsedTemplate): Value {
    const root = expanded.root as ValueMap;
    const resources = root["Resources"];
    if (!isMap(resources)) return root;
    const decided = Object.entries(resources).map(([id, resource]) => {
      if (!isMap(resource) || !POLICIES.some((policy) => isMap(resource[policy]))) return [id, resource] as const;
      const changes = POLICIES.filter((policy) => isMap(resource[policy])).map((policy) => [policy, this.#policy(resource[policy]!, ["Resources", id, policy], expanded)] as const);
      return [id, { ...resource, ...Object.fromEntries(changes) }] as const;
    });
    return { ...root, Resources: Object.fromEntries(decided) };
  }

  #policy(value: Value, path: Path, expanded: ParsedTemplate): Value {
    const policy = evaluate(value, this.#scope(expanded, (expanded.root as ValueMap)["Conditions"]), path);
    if (policy === UNKNOWN) throw new UnknownCollection();
    return policy ?? "Delete";
  }

  #expand(value: Value, path: Path, from: Path, variables: Variables, nesting: number): Value {
    this.#count(from);
    if (typeof value === "string") return this.#substitute(value, variables, from);
    if (isList(value)) return value.map((item, i) => this.#expand(item, [...path, i], [...from, i], variables, nesting));
    if (!isMap(value)) return value;
    const reference = value["Ref"];
    if (typeof reference === "string" && variables.has(reference) && Object.keys(value).length === 1) return this.#substitute(`\${${reference}}`, variables, from);
    const out: Record<string, Value> = {};
    const add = (key: string, item: Value, at: Path): void => {
      if (key === "__proto__") throw this.#wrong(`the key ${key} is not allowed`, at);
      if (Object.hasOwn(out, key)) throw this.#wrong(`the key ${key} comes twice`, at);
      out[key] = item;
    };
    for (const [key, item] of Object.entries(value)) {
      const at = [...from, key];
      if (key.startsWith(FOR_EACH)) {
        for (const [made, inner] of this.#loop(item, path, at, variables, nesting + 1)) add(made, inner, at);
      } else {
        const name = this.#substitute(key, variables, at);
        if (name !== key) this.#origins.set(pointer([...path, name]), at);
        add(name, this.#expand(item, [...path, name], at, variables, nesting), at);
      }
    }
    return out;
  }

  /** What one loop puts into the map that it stands in. */
  #loop(loop: Value, path: Path, from: Path, variables: Variables, nesting: number): readonly (readonly [string, Value])[] {
    const layout = "Fn::ForEach layout is incorrect.";
    if (nesting > MAX_NESTING) throw this.#wrong(`Fn::ForEach may be nested ${MAX_NESTING} deep at most.`, from);
    const [identifier, collection, body] = isList(loop) && loop.length === 3 ? loop : [];
    if (typeof identifier !== "string" || !/^[A-Za-z0-9]+$/.test(identifier) || !isMap(body) || collection === undefined) throw this.#wrong(layout, from);
    if (variables.has(identifier)) throw this.#wrong(`${layout} The identifier ${identifier} is taken by a loop around it.`, from);
    const made: (readonly [string, Value])[] = [];
    for (const item of this.#items(collection, [...from, 1], variables)) {
      this.#count(from);
      const inner = new Map([...variables, [identifier, item]]);
      for (const [key, value] of Object.entries(body)) {
        const at: Path = [...from, 2, key];
        if (key.startsWith(FOR_EACH)) {
          made.push(...this.#loop(value, path, at, inner, nesting + 1));
          continue;
        }
        const name = this.#substitute(key, inner, at);
        if (name === key) throw this.#wrong(`${layout} The key ${key} must contain \${${identifier}}.`, at);
        this.#origins.set(pointer([...path, name]), at);
        made.push([name, this.#expand(value, [...path, name], at, inner, nesting)]);
      }
    }
    return made;
  }

  #items(collection: Value, path: Path, variables: Variables): readonly string[] {
    const given = evaluate(this.#expand(collection, path, path, variables, MAX_NESTING), this.#scope(this.#parsed), path);
    if (given === UNKNOWN) throw new UnknownCollection();
    const items = (isList(given) ? given : undefined)?.map((item) => (item === UNKNOWN ? item : textOf(item)));
    if (items?.includes(UNKNOWN)) throw new UnknownCollection();
    if (!items || items.includes(undefined)) throw this.#wrong("Fn::ForEach layout is incorrect. The collection must be a list of strings.", path);
    return items as readonly string[];
  }

  /** Before there are resources: parameters, pseudo parameters, mappings and, when they are written out, conditions. */
  #scope(parsed: ParsedTemplate, conditions: Value = {}): Scope {
    this.#head ??= readHead(this.#parsed);
    const template = { ...this.#head, parsed, conditions: isMap(conditions) ? conditions : {}, resources: new Map<string, never>(), extended: true };
    return createScope({ template, parameters: this.#parameters, environment: this.#environment, live: () => undefined });
  }

  #count(from: Path): void {
    if (++this.#values > MAX_VALUES) throw this.#wrong("the processed template is too large", from);
  }

  /** `${Name}` stands for the item, `&{Name}` for what of it may be part of a logical id. */
  #substitute(text: string, variables: Variables, from: Path): string {
    if (variables.size === 0 || !text.includes("{")) return text;
    return text.replace(/([$&])\{([A-Za-z0-9]+)\}/g, (whole, kind: string, name: string) => {
      const value = variables.get(name);
      if (value === undefined) return whole;
      this.#written += value.length;
      if (this.#written > MAX_WRITTEN) throw this.#wrong("the processed template is too large", from);
      return kind === "$" ? value : value.replace(/[^A-Za-z0-9]/g, "");
    });
  }

  #wrong(message: string, path: Path): Error {
    return new TemplateError(`Transform AWS::LanguageExtensions failed with: ${message}`, path, this.#parsed.position(path));
  }
}
