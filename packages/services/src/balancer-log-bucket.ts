/**
 * Who writes load balancers' access logs to buckets, and whether a bucket lets them.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html#attach-bucket-policy
 */
import { AwsError, servicePrincipal, type Access, type Caller, type Scope } from "@hakoniwa/kernel";
import type { Context, Jobs } from "./define.js";

export interface LogPlace {
  readonly bucket: string;
  /** Without slashes at its ends; empty for none. */
  readonly prefix: string;
}

/** Elastic Load Balancing's own accounts, which buckets' policies name in regions that were there before August 2022. */
const ACCOUNTS: Readonly<Record<string, string>> = {
  "af-south-1": "098369216593",
  "ap-east-1": "754344448648",
  "ap-northeast-1": "582318560864",
  "ap-northeast-2": "600734575887",
  "ap-northeast-3": "383597477331",
  "ap-south-1": "718504428378",
  "ap-southeast-1": "114774131450",
  "ap-southeast-2": "783225319266",
  "ap-southeast-3": "589379963580",
  "ca-central-1": "985666609251",
  "eu-central-1": "054676820928",
  "eu-north-1": "897822967062",
  "eu-south-1": "635631232127",
  "eu-west-1": "156460612806",
  "eu-west-2": "652711504416",
  "eu-west-3": "009996457667",
  "me-south-1": "076674570225",
  "sa-east-1": "507241528517",
  "us-east-1": "127311923021",
  "us-east-2": "033677994240",
  "us-west-1": "027434742980",
  "us-west-2": "797873946194",
};

const ACL = "bucket-owner-full-control";

/** A bucket's policy may name the service, or its account: one that any of these may write to is admitted. */
function writers({ account, region }: Scope, sourceArn: string): readonly Caller[] {
  const service = servicePrincipal("logdelivery.elasticloadbalancing", account, sourceArn);
  const id = ACCOUNTS[region];
  if (id === undefined) return [service];
  // It acts on this account's buckets: its own account has no state here.
  return [service, { ...service, principal: { type: "user", account, arn: `arn:aws:iam::${id}:root`, id, name: "root" } }];
}

/** Below it, all of a balancer's files have their place. */
export function logFolder({ prefix }: LogPlace, account: string): string {
  return `${prefix === "" ? "" : `${prefix}/`}AWSLogs/${account}`;
}

/**
 * @param name the balancer's
 * @returns why nothing can be written to a bucket, in AWS's words
 */
export function refusalOfBucket(ctx: Context, place: LogPlace, name: string, sourceArn: string): string | undefined {
  const found = ctx.facts.s3.bucket(place.bucket);
  if (found && found.region !== ctx.region) return `S3Bucket: ${place.bucket} is not located in the same region with ELB: ${name}`;
  const access: Access = {
    action: "s3:PutObject",
    resources: [`arn:aws:s3:::${place.bucket}/${logFolder(place, ctx.account)}/ELBAccessLogTestFile`],
    conditions: { "s3:x-amz-acl": ACL },
    resourcePolicy: found?.policy,
  };
  const admitted = found && writers(ctx, sourceArn).some((writer) => ctx.judge(access, writer).allowed);
  return admitted ? undefined : `Access Denied for bucket: ${place.bucket}. Please check S3bucket permission`;
}

/** @throws AwsError when the bucket doesn't let it, or is gone */
export async function putLogFile(jobs: Jobs, scope: Scope, bucket: string, key: string, body: Uint8Array, sourceArn: string): Promise<void> {
  const all = writers(scope, sourceArn);
  for (const [at, writer] of all.entries()) {
    try {
      await jobs.as(writer).aws.s3.PutObject({ Bucket: bucket, Key: key, Body: once(body), ContentLength: body.length, ContentType: "application/octet-stream", ACL });
      return;
    } catch (error) {
      if (!(error instanceof AwsError) || error.code !== "AccessDenied" || at === all.length - 1) throw error;
    }
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
