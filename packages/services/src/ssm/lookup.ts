/** Parameters as they are read: a user's own, and those that AWS publishes under `/aws/service/`. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import type { SsmTypes } from "@hakoniwa/wire";
import { parameterArn, parseReference } from "./names.js";
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

/** AWS's public images: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html */
export function publicParameter(images: ReadonlyMap<string, string>, name: string): Found | undefined {
  const image = images.get(name);
  return image === undefined ? undefined : { name, version: 1, type: "String", value: image, dataType: "aws:ec2:image", modified: undefined };
}

/** Finds what `name`, `name:version` or an ARN means. */
export function findParameter(db: Reader, scope: Scope, images: ReadonlyMap<string, string>, text: string): Lookup {
  const { name, selector } = parseReference(text, scope, (candidate) => db(parameters).get(candidate) !== undefined);
  const newest = db(parameters).get(name)?.version ?? publicParameter(images, name)?.version;
  if (newest === undefined) return { kind: "no-parameter", name };
  const asked = selector === undefined ? newest : /^[1-9]\d{0,8}$/.test(selector) ? Number(selector) : undefined;
  const published = publicParameter(images, name);
  const parameter = asked === undefined ? undefined : published ? (asked === published.version ? published : undefined) : db(versions).get(versionKey(name, asked));
  // Labels can't be given yet, so none is ever found.
  if (!parameter) return { kind: "no-version", name, selector: selector ?? String(newest) };
  return { kind: "found", parameter, selector };
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
