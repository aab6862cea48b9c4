/** What a website endpoint answers, as values: https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html */
import type { S3Types } from "@hakoniwa/wire";

export interface SiteRequest {
  /** As the client sent it, with its port. */
  readonly host: string;
  /** Decoded, without its first slash. */
  readonly path: string;
}

export interface Redirect {
  readonly status: number;
  readonly location: string;
}

/** `bucket.s3-website-region.amazonaws.com`, or with a dot, and `.localhost` where browsers need it. */
export function siteOf(host: string): { readonly bucket: string; readonly region: string } | undefined {
  const [, bucket, region] = /^(.+)\.s3-website[.-]([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})\.amazonaws\.com(?:\.localhost)?\.?$/.exec(host.replace(/:\d+$/, "").toLowerCase()) ?? [];
  return bucket === undefined || region === undefined ? undefined : { bucket, region };
}

/** The key that a path shows: of a folder its index document. */
export function keyOf({ IndexDocument: index }: S3Types.WebsiteConfiguration, path: string): string {
  return path === "" || path.endsWith("/") ? `${path}${index?.Suffix ?? ""}` : path;
}

/** Where a request is sent before anything is looked up, or after an error of this status. */
export function redirectOf(configuration: S3Types.WebsiteConfiguration, request: SiteRequest, error?: number): Redirect | undefined {
  const all = configuration.RedirectAllRequestsTo;
  if (all) return { status: 301, location: `${all.Protocol ?? "http"}://${all.HostName}/${encodePath(request.path)}` };
  for (const { Condition: condition, Redirect: redirect } of configuration.RoutingRules ?? []) {
    const { KeyPrefixEquals: prefix = "", HttpErrorCodeReturnedEquals: code } = condition ?? {};
    if (!request.path.startsWith(prefix) || (code === undefined ? error !== undefined : Number(code) !== error)) continue;
    const path = redirect.ReplaceKeyWith ?? (redirect.ReplaceKeyPrefixWith === undefined ? request.path : `${redirect.ReplaceKeyPrefixWith}${request.path.slice(prefix.length)}`);
    return { status: Number(redirect.HttpRedirectCode ?? 301), location: `${redirect.Protocol ?? "http"}://${redirect.HostName ?? request.host}/${encodePath(path)}` };
  }
  return undefined;
}

export const encodePath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** S3's own page for an error. */
export function errorPage(status: number, title: string, facts: Readonly<Record<string, string>>): string {
  const items = Object.entries(facts).map(([name, value]) => `<li>${name}: ${escaped(value)}</li>\n`);
  return `<html>\n<head><title>${status} ${title}</title></head>\n<body>\n<h1>${status} ${title}</h1>\n<ul>\n${items.join("")}</ul>\n<hr/>\n</body>\n</html>\n`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
