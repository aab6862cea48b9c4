import { bytes } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
  await cloud.aws.s3.CreateBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(() => cloud.close());

const Bucket = "garden";
const KEY = /^arn:aws:kms:ap-northeast-1:123456789012:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const managed = { ServerSideEncryption: "aws:kms", SSEKMSKeyId: expect.stringMatching(KEY) as string };

const put = (Key: string, more = {}) => cloud.aws.s3.PutObject({ Bucket, Key, Body: bytes(Key), ...more });
const head = (Key: string) => cloud.aws.s3.HeadObject({ Bucket, Key });
const setDefault = (ApplyServerSideEncryptionByDefault: object | undefined, more = {}) =>
  cloud.aws.s3.PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault, ...more }] } as never });

describe("a bucket that encrypts by KMS's key for S3", () => {
  beforeEach(() => setDefault({ SSEAlgorithm: "aws:kms" }, { BucketKeyEnabled: true }));

  it("says so, and so does what is put into it from then on", async () => {
    const { ServerSideEncryptionConfiguration } = await cloud.aws.s3.GetBucketEncryption({ Bucket });
    expect(ServerSideEncryptionConfiguration!.Rules).toEqual([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled: true }]);
    expect(await put("a")).toMatchObject({ ...managed, BucketKeyEnabled: true });
    expect(await head("a")).toMatchObject({ ...managed, BucketKeyEnabled: true });
  });

  it("encrypts by S3's keys what asks for that, and what was there before stays as it is", async () => {
    expect(await put("plain", { ServerSideEncryption: "AES256" })).toMatchObject({ ServerSideEncryption: "AES256" });
    await cloud.aws.s3.DeleteBucketEncryption({ Bucket });
    expect(await put("later")).toMatchObject({ ServerSideEncryption: "AES256" });
    await setDefault({ SSEAlgorithm: "aws:kms" });
    expect(await head("later")).toMatchObject({ ServerSideEncryption: "AES256" });
  });

  it("gives a copy its own encryption, not the source's", async () => {
    await put("plain", { ServerSideEncryption: "AES256" });
    expect(await cloud.aws.s3.CopyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/plain` })).toMatchObject(managed);
    expect(await head("copy")).toMatchObject(managed);
    await cloud.aws.s3.CopyObject({ Bucket, Key: "back", CopySource: `${Bucket}/copy`, ServerSideEncryption: "AES256" });
    expect(await head("back")).toMatchObject({ ServerSideEncryption: "AES256" });
  });

  it("holds an upload in parts to what it began with", async () => {
    const { UploadId, ...begun } = await cloud.aws.s3.CreateMultipartUpload({ Bucket, Key: "parts" });
    expect(begun).toMatchObject(managed);
    await cloud.aws.s3.DeleteBucketEncryption({ Bucket });
    const { ETag, ...part } = await cloud.aws.s3.UploadPart({ Bucket, Key: "parts", UploadId: UploadId!, PartNumber: 1, Body: bytes("one") });
    expect(part).toMatchObject(managed);
    expect(await cloud.aws.s3.CompleteMultipartUpload({ Bucket, Key: "parts", UploadId: UploadId!, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } })).toMatchObject(managed);
    expect(await head("parts")).toMatchObject(managed);
  });
});

describe("encryption that is not here", () => {
  it.each([
    ["a key of one's own as the default", () => setDefault({ SSEAlgorithm: "aws:kms", KMSMasterKeyID: "alias/own" }), "Hakoniwa does not implement the KMS key alias/own of s3 yet"],
    ["two layers as the default", () => setDefault({ SSEAlgorithm: "aws:kms:dsse" }), "Hakoniwa does not implement the encryption aws:kms:dsse of s3 yet"],
    ["a key of one's own", () => put("a", { ServerSideEncryption: "aws:kms", SSEKMSKeyId: "alias/own" }), "Hakoniwa does not implement the KMS key of a request's own of s3 yet"],
    ["an encryption context", () => put("a", { ServerSideEncryption: "aws:kms", SSEKMSEncryptionContext: "e30=" }), "Hakoniwa does not implement encryption contexts of s3 yet"],
    ["a key of the customer's", () => put("a", { SSECustomerAlgorithm: "AES256" }), "Hakoniwa does not implement encryption with the customer's keys of s3 yet"],
  ])("is refused by name: %s", async (_what, call, message) => {
    await expect(call()).rejects.toThrow(message);
    await expect(head("a")).rejects.toMatchObject({ status: 404 });
    expect((await cloud.aws.s3.GetBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration!.Rules).toMatchObject([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }]);
  });

  it.each([
    ["a key without its algorithm", () => put("a", { SSEKMSKeyId: "alias/own" }), { code: "InvalidArgument" }],
    ["an algorithm that is none", () => put("a", { ServerSideEncryption: "rot13" }), { code: "InvalidArgument" }],
    ["a default that is none", () => setDefault({ SSEAlgorithm: "rot13" }), { code: "MalformedXML" }],
    ["a key for S3's own keys", () => setDefault({ SSEAlgorithm: "AES256", KMSMasterKeyID: "k" }), { message: "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse" }],
  ])("is told as S3 does: %s", async (_what, call, error) => {
    await expect(call()).rejects.toMatchObject(error);
  });
});
