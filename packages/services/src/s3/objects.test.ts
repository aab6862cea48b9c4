import { bytes, type ByteStream } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
  await cloud.aws.s3.CreateBucket({ Bucket: "garden", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const put = (Key: string, text = Key, more = {}) => cloud.aws.s3.PutObject({ Bucket: "garden", Key, Body: bytes(text), ...more });
const get = async (Key: string, more = {}) => {
  const { Body, ...rest } = await cloud.aws.s3.GetObject({ Bucket: "garden", Key, ...more });
  return { ...rest, text: await textOf(Body!) };
};

async function textOf(stream: ByteStream): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

const keysOf = (listed: { readonly Contents?: readonly { readonly Key?: string | undefined }[] | undefined }) => listed.Contents?.map((object) => object.Key);

describe("an object", () => {
  it("comes back as it was put, with its MD5 as ETag and S3's own checksum", async () => {
    const answer = await put("a/b.txt", "hello", { ContentType: "text/plain", Metadata: { Colour: "green" }, CacheControl: "no-store", Tagging: "a=1&b=two%20words" });
    expect(answer).toMatchObject({ ETag: '"5d41402abc4b2a76b9719d911017c592"', ChecksumCRC64NVME: "M3eFcAZSQlc=", ChecksumType: "FULL_OBJECT", ServerSideEncryption: "AES256", VersionId: undefined });
    expect(await get("a/b.txt", { ChecksumMode: "ENABLED" })).toMatchObject({
      text: "hello",
      ContentLength: 5,
      ContentType: "text/plain",
      CacheControl: "no-store",
      Metadata: { colour: "green" },
      TagCount: 2,
      ETag: answer.ETag,
      ChecksumCRC64NVME: answer.ChecksumCRC64NVME,
    });
  });

  it("is replaced by the next put, whose content alone is kept", async () => {
    await put("a", "first");
    await put("a", "second");
    expect((await get("a")).text).toBe("second");
    await expect(put("a", "third", { ContentMD5: "XUFAKrxLKna5cZ2REBfFkg==" })).rejects.toMatchObject({ code: "BadDigest" });
    expect((await get("a")).text).toBe("second");
  });

  it("is read in ranges", async () => {
    await put("a", "0123456789");
    const range = async (Range: string) => get("a", { Range });
    expect(await range("bytes=2-4")).toMatchObject({ text: "234", ContentRange: "bytes 2-4/10", ContentLength: 3 });
    expect(await range("bytes=7-")).toMatchObject({ text: "789", ContentRange: "bytes 7-9/10" });
    expect(await range("bytes=-3")).toMatchObject({ text: "789", ContentRange: "bytes 7-9/10" });
    expect(await range("bytes=5-99")).toMatchObject({ text: "56789", ContentRange: "bytes 5-9/10" });
    expect(await range("bytes=0-1,3-4")).toMatchObject({ text: "0123456789", ContentRange: undefined });
    expect(await range("lines=1-2")).toMatchObject({ text: "0123456789" });
    await expect(range("bytes=10-")).rejects.toMatchObject({ code: "InvalidRange", status: 416, fields: { ActualObjectSize: 10 } });
    await expect(range("bytes=-0")).rejects.toMatchObject({ code: "InvalidRange" });
  });

  it("is read on conditions", async () => {
    const { ETag } = await put("a");
    const modified = new Date(cloud.now());
    await expect(get("a", { IfNoneMatch: ETag })).rejects.toMatchObject({ status: 304 });
    await expect(get("a", { IfMatch: '"other"' })).rejects.toMatchObject({ code: "PreconditionFailed", status: 412, fields: { Condition: "If-Match" } });
    await expect(get("a", { IfModifiedSince: modified })).rejects.toMatchObject({ status: 304 });
    await expect(get("a", { IfUnmodifiedSince: new Date(modified.getTime() - 1000) })).rejects.toMatchObject({ code: "PreconditionFailed" });
    // An entity tag that matches counts more than a time: RFC 9110, 13.2.2.
    expect((await get("a", { IfMatch: ETag, IfUnmodifiedSince: new Date(0) })).text).toBe("a");
    expect((await get("a", { IfNoneMatch: '"other"', IfModifiedSince: modified })).text).toBe("a");
  });

  it("is written on conditions", async () => {
    const { ETag } = await put("a", "first", { IfNoneMatch: "*" });
    await expect(put("a", "second", { IfNoneMatch: "*" })).rejects.toMatchObject({ code: "PreconditionFailed", fields: { Condition: "If-None-Match" } });
    await expect(put("a", "second", { IfMatch: '"other"' })).rejects.toMatchObject({ code: "PreconditionFailed" });
    await expect(put("b", "second", { IfMatch: ETag })).rejects.toMatchObject({ code: "NoSuchKey" });
    await put("a", "second", { IfMatch: ETag });
    expect((await get("a")).text).toBe("second");
  });

  it("tells what it is not", async () => {
    await expect(get("nothing")).rejects.toMatchObject({ code: "NoSuchKey", status: 404, fields: { Key: "nothing" } });
    await expect(cloud.aws.s3.GetObject({ Bucket: "nowhere", Key: "a" })).rejects.toMatchObject({ code: "NoSuchBucket", fields: { BucketName: "nowhere" } });
    await expect(put("k".repeat(1025))).rejects.toMatchObject({ code: "KeyTooLongError", fields: { Size: 1025 } });
    await expect(put("a", "a", { StorageClass: "GOLD" })).rejects.toMatchObject({ code: "InvalidStorageClass" });
    await expect(put("a", "a", { ACL: "public-read" })).rejects.toMatchObject({ code: "AccessControlListNotSupported" });
    await expect(put("a", "a", { Metadata: { big: "x".repeat(2048) } })).rejects.toMatchObject({ code: "MetadataTooLarge" });
    await expect(put("a", "a", { Tagging: "a=1&a=2" })).rejects.toMatchObject({ code: "InvalidTag" });
    expect(keysOf(await cloud.aws.s3.ListObjectsV2({ Bucket: "garden" }))).toEqual([]);
  });

  it("that is being read is not broken by its deletion", async () => {
    await put("a", "0123456789");
    const { Body } = await cloud.aws.s3.GetObject({ Bucket: "garden", Key: "a" });
    await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a" });
    expect(await textOf(Body!)).toBe("0123456789");
  });

  it("that is archived must be restored before it is read", async () => {
    await put("a", "cold", { StorageClass: "GLACIER" });
    await expect(get("a")).rejects.toMatchObject({ code: "InvalidObjectState", status: 403 });
    expect(await cloud.aws.s3.HeadObject({ Bucket: "garden", Key: "a" })).toMatchObject({ StorageClass: "GLACIER", ContentLength: 4 });
  });
});

describe("a copy", () => {
  const copy = (CopySource: string, Key: string, more = {}) => cloud.aws.s3.CopyObject({ Bucket: "garden", Key, CopySource, ...more });

  it("has its source's content, metadata and tags, unless told otherwise", async () => {
    await put("a b+c", "hello", { Metadata: { x: "1" }, ContentType: "text/plain", Tagging: "t=1" });
    await copy("garden/a%20b%2Bc", "same");
    expect(await get("same")).toMatchObject({ text: "hello", Metadata: { x: "1" }, ContentType: "text/plain", TagCount: 1 });
    await copy("/garden/same", "other", { MetadataDirective: "REPLACE", Metadata: { y: "2" }, TaggingDirective: "REPLACE", Tagging: "" });
    expect(await get("other")).toMatchObject({ text: "hello", Metadata: { y: "2" }, ContentType: "binary/octet-stream", TagCount: undefined });
    await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a b+c" });
    await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "same" });
    expect((await get("other")).text).toBe("hello");
  });

  it("on itself must change something", async () => {
    await put("a");
    await expect(copy("garden/a", "a")).rejects.toMatchObject({ code: "InvalidRequest" });
    await copy("garden/a", "a", { StorageClass: "STANDARD_IA" });
    expect(await cloud.aws.s3.HeadObject({ Bucket: "garden", Key: "a" })).toMatchObject({ StorageClass: "STANDARD_IA" });
  });

  it("is made on conditions of its source", async () => {
    const { ETag } = await put("a");
    await expect(copy("garden/a", "b", { CopySourceIfNoneMatch: ETag })).rejects.toMatchObject({ code: "PreconditionFailed", status: 412 });
    await expect(copy("garden/missing", "b")).rejects.toMatchObject({ code: "NoSuchKey" });
    await expect(copy("garden", "b")).rejects.toMatchObject({ code: "InvalidArgument" });
    await copy("garden/a", "b", { CopySourceIfMatch: ETag });
    expect((await get("b")).text).toBe("a");
  });
});

