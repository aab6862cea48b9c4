/** S3 with the real SDK over HTTP: what streams, is signed in advance, or comes in the headers. */
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { Readable } from "node:stream";
import {
  CopyObjectCommand, CreateBucketCommand, DeleteBucketCommand, DeleteObjectCommand, DeleteObjectsCommand, GetBucketLocationCommand, GetObjectCommand, HeadBucketCommand,
  HeadObjectCommand, ListBucketsCommand, ListObjectVersionsCommand, PutBucketVersioningCommand, PutObjectCommand, paginateListObjectsV2, S3Client,
  type BucketLocationConstraint, type PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, describe, expect, it } from "vitest";
import { REGION, useCloud } from "./cloud.js";

const cloud = useCloud();
const Bucket = "garden";

beforeAll(async () => {
  await cloud.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
});

const put = (Key: string, Body: NonNullable<PutObjectCommandInput["Body"]>, more: Partial<PutObjectCommandInput> = {}) => cloud.s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const get = async (Key: string, more = {}) => {
  const answer = await cloud.s3.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, content: Buffer.from(await answer.Body!.transformToByteArray()) };
};
/** An error as the SDK gives it. */
const failure = (name: string, httpStatusCode: number) => expect.objectContaining({ name, $metadata: expect.objectContaining({ httpStatusCode }) });

describe("buckets", () => {
  it("are found where they are", async () => {
    expect(await cloud.s3.send(new GetBucketLocationCommand({ Bucket }))).toMatchObject({ LocationConstraint: REGION });
    expect(await cloud.s3.send(new HeadBucketCommand({ Bucket }))).toMatchObject({ BucketRegion: REGION });
    expect((await cloud.s3.send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: Bucket, CreationDate: expect.any(Date) }]);
    await expect(cloud.s3.send(new HeadBucketCommand({ Bucket: "nowhere" }))).rejects.toEqual(failure("NotFound", 404));
    await expect(cloud.as({ accessKeyId: "test", secretAccessKey: "test" }, "us-east-1").s3.send(new GetObjectCommand({ Bucket, Key: "a" }))).rejects.toMatchObject({
      name: "AuthorizationHeaderMalformed",
      Region: REGION,
    });
  });

  it("are made by AWS's rules", async () => {
    const create = (name: string, LocationConstraint: BucketLocationConstraint) =>
      cloud.s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: { LocationConstraint } }));
    await expect(create("Capital", REGION)).rejects.toEqual(failure("InvalidBucketName", 400));
    await expect(create("10.0.0.1", REGION)).rejects.toEqual(failure("InvalidBucketName", 400));
    await expect(create("elsewhere", "eu-west-1")).rejects.toEqual(failure("IllegalLocationConstraintException", 400));
    await expect(create(Bucket, REGION)).rejects.toEqual(failure("BucketAlreadyOwnedByYou", 409));
    await create("short-lived", REGION);
    await cloud.s3.send(new DeleteBucketCommand({ Bucket: "short-lived" }));
    await expect(cloud.s3.send(new DeleteBucketCommand({ Bucket: "short-lived" }))).rejects.toEqual(failure("NoSuchBucket", 404));
  });
});

