/** What must be in S3 before a stack can be made: assets, and templates that are too long for a request. */
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { Readable } from "node:stream";
import { control, dataDirectory, type Options } from "@hakoniwa/cloud/client";
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws, S3Types } from "@hakoniwa/wire";
import type { FileAsset } from "./deployable.js";
import { dim, UserError, type Say } from "./say.js";
import { zip } from "./zip.js";

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: in a request, and in S3. */
const LONGEST = 51_200;
const LONGEST_IN_S3 = 1_000_000;

/** How a template is given to CloudFormation: in the request, or by its URL in a bucket of ours. @throws UserError when it is too long for either */
export async function templateInput(aws: AsyncAws, options: Options, body: string): Promise<{ readonly TemplateBody: string } | { readonly TemplateURL: string }> {
  const bytes = Buffer.from(body);
  if (bytes.length <= LONGEST) return { TemplateBody: body };
  if (bytes.length > LONGEST_IN_S3) throw new UserError(`the template has ${bytes.length} bytes, but CloudFormation takes ${LONGEST_IN_S3} at most: split it into stacks`);
  const Bucket = `hakoniwa-templates-${options.account}-${options.region}`;
  const Key = `${createHash("sha256").update(bytes).digest("hex")}.template`;
  await ensureBucket(aws, options, Bucket);
  if (!(await isThere(aws, Bucket, Key))) await put(options, { Bucket, Key, ContentLength: bytes.length }, Readable.from([bytes]));
  return { TemplateURL: `https://${Bucket}.s3.${options.region}.amazonaws.com/${Key}` };
}

/** Uploads what isn't there yet: an asset's key is made of its content. */
export async function publish(aws: AsyncAws, options: Options, assets: readonly FileAsset[], say: Say): Promise<void> {
  for (const { name, path, packaging, bucket: Bucket, key: Key } of assets) {
    await ensureBucket(aws, options, Bucket);
    if (await isThere(aws, Bucket, Key)) continue;
    const packed = packaging === "zip" ? zip(path) : undefined;
    const size = packed?.length ?? statSync(path).size;
    await put(options, { Bucket, Key, ContentLength: size }, packed ? Readable.from([packed]) : createReadStream(path));
    say({ event: "asset", name, bucket: Bucket, key: Key, bytes: size }, dim(`${name}: ${size} bytes to s3://${Bucket}/${Key}`));
  }
}

async function ensureBucket(aws: AsyncAws, { region }: Options, Bucket: string): Promise<void> {
  try {
    await aws.s3.HeadBucket({ Bucket });
  } catch (error) {
    if (!isMissing(error)) throw error;
    const CreateBucketConfiguration = region === "us-east-1" ? undefined : { LocationConstraint: region as S3Types.BucketLocationConstraint };
    await aws.s3.CreateBucket({ Bucket, ...(CreateBucketConfiguration && { CreateBucketConfiguration }) });
    await aws.s3.PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true } });
  }
}

async function isThere(aws: AsyncAws, Bucket: string, Key: string): Promise<boolean> {
  try {
    await aws.s3.HeadObject({ Bucket, Key });
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof AwsError && ["NotFound", "NoSuchBucket", "NoSuchKey", "404"].includes(error.code);
}

/** A body goes beside the call, as it may be longer than one. */
async function put({ dataDir, region }: Options, input: Record<string, unknown>, body: Readable): Promise<void> {
  const io = { stdin: body, stdout: process.stdout, stderr: process.stderr };
  await control(dataDirectory(dataDir).controlSocket, { do: "call", service: "s3", operation: "PutObject", region, input, body: "stdin" }, io);
}
