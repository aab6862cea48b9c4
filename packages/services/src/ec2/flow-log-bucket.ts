/**
 * The policy that lets log delivery write to a bucket, which AWS adds when who makes the flow log may.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html
 */
import { AwsError } from "@hakoniwa/kernel";
import type { Context } from "../define.js";
import { globMatcher } from "../glob.js";
import type { FlowLog } from "./state-connections.js";

const DELIVERY = "delivery.logs.amazonaws.com";

interface Statement {
  readonly Sid?: string;
  readonly Effect?: string;
  readonly Principal?: string | { readonly Service?: string | readonly string[] };
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
}

interface Policy {
  readonly Version?: string;
  readonly Statement?: Statement | readonly Statement[];
}

/**
 * Sees to it that records can be delivered.
 * @returns why they can't, in AWS's words
 */
export function admitDelivery(ctx: Context, { destination, destinationOptions }: Pick<FlowLog, "destination" | "destinationOptions">): string | undefined {
  const [, Bucket = "", folder = ""] = /^arn:aws:s3:::([^/]+)\/?(.*?)\/?$/.exec(destination ?? "") ?? [];
  const found = ctx.facts.s3.bucket(Bucket);
  if (!found) return `LogDestination: ${Bucket} does not exist`;
  const resource = `arn:aws:s3:::${Bucket}/${folder === "" ? "" : `${folder}/`}AWSLogs/${destinationOptions?.hiveCompatiblePartitions ? "aws-account-id=" : ""}${ctx.account}/*`;
  const policy = JSON.parse(found.policy ?? "{}") as Policy;
  const statements = [policy.Statement ?? []].flat();
  if (statements.some((statement) => isForDelivery(statement, resource))) return undefined;
  try {
    ctx.aws.s3.PutBucketPolicy({ Bucket, Policy: JSON.stringify({ Version: "2012-10-17", ...policy, Statement: [...statements, ...added(ctx, Bucket, resource, statements.length)] }) });
  } catch (error) {
    if (error instanceof AwsError && error.code === "AccessDenied") return `Access Denied for LogDestination: ${Bucket}. Please check LogDestination permission`;
    throw error;
  }
  return undefined;
}

function isForDelivery({ Effect, Principal, Action, Resource }: Statement, resource: string): boolean {
  const services = typeof Principal === "object" ? [Principal.Service ?? []].flat() : [Principal ?? ""];
  if (Effect !== "Allow" || !services.some((service) => service === DELIVERY || service === "*")) return false;
  const writes = [Action ?? []].flat().some((action) => /^(\*|s3:(\*|Put\*|PutObject))$/i.test(action));
  return writes && [Resource ?? []].flat().some((pattern) => globMatcher(pattern)(resource));
}

function added({ account, region }: Context, bucket: string, resource: string, number: number): readonly object[] {
  const from = { StringEquals: { "aws:SourceAccount": account }, ArnLike: { "aws:SourceArn": `arn:aws:logs:${region}:${account}:*` } };
  const statement = (Sid: string, Action: string, Resource: string, conditions: object) => ({
    Sid: number === 0 ? Sid : `${Sid}${number}`, Effect: "Allow", Principal: { Service: DELIVERY }, Action, Resource, Condition: conditions,
  });
  return [
    statement("AWSLogDeliveryWrite", "s3:PutObject", resource, { ...from, StringEquals: { ...from.StringEquals, "s3:x-amz-acl": "bucket-owner-full-control" } }),
    statement("AWSLogDeliveryAclCheck", "s3:GetBucketAcl", `arn:aws:s3:::${bucket}`, from),
  ];
}
