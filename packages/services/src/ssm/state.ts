/** Parameter Store's records and tables. */
import { table } from "@hakoniwa/kernel";

export type ParameterType = "String" | "StringList" | "SecureString";
export type ParameterTier = "Standard" | "Advanced";

/** A parameter; what it holds is in its versions. */
export interface Parameter {
  readonly name: string;
  /** The newest version's number. */
  readonly version: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ParameterVersion {
  readonly name: string;
  readonly version: number;
  readonly type: ParameterType;
  /** Encrypted, in Base64, for a SecureString. */
  readonly value: string;
  /** Only for a SecureString. */
  readonly keyId?: string;
  readonly description?: string;
  readonly allowedPattern?: string;
  readonly tier: ParameterTier;
  readonly dataType: string;
  /** Names that callers gave this version; no two versions of a parameter have the same. */
  readonly labels: readonly string[];
  /** They go on from version to version until others are given. */
  readonly policies: readonly ParameterPolicy[];
  readonly modified: number;
  /** The ARN of who wrote it. */
  readonly modifiedBy: string;
}

/** What shall happen to a parameter: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-policies.html */
export interface ParameterPolicy {
  readonly type: "Expiration";
  /** As it was given, in JSON. */
  readonly text: string;
  /** When the parameter is deleted. */
  readonly at: number;
}

/** The key that a region's SecureStrings are encrypted with. */
export interface EncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

export const versionKey = (name: string, version: number): string => `${name}:${version}`;

export const parameters = table<Parameter>()({ name: "ssm.parameters", key: (p) => p.name });
export const versions = table<ParameterVersion>()({
  name: "ssm.parameter-versions",
  version: 2,
  upgrades: { 1: (old: object) => ({ ...old, labels: [], policies: [] }) },
  key: (v) => versionKey(v.name, v.version),
  indexes: { name: (v) => v.name },
});
export const encryptionKeys = table<EncryptionKey>()({ name: "ssm.encryption-keys", key: (k) => k.id });
