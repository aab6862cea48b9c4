/** An upload's parts, and lists of uploads and parts. */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations, prepared } from "../define.js";
import { onBucket, onObject } from "./access.js";
import { showChecksum } from "./attributes.js";
import { onSource } from "./copy-object.js";
import { invalidArgument, invalidRequest, notYet } from "./errors.js";
import { copyPart } from "./copy-part.js";
import { showEncryption } from "./encryption.js";
import { bucketOf, uploadOf } from "./find.js";
import { encoder, listPage } from "./listing.js";
import { commonPrefixes, pageSize } from "./list-objects.js";
import { ownerOf, quoted } from "./names.js";
import { afterKey, keyOrder } from "./order.js";
import { receive, type Received } from "./receive.js";
import { parts, uploads, type Upload } from "./state.js";

export const partOperations = operations(S3, {
  UploadPart: prepared<S3Types.UploadPartRequest, S3Types.UploadPartOutput, Received>({
    authorize: onObject("s3:PutObject"),
    async prepare(input, preparation) {
      bucketOf(preparation, input);
      checkNumber(input.PartNumber);
      if (input.SSECustomerAlgorithm !== undefined) throw notYet("encryption with the customer's keys");
      return receive(preparation, input, uploadOf(preparation, input).algorithm);
    },
    handle(ctx, input, received) {
      bucketOf(ctx, input);
      const upload = uploadOf(ctx, input);
      checkAlgorithm(upload, received);
      const { segments, size, etag, checksum } = received;
      ctx.db(parts).put({ upload: upload.id, number: input.PartNumber, etag, size, modified: Math.floor(ctx.now / 1000) * 1000, segments, checksum });
      return { ETag: quoted(etag), ...showEncryption(upload.attributes), ...onlyValue(showChecksum(checksum)) };
    },
  }),

  UploadPartCopy: prepared<S3Types.UploadPartCopyRequest, S3Types.UploadPartCopyOutput, Received>({
    authorize: (input, asked) => [onSource(input, asked), onObject<typeof input>("s3:PutObject", ({ CopySource }) => ({ "s3:x-amz-copy-source": CopySource }))(input, asked)],
    async prepare(input, preparation) {
      checkNumber(input.PartNumber);
      return copyPart(preparation, input);
    },
    handle(ctx, input, { segments, size, etag, checksum }) {
      bucketOf(ctx, input);
      const upload = uploadOf(ctx, input);
      const modified = Math.floor(ctx.now / 1000) * 1000;
      ctx.db(parts).put({ upload: upload.id, number: input.PartNumber, etag, size, modified, segments, checksum });
      return { CopyPartResult: { ETag: quoted(etag), LastModified: new Date(modified), ...onlyValue(showChecksum(checksum)) }, ...showEncryption(upload.attributes) };
    },
  }),

  ListParts: {
    authorize: onObject("s3:ListMultipartUploadParts"),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const upload = uploadOf(ctx, input);
      const max = pageSize(input.MaxParts, "max-parts");
      const after = Number(input.PartNumberMarker ?? 0);
      if (!Number.isInteger(after) || after < 0) throw invalidArgument("part-number-marker", String(input.PartNumberMarker), "Argument part-number-marker must be an integer between 0 and 2147483647");
      const left = ctx.db(parts).where("upload", upload.id).filter((part) => part.number > after).sort((a, b) => a.number - b.number);
      const page = left.slice(0, max);
      return {
        Bucket: bucket.name,
        Key: upload.key,
        UploadId: upload.id,
        PartNumberMarker: String(after),
        NextPartNumberMarker: String(page.at(-1)?.number ?? 0),
        MaxParts: max,
        IsTruncated: page.length > 0 && page.length < left.length,
        Parts: page.map((part) => ({
          PartNumber: part.number,
          LastModified: new Date(part.modified),
          ETag: quoted(part.etag),
          Size: part.size,
          ...(upload.algorithm ? onlyValue(showChecksum(part.checksum)) : {}),
        })),
        ...describeUpload(upload, bucket.account),
      };
    },
  },

  ListMultipartUploads: {
    authorize: onBucket("s3:ListBucketMultipartUploads", ({ Prefix, Delimiter, MaxUploads }) => ({ "s3:prefix": Prefix, "s3:delimiter": Delimiter, "s3:max-keys": MaxUploads })),
    handle(ctx, input) {
      const bucket = bucketOf(ctx, input);
      const max = pageSize(input.MaxUploads, "max-uploads");
      const marker = input.KeyMarker ?? "";
      const after = marker === "" || !input.UploadIdMarker ? undefined : ctx.db(uploads).get(input.UploadIdMarker);
      const from = marker === "" ? undefined : after ? keyOrder(bucket.name, marker) : afterKey(bucket.name, marker);
      const isShown = (upload: Upload): boolean => after?.key === upload.key && (upload.initiated < after.initiated || (upload.initiated === after.initiated && upload.id <= after.id));
      const delimiter = input.Delimiter || undefined;
      const shownPrefix = delimiter !== undefined && marker.endsWith(delimiter) ? marker : undefined;
      const { entries, truncated } = listPage<Upload>(
        (start, end) => ctx.db(uploads).range(start, end),
        { bucket: bucket.name, prefix: input.Prefix ?? "", delimiter, max, from, shownPrefix },
        (upload) => (isShown(upload) ? "skip" : "take"),
        true,
      );
      const encode = encoder(input.EncodingType);
      const last = entries.at(-1);
      return {
        Bucket: bucket.name,
        KeyMarker: encode(marker),
        UploadIdMarker: input.UploadIdMarker ?? "",
        NextKeyMarker: truncated && last ? encode("record" in last ? last.record.key : last.commonPrefix) : undefined,
        NextUploadIdMarker: truncated && last && "record" in last ? last.record.id : undefined,
        Prefix: encode(input.Prefix ?? ""),
        Delimiter: input.Delimiter && encode(input.Delimiter),
        MaxUploads: max,
        EncodingType: input.EncodingType,
        IsTruncated: truncated,
        Uploads: entries.flatMap((entry) =>
          "record" in entry
            ? [{ UploadId: entry.record.id, Key: encode(entry.record.key), Initiated: new Date(entry.record.initiated), ...describeUpload(entry.record, bucket.account) }]
            : [],
        ),
        CommonPrefixes: commonPrefixes(entries, encode),
      };
    },
  },
});

function describeUpload(upload: Upload, account: string) {
  return {
    StorageClass: upload.attributes.storageClass,
    Owner: ownerOf(account),
    Initiator: { ID: upload.initiator, DisplayName: upload.initiator.slice(upload.initiator.lastIndexOf("/") + 1) },
    ChecksumAlgorithm: upload.algorithm,
    ChecksumType: upload.checksumType,
  };
}

/** Parts have no type of their own. */
function onlyValue({ ChecksumType: _type, ...rest }: ReturnType<typeof showChecksum>): object {
  return rest;
}

function checkNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > 10_000) throw invalidArgument("partNumber", String(number), "Part number must be an integer between 1 and 10000, inclusive");
}

/** Who chose an algorithm must keep to it. */
function checkAlgorithm(upload: Upload, { checksum }: Received): void {
  if (upload.algorithm && checksum.algorithm !== upload.algorithm) {
    throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${checksum.algorithm.toLowerCase()}`);
  }
}
