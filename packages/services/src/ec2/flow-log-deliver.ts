/** Takes a window's lines to where a flow log wants them. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError, servicePrincipal, type Caller, type Database } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import type { Jobs } from "../define.js";
import { fieldsOfFormat, lineOf, type Writer } from "./flow-log-format.js";
import { bucketOfLog, objectKey, type FlowRecord, type Window } from "./flow-log-plan.js";
import { flowDeliveries, type FlowDelivery } from "./flow-log-state.js";
import type { FlowLog } from "./state-connections.js";

interface Place {
  readonly account: string;
  readonly region: string;
}

const MOST_EVENTS = 10_000;
const MOST_BYTES = 1_048_576;
const compress = promisify(gzip);

/** What AWS doesn't let it do is the flow log's status, and the window's records are lost, as AWS's are. */
export async function deliver(jobs: Jobs, place: Place, log: FlowLog, window: Window, records: readonly FlowRecord[]): Promise<void> {
  try {
    if (log.destinationType === "s3") await toBucket(jobs, place, log, window, records);
    else await toLogGroup(jobs, place, log, window, records);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const denied = /AccessDenied|NoSuchBucket|NotFound|UnrecognizedClient/.test(error.code);
    await jobs.write((db) => settle(db, { id: log.id, until: window.end, status: "FAILED", error: denied ? "Access error" : "Unknown error" }));
  }
}

function settle(db: Database, delivery: FlowDelivery): void {
  db(flowDeliveries).put(delivery);
}

/** The same window makes the same object, so that one that was put before a crash is put again, and not twice. */
async function toBucket(jobs: Jobs, place: Place, log: FlowLog, window: Window, records: readonly FlowRecord[]): Promise<void> {
  if (records.length > 0) {
    const fields = fieldsOfFormat(log.format);
    const writer: Writer = { ...place, fields };
    const body = await compress([fields.join(" "), ...records.map((record) => lineOf(record, writer)), ""].join("\n"));
    const hash = createHash("sha256").update(`${log.id} ${window.start}`).digest("hex").slice(0, 8);
    const delivering = servicePrincipal("delivery.logs", place.account, `arn:aws:logs:${place.region}:${place.account}:*`);
    await jobs.as(delivering).aws.s3.PutObject({
      Bucket: bucketOfLog(log),
      Key: objectKey(log, place, window, hash),
      Body: once(body),
      ContentLength: body.length,
      ContentType: "application/octet-stream",
      ACL: "bucket-owner-full-control",
    });
  }
  await jobs.write((db) => settle(db, succeeded(log, window)));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** One stream for each interface, all in one transaction with the note that it is done. */
async function toLogGroup(jobs: Jobs, place: Place, log: FlowLog, window: Window, records: readonly FlowRecord[]): Promise<void> {
  const role = await assumed(jobs, place, log);
  const logGroupName = log.logGroupName!;
  const writer: Writer = { ...place, fields: fieldsOfFormat(log.format) };
  const streams = new Map<string, FlowRecord[]>();
  for (const record of records) {
    const name = `${record.networkInterface.id}-${log.trafficType.toLowerCase()}`;
    streams.set(name, [...(streams.get(name) ?? []), record]);
  }
  await jobs.as(role).write((db, aws) => {
    if (streams.size > 0 && !jobs.facts.logs.hasGroup(logGroupName)) aws.logs.CreateLogGroup({ logGroupName });
    for (const [logStreamName, lines] of streams) {
      if (!jobs.facts.logs.hasStream(logGroupName, logStreamName)) aws.logs.CreateLogStream({ logGroupName, logStreamName });
      putLines(aws, { logGroupName, logStreamName }, lines, writer);
    }
    settle(db, succeeded(log, window));
  });
}

function putLines(aws: Aws, to: { readonly logGroupName: string; readonly logStreamName: string }, records: readonly FlowRecord[], writer: Writer): void {
  let logEvents: { timestamp: number; message: string }[] = [];
  let bytes = 0;
  const send = (): void => {
    if (logEvents.length > 0) aws.logs.PutLogEvents({ ...to, logEvents });
    logEvents = [];
    bytes = 0;
  };
  for (const record of records) {
    const message = lineOf(record, writer);
    const size = Buffer.byteLength(message) + 26;
    if (logEvents.length === MOST_EVENTS || bytes + size > MOST_BYTES) send();
    logEvents.push({ timestamp: record.start * 1000, message });
    bytes += size;
  }
  send();
}

/**
 * The flow log's role, as AWS's service assumes it.
 * https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
 * @throws AwsError when the role is gone, or doesn't trust the service
 */
async function assumed(jobs: Jobs, { account, region }: Place, log: FlowLog): Promise<Caller> {
  const service = servicePrincipal("vpc-flow-logs", account, `arn:aws:ec2:${region}:${account}:vpc-flow-log/${log.id}`);
  const RoleArn = log.permissionArn!;
  const { AssumedRoleUser: user } = await jobs.as(service).aws.sts.AssumeRole({ RoleArn, RoleSessionName: log.id, DurationSeconds: 900 });
  const name = RoleArn.slice(RoleArn.lastIndexOf("/") + 1);
  return { principal: { type: "assumed-role", account, arn: user!.Arn, id: user!.AssumedRoleId, name }, accessKeyId: undefined, via: { kind: "user" } };
}

function succeeded(log: FlowLog, window: Window): FlowDelivery {
  return { id: log.id, until: window.end, status: "SUCCESS", error: undefined };
}
