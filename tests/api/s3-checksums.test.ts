/** The checksums that clients choose for what they upload: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html */
import { randomBytes } from "node:crypto";
import {
  CreateBucketCommand, DeleteObjectCommand, GetObjectAttributesCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand, type ChecksumAlgorithm as Algorithm, type PutObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { beforeAll, describe, expect, it } from "vitest";
import { REGION, useCloud } from "./cloud.js";

const cloud = useCloud();
const Bucket = "sums";

/** Of `123456789`, as the algorithms' catalogues have it, and the kind that an upload in parts gets. */
const ALGORITHMS = [
  { ChecksumAlgorithm: "CRC32", check: "cbf43926", whole: "COMPOSITE" },
  { ChecksumAlgorithm: "CRC32C", check: "e3069283", whole: "COMPOSITE" },
  { ChecksumAlgorithm: "CRC64NVME", check: "ae8b14860a799888", whole: "FULL_OBJECT" },
  { ChecksumAlgorithm: "SHA1", check: "f7c3bc1d808e04732adf679965ccc34ca7ae3441", whole: "COMPOSITE" },
  { ChecksumAlgorithm: "SHA256", check: "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", whole: "COMPOSITE" },
] as const;

type Sums = Partial<Pick<PutObjectCommandOutput, "ChecksumCRC32" | "ChecksumCRC32C" | "ChecksumCRC64NVME" | "ChecksumSHA1" | "ChecksumSHA256">>;
const sumOf = (answer: Sums | undefined, algorithm: (typeof ALGORITHMS)[number]["ChecksumAlgorithm"]): string => answer?.[`Checksum${algorithm}`] ?? "none";

const put = (Key: string, Body: Uint8Array | string, ChecksumAlgorithm: Algorithm) => cloud.s3.send(new PutObjectCommand({ Bucket, Key, Body, ChecksumAlgorithm }));
const read = async (Key: string): Promise<Buffer> => {
  const answer = await cloud.s3.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  return Buffer.from(await answer.Body!.transformToByteArray());
};

beforeAll(async () => {
  await cloud.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
});

describe.each(ALGORITHMS)("an upload with $ChecksumAlgorithm", ({ ChecksumAlgorithm, check, whole }) => {
  const Key = ChecksumAlgorithm;

  it("is kept with it, and says it again", async () => {
    const sum = Buffer.from(check, "hex").toString("base64");
    expect(await put(Key, "123456789", ChecksumAlgorithm)).toMatchObject({ [`Checksum${ChecksumAlgorithm}`]: sum, ChecksumType: "FULL_OBJECT" });
    expect(await cloud.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }))).toMatchObject({ [`Checksum${ChecksumAlgorithm}`]: sum, ChecksumType: "FULL_OBJECT" });
    expect((await read(Key)).toString()).toBe("123456789");
  });

  it("is refused and not kept when its content has another", async () => {
    const wrong = Buffer.alloc(check.length / 2, 7).toString("base64");
    const sent = cloud.s3.send(new PutObjectCommand({ Bucket, Key: `wrong-${Key}`, Body: "123456789", [`Checksum${ChecksumAlgorithm}`]: wrong }));
    await expect(sent).rejects.toMatchObject({ name: "BadDigest", $metadata: { httpStatusCode: 400 } });
    await expect(cloud.s3.send(new HeadObjectCommand({ Bucket, Key: `wrong-${Key}` }))).rejects.toMatchObject({ name: "NotFound" });
  });

  it("in parts has one for each part and one for all", { timeout: 60_000 }, async () => {
    const content = randomBytes(12 * 1024 * 1024);
    const partKey = `parts-${Key}`;
    const done = await new Upload({ client: cloud.s3, params: { Bucket, Key: partKey, Body: content, ChecksumAlgorithm } }).done();
    expect((await read(partKey)).equals(content)).toBe(true);

    const single = sumOf(await put("single", content, ChecksumAlgorithm), ChecksumAlgorithm);
    const found = await cloud.s3.send(new GetObjectAttributesCommand({ Bucket, Key: partKey, ObjectAttributes: ["Checksum", "ObjectParts"] }));
    expect(found).toMatchObject({ Checksum: { ChecksumType: whole }, ObjectParts: { TotalPartsCount: 3 } });
    if (whole === "FULL_OBJECT") {
      expect([sumOf(found.Checksum, ChecksumAlgorithm), sumOf(done, ChecksumAlgorithm)]).toEqual([single, single]);
      return;
    }
    const ofParts = found.ObjectParts!.Parts!.map((part) => Buffer.from(sumOf(part, ChecksumAlgorithm), "base64"));
    const ofThose = sumOf(await put("single", Buffer.concat(ofParts), ChecksumAlgorithm), ChecksumAlgorithm);
    expect([sumOf(found.Checksum, ChecksumAlgorithm), sumOf(done, ChecksumAlgorithm)]).toEqual([ofThose, `${ofThose}-3`]);
    await cloud.s3.send(new DeleteObjectCommand({ Bucket, Key: partKey }));
  });
});
