/** The anatomy that every service has, so that who knows one knows them all. */
import { existsSync, readdirSync } from "node:fs";
import { registrySchemas } from "@hakoniwa/cloudformation";
import { describe, expect, it } from "vitest";
import { services } from "./index.js";

const has = (id: string, file: string): boolean => existsSync(new URL(`${id}/${file}`, import.meta.url));
const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** The prefix of a service's actions where it is not the service's id: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const PREFIXES: Readonly<Record<string, string>> = { elb: "elasticloadbalancing", elbv2: "elasticloadbalancing" };
/** S3's actions are older than the names of its operations: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const ACTIONS: Readonly<Record<string, string>> = {
  "sns:PublishBatch": "sns:Publish",
  "s3:HeadBucket": "s3:ListBucket",
  "s3:ListBuckets": "s3:ListAllMyBuckets",
  "s3:ListObjects": "s3:ListBucket",
  "s3:ListObjectsV2": "s3:ListBucket",
  "s3:ListObjectVersions": "s3:ListBucketVersions",
  "s3:ListMultipartUploads": "s3:ListBucketMultipartUploads",
  "s3:ListParts": "s3:ListMultipartUploadParts",
  "s3:HeadObject": "s3:GetObjectVersion",
  "s3:GetObject": "s3:GetObjectVersion",
  "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
  "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
  "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
  "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
  "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
  "s3:DeleteObject": "s3:DeleteObjectVersion",
  "s3:CopyObject": "s3:PutObject",
  "s3:CreateMultipartUpload": "s3:PutObject",
  "s3:CompleteMultipartUpload": "s3:PutObject",
  "s3:UploadPart": "s3:PutObject",
  "s3:UploadPartCopy": "s3:PutObject",
  "s3:DeleteBucketTagging": "s3:PutBucketTagging",
  "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
  "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
  "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
  "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
  "s3:GetBucketCors": "s3:GetBucketCORS",
  "s3:PutBucketCors": "s3:PutBucketCORS",
  "s3:DeleteBucketCors": "s3:PutBucketCORS",
  "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
  "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
  "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
  "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
  "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
  "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
  "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
  "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
  "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
  "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
};
/** Each object that DeleteObjects names is judged; none here. */
const JUDGED_ONE_BY_ONE = new Set(["s3:DeleteObjects"]);
/** AWS lets everybody: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
const NEEDS_NO_PERMISSION = new Set(["sts:GetCallerIdentity", "sts:GetSessionToken"]);

/** Stands for any input and any facts: whatever is asked of it is the same again, an empty text, or the way of an empty list. */
const anything = new Proxy((): void => undefined, {
  get(_target, name): unknown {
    if (name === Symbol.iterator) return [][Symbol.iterator];
    if (name === Symbol.toPrimitive) return () => "";
    return typeof name === "string" && name !== "length" && name in Array.prototype ? Reflect.get([], name) : anything;
  },
  apply: (): unknown => anything,
}) as never;

it("every folder is a registered service, and every service has its folder", () => {
  expect(folders.map((entry) => entry.name).sort()).toEqual(services.map((service) => service.id).sort());
});

describe.each(services.map((service) => [service.id, service] as const))("%s", (id, service) => {
  const operations = Object.entries(service.operations);

  it("has the files of a service, and a test", () => {
    const missing = ["index.ts", "facts.ts", "errors.ts", "state.ts"].filter((file) => !has(id, file));
    expect(missing).toEqual([]);
    expect(readdirSync(new URL(id, import.meta.url)).some((file) => file.endsWith(".test.ts"))).toBe(true);
  });

  it("names its tables and reconcilers after itself, each once", () => {
    const names = [...service.tables, ...service.reconcilers].map(({ name }) => name);
    expect(names.filter((name) => !name.startsWith(`${id}.`))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it("has operations by AWS's names, each with who may", () => {
    expect(operations.filter(([name]) => !/^[A-Z]\w+$/.test(name)).map(([name]) => name)).toEqual([]);
    expect(operations.filter(([, operation]) => typeof operation.authorize !== "function").map(([name]) => name)).toEqual([]);
  });

  it.each(operations)("%s asks for its own action", (name, operation) => {
    const actions = [operation.authorize(anything, anything)].flat().map((access) => access.action);
    if (NEEDS_NO_PERMISSION.has(`${id}:${name}`)) expect(actions).toEqual([]);
    else if (JUDGED_ONE_BY_ONE.has(`${id}:${name}`)) expect(actions).toEqual([]);
    else expect(actions).toContain(ACTIONS[`${id}:${name}`] ?? `${PREFIXES[id] ?? id}:${name}`);
  });

  it("handles in one synchronous transaction; only prepare may wait", () => {
    const asynchronous = operations.filter(([, { handle, authorize }]) => [handle, authorize].some((each) => each.constructor.name === "AsyncFunction"));
    expect(asynchronous.map(([name]) => name)).toEqual([]);
  });
});

it("every resource type has a schema, and every schema a resource type that behaves by it", () => {
  const types = services.flatMap((service) => service.resources).map((resource) => resource.type);
  expect(new Set(types).size).toBe(types.length);
  expect(types.sort()).toEqual([...registrySchemas().keys()].sort());
});
