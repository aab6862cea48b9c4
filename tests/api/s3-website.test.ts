/** Websites in buckets, as a browser meets them. */
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { CreateBucketCommand, DeletePublicAccessBlockCommand, GetBucketWebsiteCommand, PutBucketPolicyCommand, PutBucketWebsiteCommand, PutObjectCommand, type WebsiteConfiguration } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { REGION, useCloud } from "./cloud.js";

const cloud = useCloud();
const Bucket = "site";

function visit(path: string, { host = `${Bucket}.s3-website-${REGION}.amazonaws.com`, method = "GET", headers = {} }: { host?: string; method?: string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; body: string; type: string | undefined; location: string | undefined }>((resolve, reject) => {
    const asking = request(`${cloud.url}${path}`, { method, headers: { host, ...headers } }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode!, body, type: response.headers["content-type"], location: response.headers.location }), reject);
    });
    asking.on("error", reject);
    asking.end();
  });
}

const configure = (WebsiteConfiguration: WebsiteConfiguration) => cloud.s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration }));
const put = (Key: string, Body: string, more = {}) => cloud.s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "text/html", ...more }));
const PLAIN: WebsiteConfiguration = { IndexDocument: { Suffix: "index.html" } };

beforeAll(async () => {
  await cloud.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  await cloud.s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await put("index.html", "home");
  await put("guide/index.html", "guide");
  await put("oops.html", "oops");
  await put("moved", "", { WebsiteRedirectLocation: "/guide/" });
  await put("private/x", "secret");
});

describe("a website", () => {
  it("is there once the bucket says so, and shows what everybody may read", async () => {
    expect(await visit("/")).toMatchObject({ status: 404, body: expect.stringContaining("NoSuchWebsiteConfiguration") });
    await configure(PLAIN);
    expect(await visit("/")).toMatchObject({ status: 403, body: expect.stringContaining("<li>Code: AccessDenied</li>") });
    const Statement = [
      { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/*` },
      { Effect: "Allow", Principal: "*", Action: "s3:ListBucket", Resource: `arn:aws:s3:::${Bucket}` },
      { Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/private/*` },
    ];
    await cloud.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    expect(await visit("/")).toMatchObject({ status: 200, body: "home", type: "text/html" });
    expect(await visit("/", { host: `${Bucket}.s3-website.${REGION}.amazonaws.com.localhost:4566` })).toMatchObject({ status: 200, body: "home" });
    expect(await visit("/", { headers: { origin: "https://elsewhere.example" } })).toMatchObject({ status: 200 });
    expect(await visit("/index.html", { headers: { range: "bytes=1-2" } })).toMatchObject({ status: 206, body: "om" });
    expect(await visit("/index.html", { method: "HEAD" })).toMatchObject({ status: 200, body: "" });
  });

  it("answers for folders, objects that redirect, and what isn't there", async () => {
    await configure(PLAIN);
    expect(await visit("/guide/")).toMatchObject({ status: 200, body: "guide" });
    expect(await visit("/guide")).toMatchObject({ status: 302, location: "/guide/" });
    expect(await visit("/moved")).toMatchObject({ status: 301, location: "/guide/" });
    expect(await visit("/%3Cscript%3E")).toMatchObject({ status: 404, body: expect.stringContaining("<li>Key: &lt;script&gt;</li>") });
    expect(await visit("/private/x")).toMatchObject({ status: 403 });
    expect(await visit("/%zz")).toMatchObject({ status: 400 });
    expect(await visit("/", { method: "POST" })).toMatchObject({ status: 405 });
    expect(await visit("/", { host: `nothing.s3-website-${REGION}.amazonaws.com` })).toMatchObject({ status: 404, body: expect.stringContaining("NoSuchBucket") });
    expect(await visit("/", { host: `${Bucket}.s3-website-us-east-1.amazonaws.com` })).toMatchObject({ status: 404 });
  });

  it("shows its own page for errors, with the error's status", async () => {
    await configure({ ...PLAIN, ErrorDocument: { Key: "oops.html" } });
    expect(await visit("/nowhere")).toMatchObject({ status: 404, body: "oops" });
    expect(await visit("/private/x")).toMatchObject({ status: 403, body: "oops" });
  });

  it("redirects by rules, before it looks or after an error, or altogether", async () => {
    await configure({
      ...PLAIN,
      RoutingRules: [
        { Condition: { KeyPrefixEquals: "docs/" }, Redirect: { ReplaceKeyPrefixWith: "guide/" } },
        { Condition: { HttpErrorCodeReturnedEquals: "404" }, Redirect: { HostName: "other.example", Protocol: "https", HttpRedirectCode: "307", ReplaceKeyWith: "404.html" } },
      ],
    });
    expect(await visit("/docs/a b")).toMatchObject({ status: 301, location: `http://${Bucket}.s3-website-${REGION}.amazonaws.com/guide/a%20b` });
    expect(await visit("/nowhere")).toMatchObject({ status: 307, location: "https://other.example/404.html" });
    await configure({ RedirectAllRequestsTo: { HostName: "www.example" } });
    expect(await visit("/any/path")).toMatchObject({ status: 301, location: "http://www.example/any/path" });
  });

  it("keeps its configuration as it was given, and refuses what makes no sense", async () => {
    const website: WebsiteConfiguration = { ...PLAIN, ErrorDocument: { Key: "oops.html" } };
    await configure(website);
    expect(await cloud.s3.send(new GetBucketWebsiteCommand({ Bucket }))).toMatchObject(website);
    await expect(configure({})).rejects.toMatchObject({ name: "InvalidArgument" });
    await expect(configure({ IndexDocument: { Suffix: "a/b" } })).rejects.toMatchObject({ name: "InvalidArgument", message: "The IndexDocument Suffix is not well formed" });
    await expect(configure({ ...PLAIN, RoutingRules: [{ Condition: { HttpErrorCodeReturnedEquals: "200" }, Redirect: { ReplaceKeyWith: "x" } }] })).rejects.toMatchObject({ name: "InvalidRequest" });
    expect(await cloud.s3.send(new GetBucketWebsiteCommand({ Bucket }))).toMatchObject(website);
  });
});
