import { createHash } from "node:crypto";
import { bytes, type ByteStream } from "@hakoniwa/kernel";
import { checksum, compositeChecksum } from "@hakoniwa/wire";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

const MB = 1024 * 1024;
const five = Buffer.alloc(5 * MB, "a");
const last = Buffer.from("the end");

let cloud: TestCloud;
let UploadId: string;
const named = { Bucket: "garden", Key: "big" };

beforeEach(async () => {
  cloud = await createTestCloud();
  await cloud.aws.s3.CreateBucket({ Bucket: "garden", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  UploadId = (await cloud.aws.s3.CreateMultipartUpload({ ...named, ContentType: "text/plain", Tagging: "t=1" })).UploadId!;
});
afterEach(() => cloud.close());

const part = (PartNumber: number, content: Uint8Array, more = {}) => cloud.aws.s3.UploadPart({ ...named, UploadId, PartNumber, Body: bytes(content), ...more });
const complete = (Parts: readonly { PartNumber?: number; ETag?: string | undefined }[], more = {}) =>
  cloud.aws.s3.CompleteMultipartUpload({ ...named, UploadId, MultipartUpload: { Parts }, ...more });

async function contentOf(stream: ByteStream): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const each of stream) parts.push(each);
  return Buffer.concat(parts);
}

const md5 = (content: Uint8Array): Buffer => createHash("md5").update(content).digest();
const crc64 = (content: Uint8Array): string => {
  const sum = checksum("CRC64NVME");
  sum.update(content);
  return sum.digest().toString("base64");
};

it("an upload in parts makes one object of them, with S3's ETag and checksum", async () => {
  const two = await part(7, last);
  const one = await part(2, five);
  expect(await cloud.aws.s3.ListParts({ ...named, UploadId })).toMatchObject({ Parts: [{ PartNumber: 2, Size: 5 * MB, ETag: one.ETag }, { PartNumber: 7, Size: 7 }], IsTruncated: false });
  const answer = await complete([{ PartNumber: 2, ETag: one.ETag }, { PartNumber: 7, ETag: two.ETag }]);
  const etag = createHash("md5").update(Buffer.concat([md5(five), md5(last)])).digest("hex");
  expect(answer).toMatchObject({ ETag: `"${etag}-2"`, ChecksumCRC64NVME: crc64(Buffer.concat([five, last])), ChecksumType: "FULL_OBJECT", Bucket: "garden", Key: "big" });
  const whole = await cloud.aws.s3.GetObject(named);
  expect(whole).toMatchObject({ ContentLength: 5 * MB + 7, ContentType: "text/plain", TagCount: 1 });
  expect(Buffer.concat([five, last]).equals(await contentOf(whole.Body!))).toBe(true);
  expect(await cloud.aws.s3.ListMultipartUploads({ Bucket: "garden" })).toMatchObject({ Uploads: [] });
});

it("a range may reach over the seam of two parts, and a part may be read by its number", async () => {
  const parts = [await part(1, five), await part(2, last)].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }));
  await complete(parts);
  const seam = await cloud.aws.s3.GetObject({ ...named, Range: `bytes=${5 * MB - 3}-${5 * MB + 2}` });
  expect((await contentOf(seam.Body!)).toString()).toBe("aaathe");
  const second = await cloud.aws.s3.GetObject({ ...named, PartNumber: 2 });
  expect(second).toMatchObject({ PartsCount: 2, ContentRange: `bytes ${5 * MB}-${5 * MB + 6}/${5 * MB + 7}` });
  expect((await contentOf(second.Body!)).toString()).toBe("the end");
  await expect(cloud.aws.s3.HeadObject({ ...named, PartNumber: 3 })).rejects.toMatchObject({ code: "InvalidPartNumber", status: 416 });
});

it("what is completed wrongly is refused, and the upload stays", async () => {
  const one = await part(1, last);
  const two = await part(2, last);
  const asked = [{ PartNumber: 1, ETag: one.ETag }, { PartNumber: 2, ETag: two.ETag }];
  await expect(complete(asked)).rejects.toMatchObject({ code: "EntityTooSmall", fields: { PartNumber: 1, ProposedSize: 7 } });
  await expect(complete([...asked].reverse())).rejects.toMatchObject({ code: "InvalidPartOrder" });
  await expect(complete([{ PartNumber: 3, ETag: one.ETag }])).rejects.toMatchObject({ code: "InvalidPart" });
  await expect(complete([{ PartNumber: 1, ETag: '"0000"' }])).rejects.toMatchObject({ code: "InvalidPart" });
  await expect(complete([])).rejects.toMatchObject({ code: "MalformedXML" });
  await expect(complete([asked[0]!], { MpuObjectSize: 8 })).rejects.toMatchObject({ code: "InvalidRequest" });
  await expect(part(10_001, last)).rejects.toMatchObject({ code: "InvalidArgument" });
  await expect(cloud.aws.s3.GetObject(named)).rejects.toMatchObject({ code: "NoSuchKey" });
  await complete([asked[0]!]);
  await expect(complete([asked[0]!])).rejects.toMatchObject({ code: "NoSuchUpload" });
});

it("an aborted upload is gone with its parts", async () => {
  await part(1, last);
  expect(await cloud.aws.s3.ListMultipartUploads({ Bucket: "garden" })).toMatchObject({ Uploads: [{ UploadId, Key: "big" }] });
  await cloud.aws.s3.AbortMultipartUpload({ ...named, UploadId });
  await expect(part(2, last)).rejects.toMatchObject({ code: "NoSuchUpload", status: 404 });
  expect(await cloud.aws.s3.ListMultipartUploads({ Bucket: "garden" })).toMatchObject({ Uploads: [] });
});

it("a part may be copied from a range of another object, which may go then", async () => {
  await cloud.aws.s3.PutObject({ Bucket: "garden", Key: "source", Body: bytes("0123456789") });
  const { CopyPartResult } = await cloud.aws.s3.UploadPartCopy({ ...named, UploadId, PartNumber: 1, CopySource: "garden/source", CopySourceRange: "bytes=2-5" });
  expect(CopyPartResult!.ETag).toBe(`"${md5(Buffer.from("2345")).toString("hex")}"`);
  await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "source" });
  await complete([{ PartNumber: 1, ETag: CopyPartResult!.ETag }]);
  const { Body } = await cloud.aws.s3.GetObject(named);
  expect((await contentOf(Body!)).toString()).toBe("2345");
});

it("composite checksums are made of the parts', which must all be told again", async () => {
  const made = await cloud.aws.s3.CreateMultipartUpload({ ...named, ChecksumAlgorithm: "SHA256" });
  expect(made).toMatchObject({ ChecksumAlgorithm: "SHA256", ChecksumType: "COMPOSITE" });
  UploadId = made.UploadId!;
  await expect(part(1, last, { ChecksumCRC32: "AAAAAA==" })).rejects.toMatchObject({ code: "BadDigest" });
  const one = await part(1, last, { ChecksumAlgorithm: "SHA256" });
  await expect(complete([{ PartNumber: 1, ETag: one.ETag }])).rejects.toMatchObject({ code: "InvalidRequest", message: expect.stringContaining("missing for part 1") });
  const told = { PartNumber: 1, ETag: one.ETag, ChecksumSHA256: one.ChecksumSHA256 };
  expect(await complete([told])).toMatchObject({ ChecksumSHA256: compositeChecksum("SHA256", [one.ChecksumSHA256!]), ChecksumType: "COMPOSITE" });
});
