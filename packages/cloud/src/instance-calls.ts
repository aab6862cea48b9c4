/**
 * Calls that an instance makes as itself, by its signed identity document instead of credentials: the helper scripts read their
 * stack's metadata and signal its resources so, whatever role the instance has or lacks.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-helper-scripts-reference.html#cfn-helper-scripts-reference-permissions
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError, serviceCaller, type Origin } from "@hakoniwa/kernel";
import { REGIONS } from "@hakoniwa/services";
import { checkInput, MODELS } from "@hakoniwa/wire";
import type { Core } from "./core.js";
import { readSmallBody } from "./small-body.js";

export interface InstanceCallsOptions {
  readonly account: string;
  core(): Promise<Core>;
  newRequestId(): string;
  /** Where it came in. @throws AwsError when that way does not lead to CloudFormation */
  origin(): Origin;
}

/** What an instance may do, and with which members. */
const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  DescribeStackResource: ["LogicalResourceId"],
  SignalResource: ["LogicalResourceId", "Status", "UniqueId"],
};
const LARGEST_BODY = 64 * 1024;
const SCHEME = /^CFN_V1 ([A-Za-z0-9+/]{1,8192}={0,2}):([A-Za-z0-9+/]{1,512}={0,2})$/;

/** Answers calls that are signed so. @returns whether it was one */
export function answerInstance(options: InstanceCallsOptions, request: IncomingMessage, response: ServerResponse): boolean {
  if (!request.headers.authorization?.startsWith("CFN_V1 ")) return false;
  const requestId = options.newRequestId();
  carryOut(options, request, requestId)
    .then((answer) => reply(response, 200, { ...answer, ResponseMetadata: { RequestId: requestId } }))
    .catch((error: unknown) => {
      const told = error instanceof AwsError ? error : new AwsError("InternalFailure", "We encountered an internal error. Please try again.", { status: 500 });
      const { status = 400 } = told;
      reply(response, status, { Error: { Type: status < 500 ? "Sender" : "Receiver", Code: told.code, Message: told.message }, RequestId: requestId });
    });
  return true;
}

async function carryOut({ account, core, origin }: InstanceCallsOptions, request: IncomingMessage, requestId: string): Promise<Readonly<Record<string, unknown>>> {
  const form = new URLSearchParams((await readSmallBody(request, LARGEST_BODY)).toString("utf8"));
  const { calls } = await core();
  const [, encoded = "", signature = ""] = SCHEME.exec(request.headers.authorization ?? "") ?? [];
  const document = Buffer.from(encoded, "base64").toString("utf8");
  const region = regionOf(document, account);
  const instance = region === undefined ? undefined : calls.facts({ account, region }).ec2.identified(document, signature);
  if (region === undefined || !instance) throw new AwsError("InvalidClientTokenId", "The instance identity document, or its signature, is not valid.", { status: 403 });
  const operation = form.get("Action") ?? "";
  const members = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation]! : undefined;
  if (!members) throw new AwsError("AccessDenied", `Instance ${instance.id} may call ${Object.keys(OPERATIONS).join(" and ")} as itself, not ${operation}.`, { status: 403 });
  const input = { StackName: ownStack(instance, form.get("StackName") ?? ""), ...Object.fromEntries(members.flatMap((member) => (form.has(member) ? [[member, form.get(member)]] : []))) };
  checkInput(MODELS.cloudformation, operation, input);
  const caller = { ...serviceCaller("cloudformation", account), origin: { ...origin(), sourceIp: request.socket.remoteAddress } };
  const output = await calls.call({ service: "cloudformation", operation, input, region, caller, requestId, sourceIp: request.socket.remoteAddress, userAgent: request.headers["user-agent"] });
  return { [`${operation}Response`]: { [`${operation}Result`]: output } };
}

/** @returns undefined for what was certainly not issued here */
function regionOf(document: string, account: string): string | undefined {
  try {
    const { region, accountId } = JSON.parse(document) as { readonly region?: unknown; readonly accountId?: unknown };
    return accountId === account ? REGIONS.find((known) => known === region) : undefined;
  } catch {
    return undefined;
  }
}

/** Nobody but CloudFormation sets these tags. @throws AwsError when the instance is not of that stack */
function ownStack({ id, tags }: { readonly id: string; readonly tags: Readonly<Record<string, string>> }, stack: string): string {
  const { "aws:cloudformation:stack-id": stackId, "aws:cloudformation:stack-name": name } = tags;
  if (stackId === undefined || (stack !== stackId && stack !== name)) throw new AwsError("AccessDenied", `Instance ${id} does not belong to the stack ${stack}.`, { status: 403 });
  return stackId;
}

function reply(response: ServerResponse, status: number, body: Readonly<Record<string, unknown>>): void {
  // AWS writes times as seconds.
  const text = JSON.stringify(body, function (this: Readonly<Record<string, unknown>>, key, value: unknown) {
    const raw = this[key];
    return raw instanceof Date ? raw.getTime() / 1000 : value;
  });
  response.writeHead(status, { "content-type": "application/json", connection: status < 400 ? "keep-alive" : "close" }).end(text);
}
