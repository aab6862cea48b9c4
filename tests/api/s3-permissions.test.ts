/** Who may do what with S3, over HTTP: users' policies, buckets' policies, nobody at all, and web pages of other origins. */
import { AttachUserPolicyCommand, CreateAccessKeyCommand, CreatePolicyCommand, CreateUserCommand } from "@aws-sdk/client-iam";
import {
  CreateBucketCommand, DeleteObjectsCommand, DeletePublicAccessBlockCommand, GetBucketPolicyStatusCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutBucketCorsCommand, PutBucketPolicyCommand,
  PutObjectCommand, PutObjectTaggingCommand, PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { ACCOUNT, REGION, useCloud, type Clients } from "./cloud.js";

const cloud = useCloud();
const Bucket = "garden";
const allow = (more: object) => ({ Effect: "Allow", ...more });
const putPolicy = (...Statement: object[]) => cloud.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
const denied = expect.objectContaining({ name: "AccessDenied", $metadata: expect.objectContaining({ httpStatusCode: 403 }) });

/** The clients of a new user. */
async function user(UserName: string, ...Statement: object[]): Promise<Clients> {
  await cloud.iam.send(new CreateUserCommand({ UserName }));
  if (Statement.length > 0) {
    const { Policy } = await cloud.iam.send(new CreatePolicyCommand({ PolicyName: UserName, PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    await cloud.iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy!.Arn! }));
  }
  const { AccessKey } = await cloud.iam.send(new CreateAccessKeyCommand({ UserName }));
  return cloud.as({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
}

beforeAll(async () => {
  await cloud.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  for (const Key of ["public/a", "private/b"]) await cloud.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
});

const read = (clients: Clients, Key: string) => clients.s3.send(new GetObjectCommand({ Bucket, Key }));

describe("a user", () => {
  it("may what their own policy allows, down to the prefix that is listed", async () => {
    const reader = await user("reader", allow({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/public/*` }), allow({
      Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}`, Condition: { StringLike: { "s3:prefix": "public/*" } },
    }));
    expect(await (await read(reader, "public/a")).Body!.transformToString()).toBe("public/a");
    await expect(read(reader, "private/b")).rejects.toEqual(denied);
    await expect(reader.s3.send(new PutObjectCommand({ Bucket, Key: "public/c", Body: "" }))).rejects.toEqual(denied);
    expect((await reader.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "public/" }))).KeyCount).toBe(1);
    await expect(reader.s3.send(new ListObjectsV2Command({ Bucket }))).rejects.toEqual(denied);
  });

  it("may what the bucket's policy allows, and not what it denies", async () => {
    const guest = await user("guest");
    await expect(read(guest, "private/b")).rejects.toEqual(denied);
    await putPolicy(allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/guest` }, Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }), {
      Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/public/*`,
    });
    expect(await (await read(guest, "private/b")).Body!.transformToString()).toBe("private/b");
    await expect(read(cloud, "public/a")).rejects.toEqual(denied);
  });
});

describe("a bucket's policy", () => {
  it("is refused when it makes no sense, and changes nothing", async () => {
    const put = (statement: object) => putPolicy(statement);
    const malformed = (message: string) => expect.objectContaining({ name: "MalformedPolicy", message });
    await expect(put(allow({ Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::other/*" }))).rejects.toEqual(malformed("Policy has invalid resource"));
    await expect(put(allow({ Principal: "*", Action: "ec2:RunInstances", Resource: `arn:aws:s3:::${Bucket}/*` }))).rejects.toEqual(malformed("Policy has invalid action"));
    await expect(put(allow({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }))).rejects.toEqual(malformed("Missing required field Principal"));
  });

  it("can't make a new bucket public, until its owner lets it; then anybody may read, and nothing else", async () => {
    const everybody = allow({ Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/public/*` });
    await expect(putPolicy(everybody)).rejects.toEqual(denied);
    expect((await fetch(`${cloud.url}/${Bucket}/public/a`)).status).toBe(403);
    await cloud.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
    await putPolicy(everybody);
    expect((await cloud.s3.send(new GetBucketPolicyStatusCommand({ Bucket }))).PolicyStatus).toEqual({ IsPublic: true });
    const answer = await fetch(`${cloud.url}/${Bucket}/public/a`);
    expect([answer.status, await answer.text()]).toEqual([200, "public/a"]);
    expect((await fetch(`${cloud.url}/${Bucket}/private/b`)).status).toBe(403);
    expect((await fetch(`${cloud.url}/${Bucket}/public/a`, { method: "PUT", body: "mine" })).status).toBe(403);

    await cloud.s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: { RestrictPublicBuckets: true } }));
    expect((await fetch(`${cloud.url}/${Bucket}/public/a`)).status).toBe(403);
    expect(await (await read(cloud, "public/a")).Body!.transformToString()).toBe("public/a");
  });
});

it("a web page of another origin is answered as the CORS configuration says", async () => {
  const AllowedOrigins = ["http://localhost:3000"];
  await cloud.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET", "PUT"], AllowedOrigins, AllowedHeaders: ["x-amz-*"], ExposeHeaders: ["ETag"], MaxAgeSeconds: 60 }] } }));
  const preflight = (origin: string, headers: string) =>
    fetch(`${cloud.url}/${Bucket}/public/a`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": headers } });
  const allowed = await preflight("http://localhost:3000", "x-amz-date");
  expect(allowed.status).toBe(200);
  expect(Object.fromEntries(allowed.headers)).toMatchObject({
    "access-control-allow-origin": "http://localhost:3000", "access-control-allow-methods": "GET, PUT", "access-control-allow-headers": "x-amz-date",
    "access-control-expose-headers": "ETag", "access-control-max-age": "60", "access-control-allow-credentials": "true",
  });
  expect((await preflight("http://localhost:3001", "x-amz-date")).status).toBe(403);
  const refused = await fetch(`${cloud.url}/${Bucket}/private/b`, { headers: { origin: "http://localhost:3000" } });
  // The page may read why.
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([403, "http://localhost:3000"]);
  expect((await preflight("http://localhost:3000", "cookie")).status).toBe(403);
});

it("of many keys to delete, those go that may; the others are entries of the answer", async () => {
  const sweeper = await user("sweeper", allow({ Action: "s3:DeleteObject", Resource: `arn:aws:s3:::${Bucket}/temporary/*` }));
  for (const Key of ["temporary/1", "temporary/2", "kept"]) await cloud.s3.send(new PutObjectCommand({ Bucket, Key, Body: Key }));
  const Objects = ["temporary/1", "kept", "temporary/2"].map((Key) => ({ Key }));
  const { Deleted, Errors } = await sweeper.s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  expect(Deleted!.map(({ Key }) => Key)).toEqual(["temporary/1", "temporary/2"]);
  expect(Errors).toEqual([expect.objectContaining({ Key: "kept", Code: "AccessDenied", Message: expect.stringContaining("is not authorized to perform: s3:DeleteObject") })]);
  expect((await cloud.s3.send(new ListObjectsV2Command({ Bucket, Prefix: "temporary/" }))).KeyCount).toBe(0);
  await cloud.s3.send(new GetObjectCommand({ Bucket, Key: "kept" }));
});

it("who may not list a bucket doesn't hear that a key isn't there", async () => {
  const getter = await user("getter", allow({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` }));
  const lister = await user("lister", allow({ Action: ["s3:GetObject", "s3:ListBucket"], Resource: [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`] }));
  await expect(read(getter, "nothing")).rejects.toEqual(denied);
  await expect(getter.s3.send(new HeadObjectCommand({ Bucket, Key: "nothing" }))).rejects.toEqual(expect.objectContaining({ $metadata: expect.objectContaining({ httpStatusCode: 403 }) }));
  await expect(read(lister, "nothing")).rejects.toEqual(expect.objectContaining({ name: "NoSuchKey" }));
});

it("a page of a foreign site comes in where the bucket's CORS configuration names it, to objects alone", async () => {
  const origin = "https://shop.example";
  await cloud.s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [{ AllowedMethods: ["GET", "PUT"], AllowedOrigins: [origin] }] } }));
  const ask = async (path: string, from: string, method = "GET") => (await fetch(`${cloud.url}${path}`, { method, headers: { origin: from } })).headers.get("access-control-allow-origin");
  expect(await ask(`/${Bucket}/public/a`, origin)).toBe(origin);
  expect(await ask(`/${Bucket}/public/a`, "https://evil.example")).toBeNull();
  expect(await ask(`/${Bucket}?policy`, origin, "PUT")).toBeNull();
  expect(await ask("/", origin)).toBeNull();
});

it("tags of objects are conditions: those that are there, and those that a request brings", async () => {
  const Resource = `arn:aws:s3:::${Bucket}/*`;
  const auditor = await user(
    "auditor",
    allow({ Action: "s3:GetObject", Resource, Condition: { StringEquals: { "s3:ExistingObjectTag/level": "open" } } }),
    allow({ Action: ["s3:PutObject", "s3:PutObjectTagging"], Resource, Condition: { StringEquals: { "s3:RequestObjectTag/level": "open" } } }),
  );
  for (const level of ["open", "closed"]) await cloud.s3.send(new PutObjectCommand({ Bucket, Key: `tagged/${level}`, Body: level, Tagging: `level=${level}` }));
  expect(await (await read(auditor, "tagged/open")).Body!.transformToString()).toBe("open");
  await expect(read(auditor, "tagged/closed")).rejects.toEqual(denied);
  await auditor.s3.send(new PutObjectCommand({ Bucket, Key: "tagged/new", Body: "", Tagging: "level=open" }));
  await expect(auditor.s3.send(new PutObjectCommand({ Bucket, Key: "tagged/new", Body: "", Tagging: "level=closed" }))).rejects.toEqual(denied);
  await expect(auditor.s3.send(new PutObjectTaggingCommand({ Bucket, Key: "tagged/open", Tagging: { TagSet: [{ Key: "level", Value: "closed" }] } }))).rejects.toEqual(denied);
});
