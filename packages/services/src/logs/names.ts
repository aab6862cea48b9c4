/** How log groups and streams are named, and found by what a request says. */
import type { Reader, Scope } from "@hakoniwa/kernel";
import { groupNotFound, invalidParameter, streamNotFound } from "./errors.js";
import { keyIn, logGroups, logStreams, type LogGroup, type LogStream } from "./state.js";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html: the form without `:*`. */
export function groupArn({ account, region }: Scope, name: string): string {
  return `arn:aws:logs:${region}:${account}:log-group:${name}`;
}

export function streamArn(scope: Scope, group: string, stream: string): string {
  return `${groupArn(scope, group)}:log-stream:${stream}`;
}

/** The name of a group that is named by itself or by an ARN, with or without `:*`. An ARN of another account or region names none here. */
export function groupNameOf(identifier: string, scope: Scope): string {
  if (!identifier.startsWith("arn:")) return identifier;
  const prefix = groupArn(scope, "");
  return identifier.startsWith(prefix) ? identifier.substring(prefix.length).replace(/:\*$/, "") : identifier;
}

interface NamesGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** @throws InvalidParameterException unless exactly one of the two is given */
export function namedGroup(input: NamesGroup, scope: Scope): string {
  const { logGroupName, logGroupIdentifier } = input;
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) throw invalidParameter("LogGroup name and LogGroup ARN are mutually exclusive parameters.");
  const identifier = logGroupName ?? logGroupIdentifier;
  if (identifier === undefined) throw invalidParameter("You must provide either logGroupName or logGroupIdentifier.");
  return groupNameOf(identifier, scope);
}

/** @throws ResourceNotFoundException */
export function groupOf(db: Reader, name: string): LogGroup {
  const group = db(logGroups).get(name);
  if (!group) throw groupNotFound();
  return group;
}

/** @throws ResourceNotFoundException for the group, or for the stream */
export function streamOf(db: Reader, group: string, name: string): LogStream {
  groupOf(db, group);
  const stream = db(logStreams).get(keyIn(group, name));
  if (!stream) throw streamNotFound();
  return stream;
}
