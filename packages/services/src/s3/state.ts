/** S3's records and tables. All accounts and regions share them: bucket names are one namespace. */
import { table } from "@hakoniwa/kernel";
import type { S3Types } from "@hakoniwa/wire";
import { keyOrder } from "./order.js";

export type Tags = Readonly<Record<string, string>>;
export type Ownership = S3Types.ObjectOwnership;

export interface PublicAccess {
  readonly blockAcls: boolean;
  readonly ignoreAcls: boolean;
  readonly blockPolicy: boolean;
  readonly restrict: boolean;
}

export interface Bucket {
  readonly name: string;
  /** Its owner. */
  readonly account: string;
  readonly region: string;
  readonly created: number;
  /** Never set, or one of the two for good. */
  readonly versioning?: "Enabled" | "Suspended";
  readonly tags?: Tags;
  /** JSON, as it was given. */
  readonly policy?: string;
  readonly publicAccess?: PublicAccess;
  readonly ownership?: Ownership;
  readonly encryption?: S3Types.ServerSideEncryptionConfiguration;
  readonly cors?: readonly S3Types.CORSRule[];
  readonly lifecycle?: readonly LifecycleRule[];
  readonly website?: S3Types.WebsiteConfiguration;
  /** Small objects are not moved to other storage classes unless a rule says so. */
  readonly transitionMinimum?: S3Types.TransitionDefaultMinimumObjectSize;
  /** When its lifecycle rules were put: they are carried out from the next midnight on. */
  readonly lifecycleSince?: number;
}

/** One rule; dates in ms. */
export interface LifecycleRule {
  readonly id: string;
  readonly enabled: boolean;
  /** As it was given: a `Prefix` of the old form, or a `Filter`. */
  readonly legacyPrefix?: string;
  readonly filter?: S3Types.LifecycleRuleFilter;
  readonly expiration?: { readonly days?: number; readonly date?: number; readonly deleteMarkers?: boolean };
  readonly transitions: readonly { readonly days?: number; readonly date?: number; readonly storageClass: S3Types.TransitionStorageClass }[];
  readonly noncurrentExpiration?: { readonly days: number; readonly keep: number };
  readonly noncurrentTransitions: readonly { readonly days: number; readonly keep: number; readonly storageClass: S3Types.TransitionStorageClass }[];
  readonly abortUploadsAfter?: number;
}

export type Algorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256" | "SHA512" | "MD5";

export interface StoredChecksum {
  readonly algorithm: Algorithm;
  /** Base64; with `-N` when it is of N parts' checksums. */
  readonly value: string;
  readonly type: "FULL_OBJECT" | "COMPOSITE";
}

/** Consecutive bytes of an object's content. */
export interface Segment {
  readonly blob: string;
  readonly start: number;
  readonly size: number;
}

/** What a client says of an object beside its content. */
export interface Attributes {
  readonly contentType: string;
  readonly cacheControl?: string;
  readonly contentDisposition?: string;
  readonly contentEncoding?: string;
  readonly contentLanguage?: string;
  readonly expires?: string;
  readonly redirect?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass: S3Types.StorageClass;
  /** Of S3's own keys when absent. */
  readonly encryption?: ManagedKey;
}

/** The key of KMS's that AWS manages for S3, and whether the bucket's key stands between. */
export interface ManagedKey {
  readonly keyId: string;
  readonly bucketKey: boolean;
}

export interface StoredPart {
  readonly size: number;
  readonly checksum?: string;
}

/** An object's content and what is known of it. */
export interface Content extends Attributes {
  readonly size: number;
  /** Without its quotes. */
  readonly etag: string;
  readonly segments: readonly Segment[];
  readonly tags: Tags;
  readonly checksum?: StoredChecksum;
  /** Only of what was uploaded in parts. */
  readonly parts?: readonly StoredPart[];
}

export interface ObjectVersion {
  readonly bucket: string;
  readonly key: string;
  /** `null` outside versioned times. */
  readonly versionId: string;
  /** Counts up from one version of a key to the next. */
  readonly sequence: number;
  /** Whole seconds, as S3 keeps them. */
  readonly modified: number;
  /** A delete marker has none. */
  readonly content?: Content;
}

export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly initiated: number;
  /** The ARN of who began it. */
  readonly initiator: string;
  readonly attributes: Attributes;
  readonly tags: Tags;
  readonly algorithm?: Algorithm;
  readonly checksumType?: "FULL_OBJECT" | "COMPOSITE";
}

export interface Part {
  readonly upload: string;
  readonly number: number;
  readonly etag: string;
  readonly size: number;
  readonly modified: number;
  readonly segments: readonly Segment[];
  readonly checksum?: StoredChecksum;
}

export const versionKey = (bucket: string, key: string, versionId: string): string => `${bucket}/${versionId}/${key}`;
export const partKey = (upload: string, number: number): string => `${upload}/${number}`;

/** Counts down, so that the newest version of a key comes first. */
const NEWEST = 10 ** 15;

const blobsOf = (segments: readonly Segment[]): readonly string[] => segments.map((segment) => segment.blob);

export const buckets = table<Bucket>()({ name: "s3.buckets", key: (b) => b.name });
export const objects = table<ObjectVersion>()({
  name: "s3.objects",
  key: (o) => versionKey(o.bucket, o.key, o.versionId),
  order: (o) => `${keyOrder(o.bucket, o.key)}${NEWEST - o.sequence}`,
  blobs: (o) => blobsOf(o.content?.segments ?? []),
});
export const uploads = table<Upload>()({
  name: "s3.uploads",
  key: (u) => u.id,
  order: (u) => `${keyOrder(u.bucket, u.key)}${NEWEST + u.initiated}${u.id}`,
});
export const parts = table<Part>()({
  name: "s3.parts",
  key: (p) => partKey(p.upload, p.number),
  indexes: { upload: (p) => p.upload },
  blobs: (p) => blobsOf(p.segments),
});
