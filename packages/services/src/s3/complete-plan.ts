/** What an upload's parts make together: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html */
import { createHash } from "node:crypto";
import { combineCrc, compositeChecksum, type CrcAlgorithm, type S3Types } from "@hakoniwa/wire";
import { wantedChecksum } from "./attributes.js";
import { badDigest, entityTooSmall, invalidPart, invalidPartOrder, invalidRequest, malformedXml } from "./errors.js";
import { unquoted } from "./names.js";
import type { Algorithm, Content, Part, StoredChecksum, Upload } from "./state.js";

const SMALLEST_PART = 5 * 1024 * 1024;
const LARGEST_OBJECT = 50 * 1024 ** 4;
const CRCS: readonly string[] = ["CRC32", "CRC32C", "CRC64NVME"] satisfies CrcAlgorithm[];

function isCrc(algorithm: Algorithm): algorithm is CrcAlgorithm {
  return CRCS.includes(algorithm);
}

/** The kind of checksum that the whole will have. @throws InvalidRequest for what the algorithm can't */
export function checksumTypeOf(algorithm: Algorithm | undefined, asked: S3Types.ChecksumType | undefined): "FULL_OBJECT" | "COMPOSITE" | undefined {
  if (!algorithm) {
    if (asked !== undefined) throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return undefined;
  }
  const type = asked ?? (algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE");
  const can = type === "FULL_OBJECT" ? isCrc(algorithm) : algorithm !== "CRC64NVME";
  if (!can) throw invalidRequest(`The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  return type;
}

/**
 * The object, from the parts that the request names.
 * @param known the parts that were uploaded, by number
 * @throws MalformedXML, InvalidPart, InvalidPartOrder, EntityTooSmall, InvalidRequest, BadDigest
 */
export function assemble(upload: Upload, known: ReadonlyMap<number, Part>, input: S3Types.CompleteMultipartUploadRequest): Content {
  const asked = input.MultipartUpload?.Parts ?? [];
  if (asked.length === 0 || asked.length > 10_000) throw malformedXml();
  const chosen = asked.map((part, index) => choose(upload, known, part, asked[index - 1]));
  const small = chosen.slice(0, -1).find((part) => part.size < SMALLEST_PART);
  if (small) throw entityTooSmall(small.number, small.size, small.etag);
  const size = chosen.reduce((sum, part) => sum + part.size, 0);
  if (size > LARGEST_OBJECT) throw invalidRequest("Your proposed upload exceeds the maximum allowed object size.");
  if (input.MpuObjectSize !== undefined && input.MpuObjectSize !== size) {
    throw invalidRequest(`The provided 'x-amz-mp-object-size' header value ${input.MpuObjectSize} does not match what was computed: ${size}`);
  }
  const sum = wholeChecksum(upload, chosen, input.ChecksumType);
  checkWhole(input, sum);
  return {
    ...upload.attributes,
    tags: upload.tags,
    size,
    etag: etagOf(chosen),
    segments: chosen.flatMap((part) => part.segments),
    parts: chosen.map((part) => ({ size: part.size, ...(part.checksum && upload.algorithm ? { checksum: part.checksum.value } : {}) })),
    ...(sum ? { checksum: sum } : {}),
  };
}

function choose(upload: Upload, known: ReadonlyMap<number, Part>, asked: S3Types.CompletedPart, before: S3Types.CompletedPart | undefined): Part {
  const { PartNumber: number, ETag: etag } = asked;
  if (number === undefined || etag === undefined) throw malformedXml();
  if (before?.PartNumber !== undefined && number <= before.PartNumber) throw invalidPartOrder(upload.id);
  const part = known.get(number);
  if (!part || part.etag !== unquoted(etag)) throw invalidPart(upload.id, number, unquoted(etag));
  const sum = wantedChecksum(asked as { ChecksumAlgorithm?: string });
  if (sum && (sum.algorithm !== part.checksum?.algorithm || sum.value !== part.checksum.value)) throw invalidPart(upload.id, number, part.etag);
  // Who chose composite checksums must tell each part's again.
  if (!sum && upload.algorithm && upload.checksumType === "COMPOSITE") {
    throw invalidRequest(
      `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  return part;
}

/** The MD5 of the parts' MD5s, and how many they are. */
function etagOf(chosen: readonly Part[]): string {
  const md5 = createHash("md5");
  for (const part of chosen) md5.update(part.etag, "hex");
  return `${md5.digest("hex")}-${chosen.length}`;
}

function wholeChecksum(upload: Upload, chosen: readonly Part[], asked: S3Types.ChecksumType | undefined): StoredChecksum | undefined {
  if (asked !== undefined && upload.checksumType !== undefined && asked !== upload.checksumType) {
    throw invalidRequest(`The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`);
  }
  // Where nothing was chosen the parts have S3's own, CRC64NVME, unless clients sent others.
  const algorithm = upload.algorithm ?? "CRC64NVME";
  if (chosen.some((part) => part.checksum?.algorithm !== algorithm)) return undefined;
  const values = chosen.map((part) => part.checksum!.value);
  if ((upload.checksumType ?? "FULL_OBJECT") === "COMPOSITE") return { algorithm, value: compositeChecksum(algorithm, values), type: "COMPOSITE" };
  if (!isCrc(algorithm)) return undefined;
  const value = values.slice(1).reduce((sum, next, index) => combineCrc(algorithm, sum, next, chosen[index + 1]!.size), values[0]!);
  return { algorithm, value, type: "FULL_OBJECT" };
}

function checkWhole(input: S3Types.CompleteMultipartUploadRequest, sum: StoredChecksum | undefined): void {
  const wanted = wantedChecksum(input as { ChecksumAlgorithm?: string });
  if (!wanted) return;
  if (sum?.algorithm !== wanted.algorithm) throw invalidRequest("Checksum Type mismatch occurred, expected checksum Type: " + (sum?.algorithm.toLowerCase() ?? "null") + ", actual checksum Type: " + wanted.algorithm.toLowerCase());
  if (wanted.value !== undefined && wanted.value !== sum.value) throw badDigest(wanted.algorithm);
}
