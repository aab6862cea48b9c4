import { bytes } from "@hakoniwa/kernel";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { listPage, type Page } from "./listing.js";
import { byteOrder, keyOrder } from "./order.js";

/** Any texts, with what is hard about them: beyond the basic plane, NUL, beginnings of each other. */
const key = fc.string({ unit: fc.constantFrom("a", "b", "/", "\0", "\x01", "é", "\uffff", "😀"), minLength: 1, maxLength: 6 });

describe("the order of keys", () => {
  it("is the order of their UTF-8 bytes", () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        const wanted = Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b)));
        for (const order of [byteOrder, (text: string) => keyOrder("bucket", text)]) {
          const [x, y] = [order(a), order(b)];
          expect(x < y ? -1 : x > y ? 1 : 0).toBe(wanted);
        }
      }),
    );
  });
});

/** What S3 documents, written down slowly. */
function slowly(keys: readonly string[], prefix: string, delimiter: string): readonly string[] {
  const shown = keys.filter((text) => text.startsWith(prefix)).map((text) => {
    const at = delimiter === "" ? -1 : text.indexOf(delimiter, prefix.length);
    return at < 0 ? text : `${text.slice(0, at + delimiter.length)}…`;
  });
  return [...new Set(shown)].sort((a, b) => Buffer.compare(Buffer.from(a.replace(/…$/, "")), Buffer.from(b.replace(/…$/, ""))));
}

describe("a page of keys", () => {
  it("holds the keys with the prefix once, those with a delimiter rolled up", () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { maxLength: 30 }), fc.constantFrom("", "a", "a/", "é"), fc.constantFrom("", "/", "b"), (keys, prefix, delimiter) => {
        const records = keys.map((text) => ({ key: text, order: keyOrder("b", text) })).sort((a, b) => (a.order < b.order ? -1 : 1));
        const page: Page<{ key: string }> = listPage(
          (from, to) => records.filter(({ order }) => order >= from && order < to),
          { bucket: "b", prefix, delimiter, max: 1000, from: undefined, shownPrefix: undefined },
          () => "take",
          false,
        );
        expect(page.entries.map((entry) => ("record" in entry ? entry.record.key : `${entry.commonPrefix}…`))).toEqual(slowly(keys, prefix, delimiter));
      }),
    );
  });
});

describe("a bucket of many keys", () => {
  let cloud: TestCloud;
  const keys = [...Array(25).keys()].flatMap((i) => [`logs/2026/${String(i).padStart(2, "0")}.gz`, `photos/${i}/cat.jpg`, `readme-${i}.md`]);
  beforeAll(async () => {
    cloud = await createTestCloud();
    await cloud.aws.s3.CreateBucket({ Bucket: "many", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
    for (const Key of keys) await cloud.aws.s3.PutObject({ Bucket: "many", Key, Body: bytes(Key) });
  });
  afterAll(() => cloud.close());

  it.each([undefined, "/"])("gives every page once, in order, by continuation tokens (delimiter %s)", async (Delimiter) => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await cloud.aws.s3.ListObjectsV2({ Bucket: "many", Delimiter, MaxKeys: 4, ContinuationToken: token });
      expect(page.KeyCount).toBeLessThanOrEqual(4);
      expect(page.IsTruncated).toBe(page.NextContinuationToken !== undefined);
      seen.push(...[...page.Contents!.map((object) => object.Key!), ...page.CommonPrefixes!.map((common) => common.Prefix!)].sort());
      token = page.NextContinuationToken;
    } while (token);
    expect(seen).toEqual(Delimiter ? ["logs/", "photos/", ...keys.filter((text) => text.startsWith("readme")).sort()] : [...keys].sort());
  });

  it("gives the pages of the first version of the API by markers", async () => {
    const seen: string[] = [];
    for (let marker: string | undefined = ""; marker !== undefined; ) {
      const page = await cloud.aws.s3.ListObjects({ Bucket: "many", Delimiter: "/", Prefix: "photos/", MaxKeys: 7, Marker: marker });
      seen.push(...page.CommonPrefixes!.map((common) => common.Prefix!));
      marker = page.NextMarker;
    }
    expect(seen).toEqual([...Array(25).keys()].map((i) => `photos/${i}/`).sort());
  });

  it("begins after a key, counts to max-keys, and refuses what is no token", async () => {
    const list = (more: object) => cloud.aws.s3.ListObjectsV2({ Bucket: "many", ...more });
    expect((await list({ StartAfter: "readme-8.md" })).Contents!.map((object) => object.Key)).toEqual(["readme-9.md"]);
    expect(await list({ MaxKeys: 0 })).toMatchObject({ KeyCount: 0, IsTruncated: false });
    await expect(list({ ContinuationToken: "nonsense" })).rejects.toMatchObject({ code: "InvalidArgument", fields: { ArgumentName: "continuation-token" } });
    await expect(list({ MaxKeys: -1 })).rejects.toMatchObject({ code: "InvalidArgument" });
  });

  it("pages through versions, whatever is deleted between the pages", async () => {
    await cloud.aws.s3.CreateBucket({ Bucket: "versions", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
    await cloud.aws.s3.PutBucketVersioning({ Bucket: "versions", VersioningConfiguration: { Status: "Enabled" } });
    for (const Key of ["a", "a", "a", "b", "c", "c"]) await cloud.aws.s3.PutObject({ Bucket: "versions", Key, Body: bytes("x") });
    let deleted = 0;
    for (let markers: object | undefined = {}; markers; ) {
      const page: { NextKeyMarker?: string | undefined; NextVersionIdMarker?: string | undefined; Versions?: readonly { Key?: string | undefined; VersionId?: string | undefined }[] | undefined } =
        await cloud.aws.s3.ListObjectVersions({ Bucket: "versions", MaxKeys: 2, ...markers });
      for (const { Key, VersionId } of page.Versions!) await cloud.aws.s3.DeleteObject({ Bucket: "versions", Key: Key!, VersionId });
      deleted += page.Versions!.length;
      markers = page.NextKeyMarker === undefined ? undefined : { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
    }
    expect(deleted).toBe(6);
    await cloud.aws.s3.DeleteBucket({ Bucket: "versions" });
  });
});
