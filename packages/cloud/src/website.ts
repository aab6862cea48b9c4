/** Websites in buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html. Everybody asks as nobody, so the bucket's policy decides. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { anonymousCaller, AwsError } from "@hakoniwa/kernel";
import type { S3Types } from "@hakoniwa/wire";
import type { Core } from "./core.js";
import { encodePath, errorPage, keyOf, redirectOf, siteOf, type SiteRequest } from "./website-plan.js";

type Website = S3Types.WebsiteConfiguration;

/** What answers one request. */
interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | AsyncIterable<Uint8Array>;
}

type Get = (key: string, headers?: IncomingMessage["headers"]) => Promise<S3Types.GetObjectOutput>;

/** @returns what answers requests for websites, and says whether a request was for one */
export function createWebsites(core: () => Promise<Core>, { account, region }: { readonly account: string; readonly region: string }, newRequestId: () => string) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const site = siteOf(request.headers.host ?? "");
    if (!site) return false;
    request.resume();
    const requestId = newRequestId();
    const answering = async (): Promise<Reply> => {
      const { calls } = await core();
      const bucket = calls.facts({ account, region }).s3.bucket(site.bucket);
      const get: Get = (Key, headers = {}) =>
        calls.call({
          service: "s3", operation: "GetObject", region: site.region, requestId, sourceIp: request.socket.remoteAddress, userAgent: headers["user-agent"],
          input: { Bucket: site.bucket, Key, ...conditionsOf(headers) },
          caller: { ...anonymousCaller(account), origin: { sourceIp: request.socket.remoteAddress } },
        });
      if (bucket?.region !== site.region) return refused(404, { Code: "NoSuchBucket", Message: "The specified bucket does not exist", BucketName: site.bucket }, requestId);
      if (!bucket.website) return refused(404, { Code: "NoSuchWebsiteConfiguration", Message: "The specified bucket does not have a website configuration", BucketName: site.bucket }, requestId);
      return answer(bucket.website, request, get, requestId);
    };
    answering()
      .catch((error: Error) => refused(500, { Code: "InternalError", Message: error instanceof AwsError ? error.message : "We encountered an internal error. Please try again." }, requestId))
      .then((reply) => send(request, response, requestId, reply))
      .catch(() => response.destroy());
    return true;
  };
}

async function answer(website: Website, request: IncomingMessage, get: Get, requestId: string): Promise<Reply> {
  const path = pathOf(request);
  if (path === undefined) return refused(400, { Code: "InvalidURI", Message: "Couldn't parse the specified URI." }, requestId);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refused(405, { Code: "MethodNotAllowed", Message: "The specified method is not allowed against this resource.", Method: request.method ?? "", ResourceType: "OBJECT" }, requestId);
  }
  const asked: SiteRequest = { host: request.headers.host ?? "", path };
  const redirect = redirectOf(website, asked);
  if (redirect) return moved(redirect.status, redirect.location);
  try {
    return show(await get(keyOf(website, path), request.headers), request.headers.range === undefined ? 200 : 206);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.status === 304) return { status: 304, headers: error.headers, body: "" };
    return afterError(website, asked, error, get, requestId);
  }
}

/** A folder without its slash, a rule for errors, the bucket's own page for errors, or S3's. */
async function afterError(website: Website, request: SiteRequest, error: AwsError, get: Get, requestId: string): Promise<Reply> {
  const { path } = request;
  const { status = 400 } = error;
  const missing = status === 404 || status === 403;
  if (missing && path !== "" && !path.endsWith("/") && (await isThere(get, keyOf(website, `${path}/`)))) return moved(302, `/${encodePath(path)}/`);
  const redirect = redirectOf(website, request, status);
  if (redirect) return moved(redirect.status, redirect.location);
  const page = website.ErrorDocument?.Key;
  const facts = { Code: error.code, Message: error.message, ...(status === 404 ? { Key: keyOf(website, path) } : {}) };
  if (page === undefined) return refused(status, facts, requestId);
  try {
    return show(await get(page), status);
  } catch (second) {
    if (!(second instanceof AwsError)) throw second;
    return refused(status, facts, requestId);
  }
}

async function isThere(get: Get, key: string): Promise<boolean> {
  try {
    const { Body } = await get(key);
    await Body?.[Symbol.asyncIterator]().return?.();
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
}

function show(object: S3Types.GetObjectOutput, status: number): Reply {
  if (object.WebsiteRedirectLocation !== undefined) {
    void object.Body?.[Symbol.asyncIterator]().return?.();
    return moved(301, object.WebsiteRedirectLocation);
  }
  return {
    status: status === 206 && object.ContentRange === undefined ? 200 : status,
    headers: {
      "content-type": object.ContentType, "content-length": String(object.ContentLength ?? 0), etag: object.ETag, "last-modified": object.LastModified?.toUTCString(),
      "cache-control": object.CacheControl, "content-encoding": object.ContentEncoding, "content-disposition": object.ContentDisposition, "content-language": object.ContentLanguage,
      "content-range": object.ContentRange,
    },
    body: object.Body ?? "",
  };
}

const moved = (status: number, location: string): Reply => ({ status, headers: { location, "content-length": "0" }, body: "" });

function refused(status: number, facts: Readonly<Record<string, string>>, requestId: string): Reply {
  const body = errorPage(status, STATUS_CODES[status] ?? "", { ...facts, RequestId: requestId });
  return { status, headers: { "content-type": "text/html; charset=utf-8", "content-length": String(Buffer.byteLength(body)) }, body };
}

async function send(request: IncomingMessage, response: ServerResponse, requestId: string, { status, headers, body }: Reply): Promise<void> {
  response.writeHead(status, { ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)), "x-amz-request-id": requestId, server: "AmazonS3" });
  if (typeof body === "string") {
    response.end(request.method === "HEAD" ? undefined : body);
  } else if (request.method === "HEAD") {
    await body[Symbol.asyncIterator]().return?.();
    response.end();
  } else {
    await pipeline(Readable.from(body), response);
  }
}

function pathOf(request: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent((request.url ?? "/").replace(/\?.*$/s, "").slice(1));
  } catch {
    return undefined;
  }
}

function conditionsOf(headers: IncomingMessage["headers"]) {
  const since = headers["if-modified-since"];
  return {
    IfNoneMatch: headers["if-none-match"],
    IfModifiedSince: since === undefined || Number.isNaN(Date.parse(since)) ? undefined : new Date(since),
    Range: headers.range,
  };
}