describe("a versioned bucket", () => {
  const version = (Status: "Enabled" | "Suspended") => cloud.aws.s3.PutBucketVersioning({ Bucket: "garden", VersioningConfiguration: { Status } });
  const history = async () => {
    const { Versions, DeleteMarkers } = await cloud.aws.s3.ListObjectVersions({ Bucket: "garden" });
    return { versions: Versions!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]), markers: DeleteMarkers!.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]) };
  };

  it("keeps what was before it as the version null, and each version after", async () => {
    await put("a", "before");
    await version("Enabled");
    const { VersionId: one } = await put("a", "one");
    const { VersionId: two } = await put("a", "two");
    expect(await history()).toEqual({ versions: [[two, true], [one, false], ["null", false]], markers: [] });
    expect((await get("a")).text).toBe("two");
    expect(await get("a", { VersionId: one })).toMatchObject({ text: "one", VersionId: one });
    expect((await get("a", { VersionId: "null" })).text).toBe("before");
    await expect(get("a", { VersionId: "z".repeat(32) })).rejects.toMatchObject({ code: "NoSuchVersion" });
  });

  it("hides what is deleted behind a marker, and shows it again without the marker", async () => {
    await version("Enabled");
    const { VersionId: one } = await put("a", "one");
    const { VersionId: marker, DeleteMarker } = await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a" });
    expect(DeleteMarker).toBe(true);
    await expect(get("a")).rejects.toMatchObject({ code: "NoSuchKey" });
    await expect(get("a", { VersionId: marker })).rejects.toMatchObject({ code: "MethodNotAllowed", status: 405 });
    expect(keysOf(await cloud.aws.s3.ListObjectsV2({ Bucket: "garden" }))).toEqual([]);
    expect(await history()).toEqual({ versions: [[one, false]], markers: [[marker, true]] });
    expect(await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a", VersionId: marker })).toEqual({ VersionId: marker, DeleteMarker: true });
    expect((await get("a")).text).toBe("one");
    await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a", VersionId: one });
    expect(await history()).toEqual({ versions: [], markers: [] });
  });

  it("once suspended writes the version null again, and leaves the others", async () => {
    await version("Enabled");
    const { VersionId: one } = await put("a", "one");
    await version("Suspended");
    expect((await put("a", "two")).VersionId).toBe("null");
    await put("a", "three");
    expect(await history()).toEqual({ versions: [["null", true], [one, false]], markers: [] });
    await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a" });
    expect(await history()).toEqual({ versions: [[one, false]], markers: [["null", true]] });
  });

  it("must be empty of versions to be deleted", async () => {
    await version("Enabled");
    const { VersionId } = await put("a");
    const { VersionId: marker } = await cloud.aws.s3.DeleteObject({ Bucket: "garden", Key: "a" });
    await expect(cloud.aws.s3.DeleteBucket({ Bucket: "garden" })).rejects.toMatchObject({ code: "BucketNotEmpty", status: 409 });
    const Objects = [VersionId, marker].map((id) => ({ Key: "a", VersionId: id }));
    expect(await cloud.aws.s3.DeleteObjects({ Bucket: "garden", Delete: { Objects } })).toMatchObject({ Deleted: [{ VersionId }, { DeleteMarker: true, DeleteMarkerVersionId: marker }], Errors: [] });
    await cloud.aws.s3.DeleteBucket({ Bucket: "garden" });
    expect((await cloud.aws.s3.ListBuckets({})).Buckets).toEqual([]);
  });
});
