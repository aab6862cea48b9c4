/** Parameters as they are read: a user's own, and those that AWS publishes under `/aws/service/`. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { SsmTypes } from "@hakoniwa/wire";
import { parameterArn, parseReference } from "./names.js";
import type { Published } from "./published.js";
import { decrypt } from "./secrets.js";
import { parameters, versionKey, versions, type ParameterType, type ParameterVersion } from "./state.js";

export interface Found {
  readonly name: string;
  readonly version: number;
  readonly type: ParameterType;
  /** As stored: encrypted for a SecureString. */
  readonly value: string;
  readonly dataType: string;
  /** AWS tells when it published; we don't know it. */
  readonly modified: number | undefined;
}

export type Lookup =
  | { readonly kind: "found"; readonly parameter: Found; readonly selector: string | undefined }
  | { readonly kind: "no-parameter"; readonly name: string }
  | { readonly kind: "no-version"; readonly name: string; readonly selector: string };

export function publicParameter(published: Published, name: string): Found | undefined {
  const found = published.get(name);
  return found && { name, version: 1, type: "String", value: found.value, dataType: found.dataType, modified: undefined };
}

/** Finds what `name`, `name:version`, `name:label` or an ARN means. */
export function findParameter(db: Reader, scope: Scope, published: Published, text: string): Lookup {
  const { name, selector } = parseReference(text.trim(), scope, (candidate) => db(parameters).get(candidate) !== undefined);
  const own = db(parameters).get(name);
  const theirs = own ? undefined : publicParameter(published, name);
  if (!own && !theirs) return { kind: "no-parameter", name };
  const parameter = own ? selected(db, own.name, selector ?? String(own.version)) : selector === undefined || selector === "1" ? theirs : undefined;
  if (!parameter) return { kind: "no-version", name, selector: selector ?? "" };
  return { kind: "found", parameter, selector };
}

/** The version that a number or a label means. No label begins with a digit. */
function selected(db: Reader, name: string, selector: string): ParameterVersion | undefined {
  return /^\d+$/.test(selector) ? db(versions).get(versionKey(name, Number(selector))) : labelled(db, name, selector);
}

export function labelled(db: Reader, name: string, label: string): ParameterVersion | undefined {
  return db(versions).where("name", name).find((version) => version.labels.includes(label));
}

/** The newest version of a parameter that is there. */
export function newestOf(db: Reader, name: string, version: number): ParameterVersion {
  const newest = db(versions).get(versionKey(name, version));
  if (!newest) throw new Error(`${name} has no version ${version}`);
  return newest;
}

export function showParameter(db: Reader, scope: Scope, found: Found, selector: string | undefined, withDecryption: boolean): SsmTypes.Parameter {
  return {
    Name: found.name,
    Type: found.type,
    Value: found.type === "SecureString" && withDecryption ? decrypt(db, found.name, found.value) : found.value,
    Version: found.version,
    ...(selector === undefined ? {} : { Selector: `:${selector}` }),
    ...(found.modified === undefined ? {} : { LastModifiedDate: new Date(found.modified) }),
    ARN: parameterArn(scope, found.name),
    DataType: found.dataType,
  };
}

export function showPolicies(version: ParameterVersion): readonly SsmTypes.ParameterInlinePolicy[] {
  return version.policies.map(({ type, text }) => ({ PolicyText: text, PolicyType: type, PolicyStatus: "Pending" }));
}
