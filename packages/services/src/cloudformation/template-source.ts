/** Texts that requests name by a URL: templates and stack policies in S3. */
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws, ByteStream } from "@hakoniwa/wire";
import { s3Failure, templateTooLong, templateUrl } from "./errors.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: the longest template in S3, in bytes. */
export const MAX_TEMPLATE_OBJECT = 1_000_000;

interface S3Location {
  readonly Bucket: string;
  readonly Key: string;
  readonly VersionId?: string;
}

/** S3 by its region, as an older name, dual-stack or of no region; with the bucket before it or in the path. */
const S3_HOST = /^(?:(?<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.)?s3(?:[.-](?:dualstack\.)?[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com$/;
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])$/;

/**
 * Where an object of S3 is: `https://BUCKET.s3.REGION.amazonaws.com/KEY`, with the bucket in the path, or at this machine's own
 * endpoint. `?versionId=` names a version.
 * @throws AwsError ValidationError for any other URL
 */
export function locate(url: string): S3Location {
  if (url.length > 5_120 || !URL.canParse(url)) throw templateUrl();
  const { protocol, hostname, pathname, searchParams } = new URL(url);
  const host = hostname.replace(/\.localhost$/, "");
  const match = S3_HOST.exec(host);
  if ((protocol !== "https:" && protocol !== "http:") || (!match && !LOOPBACK.test(hostname))) throw templateUrl();
  let path: string;
  try {
    path = decodeURIComponent(pathname.slice(1).replaceAll("+", " "));
  } catch {
    throw templateUrl();
  }
  const inHost = match?.groups?.["bucket"];
  const slash = path.indexOf("/");
  const [Bucket, Key] = inHost === undefined ? [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)] : [inHost, path];
  if (Bucket === "" || Key === "") throw templateUrl();
  const VersionId = searchParams.get("versionId");
  return { Bucket, Key, ...(VersionId ? { VersionId } : {}) };
}

/**
 * Reads a template, or a stack policy, as whoever `aws` calls for.
 * @param limit in bytes
 * @throws AwsError ValidationError with what S3 said, or when it is too long
 */
export async function fetchText(aws: AsyncAws, url: string, limit = MAX_TEMPLATE_OBJECT): Promise<string> {
  return fetchObject(aws, locate(url), limit);
}

async function fetchObject(aws: AsyncAws, location: S3Location, limit: number): Promise<string> {
  let body: ByteStream | undefined;
  try {
    const found = await aws.s3.GetObject(location);
    if ((found.ContentLength ?? 0) > limit) throw templateTooLong(limit);
    body = found.Body;
  } catch (error) {
    if (error instanceof AwsError && error.code !== "ValidationError") throw s3Failure(error.message);
    throw error;
  }
  const parts: Uint8Array[] = [];
  for await (const part of body ?? []) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}

/** What a request names by its URLs. */
export interface Fetched {
  readonly template?: string | undefined;
  readonly policy?: string | undefined;
  readonly policyDuringUpdate?: string | undefined;
}

/** A stack policy may have this many bytes. */
const MAX_POLICY = 16_384;

interface WithUrls {
  readonly TemplateURL?: string | undefined;
  readonly StackPolicyURL?: string | undefined;
  readonly StackPolicyDuringUpdateURL?: string | undefined;
}

/** For `prepare`: what the request's URLs lead to, read as the caller. */
export async function fetchAll(input: WithUrls, { aws }: { readonly aws: AsyncAws }): Promise<Fetched> {
  const { TemplateURL: template, StackPolicyURL: policy, StackPolicyDuringUpdateURL: during } = input;
  return {
    template: template === undefined ? undefined : await fetchText(aws, template),
    policy: policy === undefined ? undefined : await fetchText(aws, policy, MAX_POLICY),
    policyDuringUpdate: during === undefined ? undefined : await fetchText(aws, during, MAX_POLICY),
  };
}
