/** What a client says of an object beside its content, checked. */
import type { S3Types } from "@hakoniwa/wire";
import { encryptionOf, showEncryption } from "./encryption.js";
import { aclsNotSupported, invalidArgument, invalidRequest, invalidStorageClass, metadataTooLarge, notYet } from "./errors.js";
import type { Algorithm, Attributes, Bucket, StoredChecksum } from "./state.js";

/** Members that PutObject, CopyObject and CreateMultipartUpload have in common. */
export type AttributesInput = Pick<
  S3Types.PutObjectRequest,
  | "ACL" | "CacheControl" | "ContentDisposition" | "ContentEncoding" | "ContentLanguage" | "ContentType" | "Expires" | "Metadata" | "ServerSideEncryption" | "StorageClass"
  | "WebsiteRedirectLocation" | "SSECustomerAlgorithm" | "SSEKMSKeyId" | "SSEKMSEncryptionContext" | "BucketKeyEnabled" | "GrantFullControl" | "GrantRead" | "GrantReadACP"
  | "GrantWriteACP" | "ObjectLockMode" | "ObjectLockRetainUntilDate" | "ObjectLockLegalHoldStatus"
>;

const STORAGE_CLASSES = new Set(["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"]);
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const MOST_METADATA = 2048;

/** @throws InvalidStorageClass, MetadataTooLarge, AccessControlListNotSupported, InvalidRequest, NotImplemented */
export function attributesOf(input: AttributesInput, bucket: Bucket): Attributes {
  refuseUnsupported(input, bucket);
  const { StorageClass: storageClass = "STANDARD" } = input;
  if (!STORAGE_CLASSES.has(storageClass)) throw invalidStorageClass(storageClass);
  const metadata = Object.fromEntries(Object.entries(input.Metadata ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + Buffer.byteLength(value), 0);
  if (size > MOST_METADATA) throw metadataTooLarge(size);
  const { WebsiteRedirectLocation: redirect } = input;
  if (redirect !== undefined && !/^(\/|https?:\/\/)/.test(redirect)) {
    throw invalidArgument("x-amz-website-redirect-location", redirect, "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.");
  }
  return {
    contentType: input.ContentType ?? "binary/octet-stream",
    ...given("cacheControl", input.CacheControl),
    ...given("contentDisposition", input.ContentDisposition),
    ...given("contentEncoding", input.ContentEncoding),
    ...given("contentLanguage", input.ContentLanguage),
    ...given("expires", input.Expires?.toUTCString()),
    ...given("redirect", redirect),
    metadata,
    storageClass,
    ...encryptionOf(input, bucket),
  };
}

function given<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [P in K]?: string };
}

function refuseUnsupported(input: AttributesInput, bucket: Bucket): void {
  const grants = [input.GrantFullControl, input.GrantRead, input.GrantReadACP, input.GrantWriteACP].some((grant) => grant !== undefined);
  if (bucket.ownership === "BucketOwnerEnforced") {
    if (grants || (input.ACL !== undefined && input.ACL !== "bucket-owner-full-control")) throw aclsNotSupported();
  } else if (grants || (input.ACL !== undefined && input.ACL !== "private" && input.ACL !== "bucket-owner-full-control")) {
    throw notYet("access control lists beyond private");
  }
  if (input.ObjectLockMode !== undefined || input.ObjectLockRetainUntilDate !== undefined || input.ObjectLockLegalHoldStatus !== undefined) {
    throw invalidRequest("Bucket is missing Object Lock Configuration");
  }
}

/** An object's attributes as GetObject and HeadObject tell them. */
export function showAttributes(attributes: Attributes) {
  return {
    ContentType: attributes.contentType,
    CacheControl: attributes.cacheControl,
    ContentDisposition: attributes.contentDisposition,
    ContentEncoding: attributes.contentEncoding,
    ContentLanguage: attributes.contentLanguage,
    ...(attributes.expires === undefined ? {} : { Expires: new Date(attributes.expires) }),
    WebsiteRedirectLocation: attributes.redirect,
    Metadata: attributes.metadata,
    // S3 doesn't name the usual one.
    StorageClass: attributes.storageClass === "STANDARD" ? undefined : attributes.storageClass,
    ...showEncryption(attributes),
  };
}

/** The `ChecksumCRC32`-like member of a checksum, and its type. */
export function showChecksum(checksum: StoredChecksum | undefined): { readonly ChecksumType?: "FULL_OBJECT" | "COMPOSITE" } {
  return checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {};
}

const ALGORITHMS: readonly Algorithm[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "MD5"];

/** @throws NotImplemented for XXHASH, InvalidRequest for what AWS hasn't either */
export function algorithmOf(name: string): Algorithm {
  const found = ALGORITHMS.find((algorithm) => algorithm === name.toUpperCase());
  if (found) return found;
  if (name.toUpperCase().startsWith("XXHASH")) throw notYet(`the checksum ${name}`);
  throw invalidRequest("Value for x-amz-sdk-checksum-algorithm header is invalid.");
}

/**
 * The checksum that a request asks for: what it should be, if the request says so.
 * @throws InvalidRequest for more than one
 */
export function wantedChecksum(input: { readonly ChecksumAlgorithm?: string | undefined }): { readonly algorithm: Algorithm; readonly value?: string } | undefined {
  const named = Object.entries(input).filter(([name, value]) => typeof value === "string" && /^Checksum(?!Algorithm$|Type$|Mode$)/.test(name));
  if (named.length > 1) throw invalidRequest("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  const [first] = named as [string, string][];
  if (first) return { algorithm: algorithmOf(first[0].slice("Checksum".length)), value: first[1] };
  return input.ChecksumAlgorithm === undefined ? undefined : { algorithm: algorithmOf(input.ChecksumAlgorithm) };
}