describe("objects", () => {
  it("come back with everything that was said of them, whatever their key", async () => {
    const Key = "dir/é 😀+&<'\"%41?#.txt";
    const expires = new Date("2030-01-02T03:04:05Z");
    await put(Key, "hello", { ContentType: "text/plain; charset=utf-8", Metadata: { colour: "green" }, ContentEncoding: "identity", CacheControl: "max-age=1", Expires: expires, Tagging: "a=b" });
    const answer = await get(Key, { ChecksumMode: "ENABLED" });
    expect(answer).toMatchObject({
      ContentType: "text/plain; charset=utf-8", Metadata: { colour: "green" }, ContentEncoding: "identity", CacheControl: "max-age=1", ContentLength: 5, TagCount: 1,
      ETag: '"5d41402abc4b2a76b9719d911017c592"', ChecksumCRC32: "NhCmhg==", ChecksumType: "FULL_OBJECT", ServerSideEncryption: "AES256", AcceptRanges: "bytes",
    });
    expect(answer.content.toString()).toBe("hello");
    await cloud.s3.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/${encodeURIComponent(Key)}` }));
    expect((await get("copy")).content.toString()).toBe("hello");
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)("stream in with a %s at their end", async (ChecksumAlgorithm) => {
    const content = randomBytes(300_000);
    const stream = Readable.from([content.subarray(0, 100_000), content.subarray(100_000)]);
    const answer = await put("stream", stream, { ContentLength: content.length, ChecksumAlgorithm });
    expect(answer).toMatchObject({ ETag: `"${createHash("md5").update(content).digest("hex")}"`, [`Checksum${ChecksumAlgorithm}`]: expect.any(String) });
    expect((await get("stream", { ChecksumMode: "ENABLED" })).content.equals(content)).toBe(true);
  });

  it("are refused and not kept when they aren't what was announced", async () => {
    await expect(put("wrong", "hello", { ChecksumSHA256: createHash("sha256").update("other").digest("base64") })).rejects.toEqual(failure("BadDigest", 400));
    await expect(put("wrong", "hello", { ContentMD5: createHash("md5").update("other").digest("base64") })).rejects.toEqual(failure("BadDigest", 400));
    await expect(get("wrong")).rejects.toEqual(failure("NoSuchKey", 404));
    await expect(cloud.s3.send(new HeadObjectCommand({ Bucket, Key: "wrong" }))).rejects.toEqual(failure("NotFound", 404));
  });

  it("are read in ranges and on conditions", async () => {
    const { ETag } = await put("digits", "0123456789");
    expect(await get("digits", { Range: "bytes=2-4" })).toMatchObject({ ContentRange: "bytes 2-4/10", ContentLength: 3, content: Buffer.from("234"), $metadata: { httpStatusCode: 206 } });
    expect(await get("digits", { Range: "bytes=-2" })).toMatchObject({ content: Buffer.from("89") });
    await expect(get("digits", { Range: "bytes=10-" })).rejects.toEqual(failure("InvalidRange", 416));
    await expect(get("digits", { IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
    await expect(get("digits", { IfMatch: '"other"' })).rejects.toEqual(failure("PreconditionFailed", 412));
    await expect(put("digits", "x", { IfNoneMatch: "*" })).rejects.toEqual(failure("PreconditionFailed", 412));
    expect(await get("digits", { ResponseContentType: "text/css", ResponseCacheControl: "no-store" })).toMatchObject({ ContentType: "text/css", CacheControl: "no-store" });
  });

  it("of no bytes are objects too", async () => {
    await put("empty", "");
    expect(await get("empty")).toMatchObject({ ContentLength: 0, ETag: '"d41d8cd98f00b204e9800998ecf8427e"', content: Buffer.alloc(0) });
    expect(await cloud.s3.send(new HeadObjectCommand({ Bucket, Key: "empty" }))).toMatchObject({ ContentLength: 0 });
  });

  it("upload in parts by the SDK's own uploader, from a stream of unknown length", async () => {
    const content = randomBytes(12 * 1024 * 1024);
    const parts = [...Array(120).keys()].map((i) => content.subarray((i * content.length) / 120, ((i + 1) * content.length) / 120));
    const upload = new Upload({ client: cloud.s3, params: { Bucket, Key: "parts", Body: Readable.from(parts) } });
    expect(await upload.done()).toMatchObject({ Bucket, Key: "parts", ETag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/) });
    const answer = await get("parts", { ChecksumMode: "ENABLED" });
    expect(createHash("sha256").update(answer.content).digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
  });

  it("are signed for in advance, to be read and to be written", async () => {
    const write = await getSignedUrl(cloud.s3, new PutObjectCommand({ Bucket, Key: "signed", ContentType: "text/plain" }), { expiresIn: 60 });
    expect((await fetch(write, { method: "PUT", body: "by a stranger", headers: { "content-type": "text/plain" } })).status).toBe(200);
    const read = await getSignedUrl(cloud.s3, new GetObjectCommand({ Bucket, Key: "signed", ResponseContentDisposition: "attachment" }), { expiresIn: 60 });
    const answer = await fetch(read);
    expect(answer.headers.get("content-disposition")).toBe("attachment");
    expect(await answer.text()).toBe("by a stranger");
    const forged = await fetch(read.replace("signed?", "digits?"));
    expect(forged.status).toBe(403);
    expect(await forged.text()).toContain("<Code>SignatureDoesNotMatch</Code>");
  });

  it("are listed by the SDK's paginator, in order", async () => {
    await Promise.all([...Array(12).keys()].map((i) => put(`list/${i % 3}/${i} é`, "x")));
    const keys: string[] = [];
    const prefixes: string[] = [];
    for await (const page of paginateListObjectsV2({ client: cloud.s3, pageSize: 5 }, { Bucket, Prefix: "list/" })) keys.push(...page.Contents!.map((object) => object.Key!));
    for await (const page of paginateListObjectsV2({ client: cloud.s3, pageSize: 2 }, { Bucket, Prefix: "list/", Delimiter: "/" })) prefixes.push(...page.CommonPrefixes!.map((common) => common.Prefix!));
    expect(keys).toEqual([...Array(12).keys()].map((i) => `list/${i % 3}/${i} é`).sort());
    expect(prefixes).toEqual(["list/0/", "list/1/", "list/2/"]);
    const { Deleted } = await cloud.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }));
    expect(Deleted).toHaveLength(12);
  });
});

describe("versions", () => {
  it("are kept, hidden and shown again", async () => {
    await cloud.s3.send(new CreateBucketCommand({ Bucket: "history", CreateBucketConfiguration: { LocationConstraint: REGION } }));
    await cloud.s3.send(new PutBucketVersioningCommand({ Bucket: "history", VersioningConfiguration: { Status: "Enabled" } }));
    const write = async (Body: string) => (await cloud.s3.send(new PutObjectCommand({ Bucket: "history", Key: "a", Body }))).VersionId!;
    const [one, two] = [await write("one"), await write("two")];
    const marker = (await cloud.s3.send(new DeleteObjectCommand({ Bucket: "history", Key: "a" }))).VersionId!;
    const { Versions, DeleteMarkers } = await cloud.s3.send(new ListObjectVersionsCommand({ Bucket: "history" }));
    expect(Versions!.map((version) => version.VersionId)).toEqual([two, one]);
    expect(DeleteMarkers).toMatchObject([{ VersionId: marker, IsLatest: true, Key: "a" }]);
    const old = await cloud.s3.send(new GetObjectCommand({ Bucket: "history", Key: "a", VersionId: one }));
    expect(await old.Body!.transformToString()).toBe("one");
    const hidden = await fetch(await getSignedUrl(cloud.s3, new GetObjectCommand({ Bucket: "history", Key: "a" }), { expiresIn: 60 }));
    expect([hidden.status, hidden.headers.get("x-amz-delete-marker")]).toEqual([404, "true"]);
  });
});

it("buckets are found by their name in the host too", async () => {
  await put("by host", "hello");
  const { port } = new URL(cloud.url);
  const client = new S3Client({ endpoint: `http://localhost:${port}`, region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const url = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "by host" }), { expiresIn: 60 }));
  client.destroy();
  expect(url.host).toBe(`${Bucket}.localhost:${port}`);
  // Not every resolver knows *.localhost.
  const answer = await new Promise<string>((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: url.pathname + url.search, headers: { host: url.host } }, (response) => {
      response.setEncoding("utf8");
      response.on("data", resolve);
    }).on("error", reject).end();
  });
  expect(answer).toBe("hello");
});
