/** S3's addresses, bodies and replies, with the SDK and with bare HTTP as the other end. */
import { CreateBucketCommand, DeleteObjectCommand, GetBucketLocationCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { AwsError } from "@hakoniwa/kernel";
import { Agent, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import { s3Host } from "./s3-routes.js";

let fixture: Fixture;
let client: S3Client;

beforeAll(async () => {
  fixture = await startFixture({
    times: { whole: 500, idle: 300 },
    cors: async (ask) => (ask.origin === "https://page" ? { "access-control-allow-origin": ask.origin, "x-asked": `${ask.method} ${ask.bucket} ${ask.key}` } : undefined),
  });
  client = connect({ forcePathStyle: true });
});
afterAll(async () => {
  client.destroy();
  await fixture.close();
});
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

function connect(settings: object): S3Client {
  return new S3Client({ endpoint: fixture.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, ...settings });
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with the path exactly as given, which fetch would tidy. */
function http(method: string, path: string, { headers = {}, body }: { headers?: Record<string, string>; body?: string | Uint8Array } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: fixture.port, method, path, headers, agent: false }, (reply) => {
      const parts: Buffer[] = [];
      reply.on("data", (part: Buffer) => parts.push(part));
      reply.on("end", () => resolve({ status: reply.statusCode!, headers: reply.headers, text: Buffer.concat(parts).toString() }));
      reply.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const bytesOf = async (stream: unknown): Promise<Buffer> => Buffer.concat(await Readable.from(stream as AsyncIterable<Uint8Array>).toArray());
const lastInput = (): Record<string, unknown> => fixture.calls.at(-1)!.input;

describe("addresses", () => {
  it.each([
    ["s3.amazonaws.com", "service"],
    ["s3.ap-northeast-1.amazonaws.com:443", "service"],
    ["s3-ap-northeast-1.amazonaws.com", "service"],
    ["s3.dualstack.ap-northeast-1.amazonaws.com", "service"],
    ["s3.localhost:4566", "service"],
    ["127.0.0.1:4566", "other"],
    ["localhost:4566", "other"],
    ["ec2.ap-northeast-1.amazonaws.com", "other"],
    ["123456789012.s3-control.ap-northeast-1.amazonaws.com", "other"],
    ["site.s3-website-ap-northeast-1.amazonaws.com", "website"],
    ["site.s3-website.eu-central-1.amazonaws.com", "website"],
  ])("%s is %s", (host, kind) => {
    expect(s3Host(host)).toEqual({ kind });
  });

  it.each([
    ["photos.s3.amazonaws.com", "photos"],
    ["photos.s3.ap-northeast-1.amazonaws.com", "photos"],
    ["my.photos.s3-ap-northeast-1.amazonaws.com.", "my.photos"],
    ["Photos.S3.Localhost:4566", "photos"],
    ["photos.localhost:4566", "photos"],
    ["my.photos.localhost", "my.photos"],
  ])("%s is the bucket %s", (host, bucket) => {
    expect(s3Host(host)).toEqual({ kind: "bucket", bucket });
  });

  it.each(["a//b/../c", "/leading", "trailing/", "%2F", "a%2fb", "a+b c", "庭/é😀", "..", "./x", "a?b#c&d=e", "x".repeat(900), "~!*'()"])("the key %j arrives as it was sent", async (key) => {
    await client.send(new DeleteObjectCommand({ Bucket: "bucket", Key: key }));
    expect(fixture.calls.at(-1)).toMatchObject({ operation: "DeleteObject", input: { Bucket: "bucket", Key: key } });
  });

  it("the SDK's virtual hosts name the bucket", async () => {
    // Not every machine resolves names under localhost.
    const lookup: LookupFunction = (_name, { all }, answer) => (all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4));
    const virtual = connect({ endpoint: `http://localhost:${fixture.port}`, requestHandler: { httpAgent: new Agent({ lookup }) } });
    await virtual.send(new DeleteObjectCommand({ Bucket: "bucket", Key: "a//b/../c" }));
    expect(lastInput()).toEqual({ Bucket: "bucket", Key: "a//b/../c" });
    await virtual.send(new ListObjectsV2Command({ Bucket: "my-bucket", Prefix: "a+b" }));
    expect(fixture.calls.at(-1)).toMatchObject({ operation: "ListObjectsV2", input: { Bucket: "my-bucket", Prefix: "a+b" } });
    virtual.destroy();
  });

  it.each([
    ["GET", "/", "ListBuckets"],
    ["GET", "/bucket", "ListObjects"],
    ["GET", "/bucket/", "ListObjects"],
    ["GET", "/bucket?list-type=2", "ListObjectsV2"],
    ["GET", "/bucket?location", "GetBucketLocation"],
    ["GET", "/bucket?analytics&id=1", "GetBucketAnalyticsConfiguration"],
    ["GET", "/bucket?analytics", "ListBucketAnalyticsConfigurations"],
    ["GET", "/bucket/key?uploadId=u", "ListParts"],
    ["GET", "/bucket/key?partNumber=1", "GetObject"],
    ["GET", "/bucket/key?attributes", "GetObject"],
    ["HEAD", "/bucket/", "HeadBucket"],
    ["HEAD", "/bucket/key", "HeadObject"],
    ["PUT", "/bucket/key?partNumber=1&uploadId=u", "UploadPart"],
    ["POST", "/bucket/key?uploads", "CreateMultipartUpload"],
    ["POST", "/bucket/key?uploads=", "CreateMultipartUpload"],
    ["DELETE", "/bucket/key?tagging", "DeleteObjectTagging"],
  ])("%s %s is %s", async (method, path, operation) => {
    const reply = await http(method, path);
    if (operation === "GetObject" && path.endsWith("attributes")) {
      // The attributes wanted are a required header: without it the request must not become another.
      expect(reply.status).toBe(405);
      return;
    }
    expect(fixture.calls.at(-1)).toMatchObject({ service: "s3", operation, accessKeyId: "" });
  });

  it.each([
    ["DELETE", "/bucket?accelerate"],
    ["DELETE", "/bucket/key?acl"],
    ["PUT", "/bucket/key?uploadId=u"],
    ["PATCH", "/bucket/key"],
    ["POST", "/bucket"],
    ["PUT", "/"],
  ])("%s %s is nothing, and nothing else is carried out for it", async (method, path) => {
    const reply = await http(method, path);
    expect(reply.status).toBe(405);
    expect(reply.text).toContain("<Code>MethodNotAllowed</Code>");
    expect(fixture.calls).toEqual([]);
  });

  it("a path that is not percent-encoded UTF-8 is an InvalidURI", async () => {
    for (const path of ["/bucket/%zz", "/bucket/%ff", "/bucket/k?a=%e3%81"]) {
      const reply = await http("GET", path);
      expect(reply.status).toBe(400);
      expect(reply.text).toContain("<Code>InvalidURI</Code>");
    }
  });
});

describe("replies", () => {
  it("an error tells its resource, and both ids in headers too", async () => {
    fixture.handle = () => {
      throw new AwsError("NoSuchKey", "The specified key does not exist.", { fields: { Key: "a&b" }, headers: { "x-amz-delete-marker": "true" } });
    };
    const reply = await http("GET", "/bucket/a%26b");
    expect(reply.status).toBe(404);
    expect(reply.headers).toMatchObject({ "content-type": "application/xml", "x-amz-request-id": fixture.calls[0]!.requestId, "x-amz-delete-marker": "true" });
    const id2 = reply.headers["x-amz-id-2"] as string;
    expect(reply.text).toBe(
      `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a&amp;b</Key>` +
        `<Resource>/bucket/a&amp;b</Resource><RequestId>${fixture.calls[0]!.requestId}</RequestId><HostId>${id2}</HostId></Error>`,
    );
  });

  it("an error to HEAD, and what was not modified, have no body", async () => {
    fixture.handle = () => {
      throw new AwsError("NoSuchKey", "The specified key does not exist.");
    };
    await expect(client.send(new HeadObjectCommand({ Bucket: "bucket", Key: "k" }))).rejects.toMatchObject({ name: "NotFound", $metadata: { httpStatusCode: 404 } });
    fixture.handle = () => {
      throw new AwsError("NotModified", "Not Modified", { status: 304, headers: { etag: '"e"' } });
    };
    const reply = await http("GET", "/bucket/k");
    expect(reply).toMatchObject({ status: 304, text: "", headers: { etag: '"e"' } });
    expect(reply.headers["content-length"]).toBeUndefined();
  });

  it("a part of an object is a 206, and HEAD tells the length without the bytes", async () => {
    fixture.handle = () => ({ Body: Readable.from([Buffer.from("bcd")]), ContentLength: 3, ContentRange: "bytes 1-3/5", Metadata: { a: "b" } });
    const part = await client.send(new GetObjectCommand({ Bucket: "bucket", Key: "k", Range: "bytes=1-3" }));
    expect(part.$metadata.httpStatusCode).toBe(206);
    expect(part).toMatchObject({ ContentLength: 3, ContentRange: "bytes 1-3/5", Metadata: { a: "b" } });
    expect(await part.Body!.transformToString()).toBe("bcd");
    fixture.handle = () => ({ ContentLength: 5_000_000_000 });
    expect(await client.send(new HeadObjectCommand({ Bucket: "bucket", Key: "k" }))).toMatchObject({ ContentLength: 5_000_000_000 });
  });

  it("a bucket's location stands in the root element", async () => {
    fixture.handle = () => ({ LocationConstraint: "ap-northeast-1" });
    expect(await client.send(new GetBucketLocationCommand({ Bucket: "bucket" }))).toMatchObject({ LocationConstraint: "ap-northeast-1" });
    expect((await http("GET", "/bucket?location")).text).toContain('<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">ap-northeast-1</LocationConstraint>');
  });

  it("a header that would end the line is refused", async () => {
    fixture.handle = () => ({ ContentDisposition: "a\r\nset-cookie: x" });
    const reply = await http("GET", "/bucket/k");
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("<Code>InvalidArgument</Code>");
    expect(reply.headers["set-cookie"]).toBeUndefined();
    expect(fixture.bugs).toEqual([]);
  });

  it("presigned URLs are read with the headers that they carry", async () => {
    const url = new URL(await getSignedUrl(client, new PutObjectCommand({ Bucket: "bucket", Key: "a b", StorageClass: "STANDARD_IA" }), { expiresIn: 60 }));
    let body = "";
    fixture.handle = async (call) => {
      body = (await bytesOf(call.input["Body"])).toString();
      return {};
    };
    expect((await http("PUT", `${url.pathname}${url.search}`, { body: "hello" })).status).toBe(200);
    expect(body).toBe("hello");
    expect(fixture.calls.at(-1)).toMatchObject({ operation: "PutObject", accessKeyId: "test", region: "ap-northeast-1", input: { Key: "a b", StorageClass: "STANDARD_IA" } });
  });
});

describe("web pages", () => {
  it("a preflight is answered by the bucket's rules", async () => {
    const headers = { origin: "https://page", "access-control-request-method": "PUT" };
    const reply = await http("OPTIONS", "/bucket/a%20b", { headers });
    expect(reply).toMatchObject({ status: 200, headers: { "access-control-allow-origin": "https://page", "x-asked": "PUT bucket a b" } });
    const refused = await http("OPTIONS", "/bucket/k", { headers: { ...headers, origin: "https://other" } });
    expect(refused.status).toBe(403);
    expect(refused.text).toContain("<Code>AccessForbidden</Code>");
    expect((await http("OPTIONS", "/bucket/k")).status).toBe(400);
    expect(fixture.calls).toEqual([]);
  });

  it("so is the request itself", async () => {
    expect((await http("GET", "/bucket/k", { headers: { origin: "https://page" } })).headers["access-control-allow-origin"]).toBe("https://page");
    expect((await http("GET", "/bucket/k", { headers: { origin: "https://other" } })).headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("documents", () => {
  const createBucket = (xml: string | Uint8Array): Promise<Reply> => http("PUT", "/bucket", { body: xml });
  const nested = (depth: number): string => `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;

  it("are read whatever their prefixes, comments and CDATA", async () => {
    const xml = `<?xml version="1.0"?><!-- c --><s:CreateBucketConfiguration xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/"><s:LocationConstraint><![CDATA[eu]]>-&#x77;est&#45;1</s:LocationConstraint></s:CreateBucketConfiguration>`;
    expect((await createBucket(xml)).status).toBe(200);
    expect(lastInput()).toEqual({ Bucket: "bucket", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
    await client.send(new CreateBucketCommand({ Bucket: "bucket", CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } }));
    expect(lastInput()).toMatchObject({ CreateBucketConfiguration: { LocationConstraint: "eu-west-1" } });
  });

  const location = (text: string): string => `<CreateBucketConfiguration><LocationConstraint>${text}</LocationConstraint></CreateBucketConfiguration>`;
  it.each([
    ["no XML", "x"],
    ["JSON", "{}"],
    ["an element that is not closed", "<CreateBucketConfiguration>"],
    ["one closed by another", "<CreateBucketConfiguration><a></b></CreateBucketConfiguration>"],
    ["two roots", "<CreateBucketConfiguration/><CreateBucketConfiguration/>"],
    ["text after the root", "<CreateBucketConfiguration/>x"],
    ["another root", "<Delete/>"],
    ["an element that the schema doesn't have", "<CreateBucketConfiguration><Bogus/></CreateBucketConfiguration>"],
    ["an element twice", "<CreateBucketConfiguration><LocationConstraint/><LocationConstraint/></CreateBucketConfiguration>"],
    ["an entity bomb", `<!DOCTYPE a [<!ENTITY a "${"x".repeat(100)}"><!ENTITY b "&a;&a;">]>${location("&b;")}`],
    ["an external entity", `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${location("&x;")}`],
    ["an entity that nobody declared", location("&nbsp;")],
    ["a lonely ampersand", location("a&b")],
    ["a character that XML doesn't have", location("&#0;")],
    ["a surrogate", location("&#xD800;")],
    ["one beyond Unicode", location("&#x110000;")],
    ["a control character", location("\u0001")],
    ["bytes that are not UTF-8", Buffer.concat([Buffer.from("<CreateBucketConfiguration>"), Buffer.from([0xff, 0xfe])])],
    ["a thousand levels", nested(1000)],
    ["two hundred thousand levels", nested(200_000)],
    ["an attribute twice", '<CreateBucketConfiguration a="1" a="2"/>'],
    ["a tag without an end", `<CreateBucketConfiguration ${"a ".repeat(100_000)}`],
  ])("%s is MalformedXML", async (_what, xml) => {
    const started = performance.now();
    const reply = await createBucket(xml);
    expect(reply.text).toContain("<Code>MalformedXML</Code>");
    expect(reply.status).toBe(400);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(fixture.calls).toEqual([]);
    expect(fixture.bugs).toEqual([]);
  });

  it("larger than two mebibytes are refused, unread", async () => {
    const reply = await createBucket(Buffer.alloc(2 * 1024 * 1024 + 1, 0x20));
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("<Code>MaxMessageLengthExceeded</Code>");
    expect(reply.headers.connection).toBe("close");
  });

  it("what a header or a query can't be is an InvalidArgument that names it", async () => {
    const reply = await http("GET", "/bucket?max-keys=many");
    expect(reply.status).toBe(400);
    expect(reply.text).toContain("<Code>InvalidArgument</Code><Message>max-keys: &apos;many&apos;".replaceAll("&apos;", "'"));
    expect((await http("GET", "/bucket/k", { headers: { "if-modified-since": "soon" } })).text).toContain("If-Modified-Since: 'soon' is not a timestamp");
  });
});
