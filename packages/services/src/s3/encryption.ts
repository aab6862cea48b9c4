/**
 * How objects are encrypted: by S3's keys or by KMS's key that AWS manages for S3, which is every account's and costs nothing. Both are told
 * here as on AWS. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
 */
import { createHash } from "node:crypto";
import type { S3Types } from "@hakoniwa/wire";
import { invalidArgument, invalidRequest, malformedXml, notYet } from "./errors.js";
import type { Attributes, Bucket, ManagedKey } from "./state.js";

type EncryptionInput = Pick<S3Types.PutObjectRequest, "ServerSideEncryption" | "SSEKMSKeyId" | "SSEKMSEncryptionContext" | "SSECustomerAlgorithm" | "BucketKeyEnabled">;

/** What a request or else its bucket asks for; S3's own keys unless it is KMS's. @throws InvalidArgument, NotImplemented */
export function encryptionOf(input: EncryptionInput, bucket: Bucket): { readonly encryption?: ManagedKey } {
  if (input.SSECustomerAlgorithm !== undefined) throw notYet("encryption with the customer's keys");
  const [rule] = bucket.encryption?.Rules ?? [];
  const { ServerSideEncryption: asked } = input;
  if (asked !== undefined && asked !== "AES256" && !asked.startsWith("aws:")) {
    throw invalidArgument("x-amz-server-side-encryption", asked, "The encryption method specified is not supported");
  }
  const algorithm = asked ?? rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? "AES256";
  if (algorithm !== "AES256" && algorithm !== "aws:kms") throw notYet(`the encryption ${algorithm}`);
  if (input.SSEKMSKeyId !== undefined || input.SSEKMSEncryptionContext !== undefined) {
    if (asked !== "aws:kms") {
      throw invalidArgument("x-amz-server-side-encryption", asked ?? "null", "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms");
    }
    throw notYet(input.SSEKMSKeyId === undefined ? "encryption contexts" : "the KMS key of a request's own");
  }
  if (algorithm === "AES256") return {};
  return { encryption: { keyId: managedKey(bucket), bucketKey: input.BucketKeyEnabled ?? rule?.BucketKeyEnabled ?? false } };
}

/** As answers about an object tell it. */
export function showEncryption({ encryption }: Pick<Attributes, "encryption">): Pick<S3Types.PutObjectOutput, "ServerSideEncryption" | "SSEKMSKeyId" | "BucketKeyEnabled"> {
  if (!encryption) return { ServerSideEncryption: "AES256" };
  return { ServerSideEncryption: "aws:kms", SSEKMSKeyId: encryption.keyId, BucketKeyEnabled: encryption.bucketKey || undefined };
}

/** A bucket's default, as it is kept. @throws MalformedXML, InvalidRequest, NotImplemented */
export function defaultEncryption({ Rules: [rule, ...more] }: S3Types.ServerSideEncryptionConfiguration): S3Types.ServerSideEncryptionConfiguration {
  const { SSEAlgorithm = "AES256", KMSMasterKeyID: key } = rule?.ApplyServerSideEncryptionByDefault ?? {};
  if (!rule || more.length > 0) throw malformedXml();
  if (SSEAlgorithm !== "AES256" && !SSEAlgorithm.startsWith("aws:")) throw malformedXml();
  if (SSEAlgorithm !== "AES256" && SSEAlgorithm !== "aws:kms") throw notYet(`the encryption ${SSEAlgorithm}`);
  if (SSEAlgorithm === "AES256" && key !== undefined) throw invalidRequest("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse");
  if (key !== undefined) throw notYet(`the KMS key ${key}`);
  return { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm }, BucketKeyEnabled: rule.BucketKeyEnabled ?? false }] };
}

/** An account has one such key in each region. */
function managedKey({ region, account }: Bucket): string {
  const hex = createHash("sha256").update(`aws/s3 ${region} ${account}`).digest("hex");
  const id = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-");
  return `arn:aws:kms:${region}:${account}:key/${id}`;
}
