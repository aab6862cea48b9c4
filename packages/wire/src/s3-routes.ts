/**
 * Which bucket, key and operation a request to S3 means, by host or by path.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
 */
import { AwsError } from "@hakoniwa/kernel";
import { MalformedUri, matchRoute, parseQuery, routesOf } from "./http-routes.js";
import type { RouteMatch, Routes } from "./http-routes.js";
import type { Model } from "./model.js";
import { header } from "./protocols/protocol.js";
import type { WireRequest } from "./protocols/protocol.js";

/** What a host's name says: S3 itself, a bucket of it, a site in a bucket, or something that isn't S3. */
export type S3Host = { readonly kind: "service" | "website" | "other" } | { readonly kind: "bucket"; readonly bucket: string };

const ENDPOINT = /^(?:(.+)\.)?s3(?:[.-]dualstack)?(?:[.-][a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})?\.(?:amazonaws\.com(?:\.cn)?|localhost)$/;
const WEBSITE = /(?:^|\.)s3-website[.-]/;

/** `host` may have a port. */
export function s3Host(host: string): S3Host {
  const name = host.replace(/:\d+$/, "").replace(/\.$/, "").toLowerCase();
  if (WEBSITE.test(name)) {
    return { kind: "website" };
  }
  const endpoint = ENDPOINT.exec(name);
  if (endpoint) {
    return endpoint[1] === undefined ? { kind: "service" } : { kind: "bucket", bucket: endpoint[1] };
  }
  // The SDKs make `bucket.localhost` of the endpoint http://localhost.
  const [, bucket] = /^(.+)\.localhost$/.exec(name) ?? [];
  return bucket === undefined || /(?:^|\.)s3-control(?:\.|$)/.test(name) ? { kind: "other" } : { kind: "bucket", bucket };
}

/** The bucket that the host names, if it does. */
export function hostBucket(request: Pick<WireRequest, "headers">): string | undefined {
  const host = s3Host(header(request, "host") ?? "");
  return host.kind === "bucket" ? host.bucket : undefined;
}

/** A path's segments with the bucket first, still escaped. A key is what follows, whatever it is: `a//b/../c` is a key. */
export function s3Segments(request: Pick<WireRequest, "headers" | "path">): readonly string[] {
  const bucket = hostBucket(request);
  const path = request.path.slice(1);
  if (bucket !== undefined) {
    return path === "" ? [bucket] : [bucket, ...path.split("/")];
  }
  const segments = path.split("/");
  if (path === "") {
    return [];
  }
  // `/bucket/` is the bucket.
  return segments.length === 2 && segments[1] === "" ? segments.slice(0, 1) : segments;
}

/** The bucket and the key, both empty where there is none, of a request whatever its method. Throws an AwsError. */
export function s3Target(request: Pick<WireRequest, "headers" | "path">): { readonly bucket: string; readonly key: string } {
  const [bucket = "", ...key] = s3Segments(request);
  try {
    return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key.join("/")) };
  } catch {
    throw invalidUri(request.path);
  }
}

function invalidUri(detail: string): AwsError {
  return new AwsError("InvalidURI", `Couldn't parse the specified URI: ${detail.slice(0, 200)}`, { status: 400 });
}

const known = new WeakMap<Model, Routes>();

/** Throws an AwsError when the address can't be read. */
export function matchS3(model: Model, request: WireRequest): RouteMatch | undefined {
  let routes = known.get(model);
  if (!routes) {
    routes = routesOf(model);
    known.set(model, routes);
  }
  try {
    return matchRoute(routes, { method: request.method, segments: s3Segments(request), query: parseQuery(request.search), headers: request.headers });
  } catch (error) {
    throw error instanceof MalformedUri ? invalidUri(error.message) : error;
  }
}

/**
 * Whether a request is meant for S3, from its head: a body may be too large to wait for. `scope` is the service of the
 * signature's credential scope; `names` are the signing names of all services, which `ec2.localhost` may mean.
 */
export function meansS3(request: WireRequest, scope: string | undefined, names: ReadonlySet<string>): boolean {
  if (header(request, "x-amz-target") !== undefined || header(request, "smithy-protocol") !== undefined) {
    return false;
  }
  const name = header(request, "host") ?? "";
  const host = s3Host(name);
  if (host.kind === "website" || (host.kind === "other" && /(?:^|\.)amazonaws\.com(?:\.cn)?(?::\d+)?$|s3-control/i.test(name))) {
    return false;
  }
  if (scope !== undefined) {
    return scope === "s3";
  }
  if (host.kind === "service" || (host.kind === "bucket" && /amazonaws\.com/i.test(name))) {
    return true;
  }
  if (host.kind === "bucket" && names.has(host.bucket.split(".", 1)[0]!)) {
    return false;
  }
  // Without a signature: forms go to the root, by POST or with an Action.
  return request.path !== "/" || (request.method !== "POST" && !/(?:^|&)(?:Action|Version)=/.test(request.search));
}
