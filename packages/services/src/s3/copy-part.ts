/** A part that is copied shares its source's bytes; they are read once, for their MD5 and checksum. */
import { digested, type S3Types } from "@hakoniwa/wire";
import type { Preparation } from "../define.js";
import { sourceObject } from "./copy-object.js";
import { entityTooLarge } from "./errors.js";
import { bucketOf, uploadOf } from "./find.js";
import { cut, parseCopyRange } from "./ranges.js";
import { LARGEST_PUT, type Received } from "./receive.js";

export async function copyPart(preparation: Preparation, input: S3Types.UploadPartCopyRequest): Promise<Received> {
  bucketOf(preparation, input);
  const algorithm = uploadOf(preparation, input).algorithm ?? "CRC64NVME";
  const { content } = sourceObject(preparation, input).object;
  const range = parseCopyRange(input.CopySourceRange, content.size) ?? { start: 0, size: content.size };
  if (range.size > LARGEST_PUT) throw entityTooLarge(range.size, LARGEST_PUT);
  const segments = cut(content.segments, range);
  const bytes = digested(preparation.blobs.read(segments), "MD5", algorithm);
  for await (const _ of bytes);
  const etag = Buffer.from(bytes.digest("MD5"), "base64").toString("hex");
  return { segments, size: range.size, etag, checksum: { algorithm, value: bytes.digest(algorithm), type: "FULL_OBJECT" } };
}
