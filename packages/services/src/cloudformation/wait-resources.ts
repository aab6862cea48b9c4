/**
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-waitcondition.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-waitconditionhandle.html
 */
import { resource, type ResourceRequest } from "@hakoniwa/cloudformation";
import { validationError } from "./errors.js";
import { insideOf } from "./run.js";
import { stackResources } from "./state.js";
import { dataOf, judgeWait } from "./wait-judge.js";
import { messagesTo, waitHandles, waitMessages } from "./wait-state.js";
import { waitUrl } from "./wait-url.js";

/** How long a handle's address is good for, in seconds. */
const HANDLE_LIFE = 24 * 3600;
/** In seconds. */
const LONGEST_TIMEOUT = 43_200;

export const waitConditionHandle = resource<object>("AWS::CloudFormation::WaitConditionHandle", {
  create(aws, _properties, { stackId, logicalId }) {
    const { run, db } = insideOf(aws);
    const { ids, now } = run.jobs;
    // Whoever has the address may signal: nothing in it but this can't be known from the stack's name.
    const signature = Buffer.from(ids.hex(40), "hex").toString("base64");
    const expires = Math.floor(now / 1000) + HANDLE_LIFE;
    const accessKey = `AKIA${ids.text(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")}`;
    const url = waitUrl({ region: run.region, stackId, logicalId, accessKey, expires, signature });
    return db(waitHandles).put({ url, stackId, logicalId, expires, signature }).url;
  },
  delete(aws, url) {
    const { db } = insideOf(aws);
    for (const message of messagesTo(db, url)) db(waitMessages).delete(waitMessages.key(message));
    db(waitHandles).delete(url);
  },
  attributes: (_aws, url) => ({ Id: url }),
});

export interface WaitConditionProperties {
  readonly Handle?: string;
  readonly Timeout?: string | number;
  readonly Count?: string | number;
}

export const waitCondition = resource<WaitConditionProperties>("AWS::CloudFormation::WaitCondition", {
  create(aws, properties, request) {
    const { db } = insideOf(aws);
    checkWait(properties, request);
    if (properties.Handle !== undefined && !db(waitHandles).get(properties.Handle)) throw validationError(`Invalid wait condition handle: ${properties.Handle}`);
    return `${request.stackId}/${request.logicalId}`;
  },

  // Nothing can be waited for twice, so a change of what is waited for would do nothing.
  update() {
    throw validationError("Update to resource type AWS::CloudFormation::WaitCondition is not supported.");
  },
  // The engine goes back to what it was by itself, as nothing was changed.
  revert: () => undefined,
  delete: () => undefined,

  settled(aws, physicalId, properties) {
    if (properties.Handle === undefined) return true;
    const { run, db } = insideOf(aws);
    const record = db(stackResources).where("physical", physicalId).find((candidate) => candidate.stackId === run.stack.id && candidate.role === "current");
    if (record?.createdBy !== run.stack.operation) return true;
    const late = run.jobs.now >= (waitDeadline(properties, record.timestamp) ?? Infinity);
    return judgeWait(Number(properties.Count ?? 1), messagesTo(db, properties.Handle), late);
  },

  attributes(aws, physicalId, { Handle: handle }) {
    return { Id: physicalId, Data: dataOf(handle === undefined ? [] : messagesTo(insideOf(aws).db, handle)) };
  },
});

/** When a wait condition gives up; undefined when its creation policy says so instead. */
export function waitDeadline({ Handle: handle, Timeout: timeout }: WaitConditionProperties, since: number): number | undefined {
  return handle === undefined || timeout === undefined ? undefined : since + Number(timeout) * 1000;
}

/** @throws AwsError ValidationError */
function checkWait({ Handle: handle, Timeout: timeout, Count: count }: WaitConditionProperties, request: ResourceRequest): void {
  if (request.policies?.creation?.signal) {
    if (handle !== undefined || timeout !== undefined || count !== undefined) {
      throw validationError("Handle, Timeout and Count can't be specified together with a CreationPolicy.");
    }
    return;
  }
  if (handle === undefined) throw validationError("Property Handle cannot be empty.");
  if (timeout === undefined) throw validationError("Property Timeout cannot be empty.");
  if (!isWhole(timeout, 0, LONGEST_TIMEOUT)) throw validationError(`Timeout ${timeout} must be a whole number of seconds from 0 to ${LONGEST_TIMEOUT}.`);
  if (count !== undefined && !isWhole(count, 0, Number.MAX_SAFE_INTEGER)) throw validationError(`Count ${count} must be a whole number of at least 0.`);
}

function isWhole(value: string | number, least: number, most: number): boolean {
  return /^\d{1,16}$/.test(String(value)) && Number(value) >= least && Number(value) <= most;
}
