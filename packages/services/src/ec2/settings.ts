/** What is set for a whole region: EBS encryption, public access, and the defaults of metadata options. */
import type { Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { invalidValue, missingParameter, unsupported } from "./errors.js";
import { settings, type Settings } from "./state-settings.js";

const DEFAULTS: Settings = {
  id: "settings",
  ebsEncryption: false,
  ebsKmsKeyId: undefined,
  imageBlockPublicAccess: "block-new-sharing",
  snapshotBlockPublicAccess: "unblocked",
  metadata: { endpoint: undefined, tokens: undefined, hopLimit: undefined, tags: undefined },
};

/** The only key that there is without KMS: the one that AWS manages for EBS. */
export const EBS_KEY = "alias/aws/ebs";

export function settingsOf(db: Reader): Settings {
  return db(settings).get(DEFAULTS.id) ?? DEFAULTS;
}

function set(ctx: Context, change: Partial<Settings>): Settings {
  return ctx.db(settings).put({ ...settingsOf(ctx.db), ...change });
}

/** @throws AwsError NotImplemented for a key of the user's own: there is no KMS yet */
export function checkedKmsKey(operation: string, key: string | undefined): void {
  if (key === undefined || key === EBS_KEY || key.endsWith(`:${EBS_KEY}`)) return;
  throw unsupported(operation, `KmsKeyId=${key} (only ${EBS_KEY})`);
}

export const settingsOperations = operations(Ec2, {
  GetEbsEncryptionByDefault: {
    authorize: onEverything("ec2:GetEbsEncryptionByDefault"),
    handle: (ctx) => ({ EbsEncryptionByDefault: settingsOf(ctx.db).ebsEncryption, SseType: settingsOf(ctx.db).ebsEncryption ? ("sse-kms" as const) : ("none" as const) }),
  },

  EnableEbsEncryptionByDefault: {
    authorize: onEverything("ec2:EnableEbsEncryptionByDefault"),
    handle: (ctx) => ({ EbsEncryptionByDefault: set(ctx, { ebsEncryption: true }).ebsEncryption }),
  },

  DisableEbsEncryptionByDefault: {
    authorize: onEverything("ec2:DisableEbsEncryptionByDefault"),
    handle: (ctx) => ({ EbsEncryptionByDefault: set(ctx, { ebsEncryption: false }).ebsEncryption }),
  },

  GetEbsDefaultKmsKeyId: {
    authorize: onEverything("ec2:GetEbsDefaultKmsKeyId"),
    handle: (ctx) => ({ KmsKeyId: settingsOf(ctx.db).ebsKmsKeyId ?? EBS_KEY }),
  },

  ModifyEbsDefaultKmsKeyId: {
    authorize: onEverything("ec2:ModifyEbsDefaultKmsKeyId"),
    handle(ctx, input) {
      if (!input.KmsKeyId) throw missingParameter("KmsKeyId");
      checkedKmsKey("ModifyEbsDefaultKmsKeyId", input.KmsKeyId);
      set(ctx, { ebsKmsKeyId: input.KmsKeyId });
      return { KmsKeyId: input.KmsKeyId };
    },
  },

  ResetEbsDefaultKmsKeyId: {
    authorize: onEverything("ec2:ResetEbsDefaultKmsKeyId"),
    handle(ctx) {
      set(ctx, { ebsKmsKeyId: undefined });
      return { KmsKeyId: EBS_KEY };
    },
  },

  GetImageBlockPublicAccessState: {
    authorize: onEverything("ec2:GetImageBlockPublicAccessState"),
    handle: (ctx) => ({ ImageBlockPublicAccessState: settingsOf(ctx.db).imageBlockPublicAccess, ManagedBy: "account" as const }),
  },

  EnableImageBlockPublicAccess: {
    authorize: onEverything("ec2:EnableImageBlockPublicAccess"),
    handle(ctx, input) {
      const wanted = oneOf("ImageBlockPublicAccessState", input.ImageBlockPublicAccessState, ["block-new-sharing"]);
      return { ImageBlockPublicAccessState: set(ctx, { imageBlockPublicAccess: wanted }).imageBlockPublicAccess as "block-new-sharing" };
    },
  },

  DisableImageBlockPublicAccess: {
    authorize: onEverything("ec2:DisableImageBlockPublicAccess"),
    handle(ctx) {
      set(ctx, { imageBlockPublicAccess: "unblocked" });
      return { ImageBlockPublicAccessState: "unblocked" };
    },
  },

  GetSnapshotBlockPublicAccessState: {
    authorize: onEverything("ec2:GetSnapshotBlockPublicAccessState"),
    handle: (ctx) => ({ State: settingsOf(ctx.db).snapshotBlockPublicAccess, ManagedBy: "account" as const }),
  },

  EnableSnapshotBlockPublicAccess: {
    authorize: onEverything("ec2:EnableSnapshotBlockPublicAccess"),
    handle(ctx, input) {
      const wanted = oneOf("State", input.State, ["block-all-sharing", "block-new-sharing"]);
      return { State: set(ctx, { snapshotBlockPublicAccess: wanted }).snapshotBlockPublicAccess };
    },
  },

  DisableSnapshotBlockPublicAccess: {
    authorize: onEverything("ec2:DisableSnapshotBlockPublicAccess"),
    handle: (ctx) => ({ State: set(ctx, { snapshotBlockPublicAccess: "unblocked" }).snapshotBlockPublicAccess }),
  },

  GetInstanceMetadataDefaults: {
    authorize: onEverything("ec2:GetInstanceMetadataDefaults"),
    handle(ctx) {
      const { endpoint, tokens, hopLimit, tags } = settingsOf(ctx.db).metadata;
      return { AccountLevel: { HttpEndpoint: endpoint, HttpTokens: tokens, HttpPutResponseHopLimit: hopLimit, InstanceMetadataTags: tags, ManagedBy: "account" } };
    },
  },

  ModifyInstanceMetadataDefaults: {
    authorize: onEverything("ec2:ModifyInstanceMetadataDefaults"),
    handle(ctx, input) {
      if (input.HttpTokensEnforced !== undefined && input.HttpTokensEnforced !== "no-preference") throw unsupported("ModifyInstanceMetadataDefaults", "HttpTokensEnforced");
      set(ctx, { metadata: metadataDefaults(settingsOf(ctx.db).metadata, input) });
      return { Return: true };
    },
  },
});

/** `no-preference`, and -1 for the hop limit, take a default back. */
function metadataDefaults(now: Settings["metadata"], input: Ec2Types.ModifyInstanceMetadataDefaultsRequest): Settings["metadata"] {
  const limit = input.HttpPutResponseHopLimit;
  if (limit !== undefined && limit !== -1 && (limit < 1 || limit > 64)) throw invalidValue(`Value (${limit}) for parameter HttpPutResponseHopLimit is invalid. It must be between 1 and 64, or -1 for no preference.`);
  return {
    endpoint: preference("HttpEndpoint", input.HttpEndpoint, now.endpoint, ["enabled", "disabled"]),
    tokens: preference("HttpTokens", input.HttpTokens, now.tokens, ["optional", "required"]),
    hopLimit: limit === undefined ? now.hopLimit : limit === -1 ? undefined : limit,
    tags: preference("InstanceMetadataTags", input.InstanceMetadataTags, now.tags, ["enabled", "disabled"]),
  };
}

function preference<const T extends string>(name: string, asked: string | undefined, now: T | undefined, allowed: readonly T[]): T | undefined {
  if (asked === undefined) return now;
  return asked === "no-preference" ? undefined : oneOf(name, asked, allowed);
}

/** @throws AwsError naming the parameter, the value and what it may be */
export function oneOf<const T extends string>(name: string, value: string | undefined, allowed: readonly T[]): T {
  if (value === undefined) throw missingParameter(name);
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalidValue(`Value (${value}) for parameter ${name} is invalid. It must be one of: ${allowed.join(", ")}.`);
  return found;
}
