/** The addresses that wait conditions are signalled at look like objects in a bucket of CloudFormation's own: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html */
import type { IncomingMessage, ServerResponse } from "node:http";
import { AwsError } from "@hakoniwa/kernel";
import { LARGEST_MESSAGE, receiveWaitSignal, waitHost, type WaitReply } from "@hakoniwa/services";
import type { Core } from "./core.js";
import { readSmallBody } from "./small-body.js";

export interface WaitConditionsOptions {
  core(): Promise<Core>;
  /** Cloud time. */
  now(): number;
  newRequestId(): string;
  /** @throws AwsError when the way that it came does not lead to S3 */
  checkWay(): void;
}

/** Answers requests to such addresses. @returns whether it was one */
export function answerWaitCondition(options: WaitConditionsOptions, request: IncomingMessage, response: ServerResponse): boolean {
  const region = waitHost(request.headers.host ?? "");
  if (region === undefined) return false;
  const requestId = options.newRequestId();
  receive(options, request, region)
    .catch((error: unknown): WaitReply => (error instanceof AwsError ? { status: error.status ?? 400, error } : { status: 500, error: { code: "InternalError", message: "We encountered an internal error. Please try again." } }))
    .then(({ status, error }) => {
      const headers = { "x-amz-request-id": requestId, server: "AmazonS3", ...(status === 200 ? { etag: `"${requestId.replaceAll("-", "")}"` } : { connection: "close" }) };
      if (!error) response.writeHead(status, { ...headers, "content-length": "0" }).end();
      else response.writeHead(status, { ...headers, "content-type": "application/xml" }).end(xml({ Code: error.code, Message: error.message, RequestId: requestId }));
    })
    .catch(() => response.destroy());
  return true;
}

async function receive({ core, now, checkWay }: WaitConditionsOptions, request: IncomingMessage, region: string): Promise<WaitReply> {
  checkWay();
  const body = await readSmallBody(request, LARGEST_MESSAGE);
  const { store } = await core();
  const reply = receiveWaitSignal(store, now(), { method: request.method ?? "", region, target: request.url ?? "/", contentType: request.headers["content-type"], body });
  await store.stored();
  return reply;
}

function xml(facts: Readonly<Record<string, string>>): string {
  const members = Object.entries(facts).map(([name, value]) => `<${name}>${value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")}</${name}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${members.join("")}</Error>`;
}
