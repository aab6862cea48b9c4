import { bytes } from "@hakoniwa/kernel";
import type { S3Types } from "@hakoniwa/wire";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { dueAfter } from "./lifecycle-plan.js";

const Bucket = "garden";
let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud({ start: Date.UTC(2026, 0, 15, 10, 30) });
  await cloud.aws.s3.CreateBucket({ Bucket, CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

const rule = (more: Partial<S3Types.LifecycleRule>) => cloud.aws.s3.PutBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [{ ID: "rule", Status: "Enabled", Filter: {}, ...more }] } });
const put = (Key: string, text = Key, more = {}) => cloud.aws.s3.PutObject({ Bucket, Key, Body: bytes(text), ...more });
const keys = async () => (await cloud.aws.s3.ListObjectsV2({ Bucket })).Contents!.map((object) => object.Key);
const versioned = () => cloud.aws.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status: "Enabled" } });
const history = async () => {
  const { Versions, DeleteMarkers } = await cloud.aws.s3.ListObjectVersions({ Bucket });
  return { versions: Versions!.length, markers: DeleteMarkers!.length };
};

it("the due time is the days later, rounded up to midnight, as in AWS's example", () => {
  expect(new Date(dueAfter(Date.UTC(2014, 0, 15, 10, 30), 3)).toISOString()).toBe("2014-01-19T00:00:00.000Z");
});

it("objects expire at the midnight after their days, by prefix and tag", async () => {
  await rule({ Filter: { And: { Prefix: "logs/", Tags: [{ Key: "keep", Value: "no" }] } }, Expiration: { Days: 3 } });
  await put("logs/a", "a", { Tagging: "keep=no" });
  await put("logs/b", "b", { Tagging: "keep=yes" });
  await put("c", "c", { Tagging: "keep=no" });
  expect((await cloud.aws.s3.HeadObject({ Bucket, Key: "logs/a" })).Expiration).toBe('expiry-date="Mon, 19 Jan 2026 00:00:00 GMT", rule-id="rule"');
  expect((await cloud.aws.s3.HeadObject({ Bucket, Key: "logs/b" })).Expiration).toBeUndefined();
  await cloud.advance("3d");
  expect(await keys()).toEqual(["c", "logs/a", "logs/b"]);
  await cloud.advance("13h");
  expect(await keys()).toEqual(["c", "logs/a", "logs/b"]);
  await cloud.advance("30m");
  expect(await keys()).toEqual(["c", "logs/b"]);
});

it("a rule that is put later acts from the next midnight on, and none acts when it is disabled", async () => {
  await put("a");
  await cloud.advance("10d");
  await rule({ Status: "Disabled", Expiration: { Days: 1 } });
  await cloud.advance("2d");
  expect(await keys()).toEqual(["a"]);
  await rule({ Expiration: { Days: 1 } });
  await cloud.settle();
  expect(await keys()).toEqual(["a"]);
  await cloud.advance("14h");
  expect(await keys()).toEqual([]);
});

it("in a versioned bucket the current version is hidden, noncurrent ones go, and the last marker with them", async () => {
  await versioned();
  await rule({ Expiration: { Days: 1 }, NoncurrentVersionExpiration: { NoncurrentDays: 2 } });
  await put("a");
  await cloud.advance("38h");
  expect(await history()).toEqual({ versions: 1, markers: 1 });
  await cloud.advance("3d");
  expect(await history()).toEqual({ versions: 0, markers: 1 });
  await cloud.advance("1d");
  expect(await history()).toEqual({ versions: 0, markers: 0 });
});

it("the newest noncurrent versions are kept as many as the rule says", async () => {
  await versioned();
  await rule({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } });
  for (let i = 0; i < 6; i++) await put("a", String(i));
  await cloud.advance("3d");
  expect(await history()).toEqual({ versions: 3, markers: 0 });
});

it("large objects move to colder classes step by step, small ones stay", async () => {
  await rule({ Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }, { Days: 60, StorageClass: "GLACIER_IR" }] });
  await put("large", "x".repeat(128 * 1024));
  await put("small");
  const classes = async () => (await cloud.aws.s3.ListObjectsV2({ Bucket })).Contents!.map((object) => object.StorageClass);
  await cloud.advance("31d");
  expect(await classes()).toEqual(["STANDARD_IA", "STANDARD"]);
  await cloud.advance("30d");
  expect(await classes()).toEqual(["GLACIER_IR", "STANDARD"]);
});

it("uploads that were never completed are aborted", async () => {
  await rule({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  await cloud.aws.s3.CreateMultipartUpload({ Bucket, Key: "a" });
  await cloud.advance("37h");
  expect((await cloud.aws.s3.ListMultipartUploads({ Bucket })).Uploads).toHaveLength(1);
  await cloud.advance("1h");
  expect((await cloud.aws.s3.ListMultipartUploads({ Bucket })).Uploads).toEqual([]);
});

it("rules that can't be are refused, and nothing changes", async () => {
  await expect(rule({})).rejects.toMatchObject({ code: "InvalidRequest", message: "At least one action needs to be specified in a rule" });
  await expect(rule({ Expiration: { Days: 0 } })).rejects.toMatchObject({ code: "InvalidArgument", message: "'Days' for Expiration action must be a positive integer" });
  await expect(rule({ Expiration: { Date: new Date(1) } })).rejects.toMatchObject({ message: "'Date' must be at midnight GMT" });
  await expect(rule({ Transitions: [{ Days: 1, StorageClass: "STANDARD_IA" }] })).rejects.toMatchObject({ code: "InvalidArgument" });
  await expect(rule({ Prefix: "", Expiration: { Days: 1 } })).rejects.toMatchObject({ code: "MalformedXML" });
  await expect(cloud.aws.s3.GetBucketLifecycleConfiguration({ Bucket })).rejects.toMatchObject({ code: "NoSuchLifecycleConfiguration", status: 404 });
  await rule({ Expiration: { Days: 1 } });
  expect((await cloud.aws.s3.GetBucketLifecycleConfiguration({ Bucket })).Rules).toMatchObject([{ ID: "rule", Filter: {}, Expiration: { Days: 1 }, Status: "Enabled" }]);
});
