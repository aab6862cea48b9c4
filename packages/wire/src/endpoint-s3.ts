/** A request to S3: authenticated by its head, so that its body can stream. */
import { AwsError } from "@hakoniwa/kernel";
import { bodyStream, collect } from "./body.js";
import { openPayload } from "./checksum-payload.js";
import type { S3Payload } from "./checksum-payload.js";
import type { EndpointOptions } from "./endpoint-options.js";
import { carryOut, REGION } from "./exchange.js";
import type { Exchange } from "./exchange.js";
import { streamsInput } from "./http-input.js";
import type { Model } from "./model.js";
import { PROTOCOLS } from "./protocols/index.js";
import { header } from "./protocols/protocol.js";
import type { WireReply, WireRequest } from "./protocols/protocol.js";
import { askOf } from "./s3-cors.js";
import { hostBucket } from "./s3-routes.js";
import { missingLength } from "./sigv4-s3-errors.js";
import { authenticateS3 } from "./sigv4-s3.js";
import type { S3Access } from "./sigv4-s3.js";

/** The largest document that S3 takes, in bytes: ten thousand parts, or a thousand keys to delete. */
const LARGEST_DOCUMENT = 2 * 1024 * 1024;

const protocol = PROTOCOLS["rest-xml"];
const refuse = (status: number, code: string, message: string): AwsError => new AwsError(code, message, { status });

/** Carries the request out. Throws an AwsError of S3's. */
export async function answerS3(options: EndpointOptions, exchange: Exchange, model: Model, request: WireRequest, idle: number): Promise<WireReply> {
  exchange.model = model;
  exchange.protocol = protocol;
  if (request.method === "OPTIONS") {
    return preflight(options, request);
  }
  const asked = options.cors && askOf(request);
  // A page must be able to read why it was refused.
  exchange.headers = asked && (await options.cors?.(asked));
  const access = authenticateS3(request, {
    verify: options.verify,
    secretOf: options.secretOf,
    clocks: options.now(),
    hostBucket: hostBucket(request),
  });
  exchange.accessKeyId = access.accessKeyId;
  const withHeaders: WireRequest = { ...request, headers: access.headers };
  const match = protocol.match!(model, withHeaders);
  if (!match) {
    throw protocol.complaints.unknownOperation(model, "");
  }
  const { operation } = match;
  exchange.operation = operation.name;
  const payload = openPayload(bodyStream(exchange.message, idle), access, { foreignChecksums: operation.name === "CompleteMultipartUpload" });
  const streams = streamsInput(operation);
  if (streams && payload.length === undefined && header(request, "transfer-encoding") !== undefined) {
    throw missingLength();
  }
  const whole: WireRequest = {
    ...withHeaders,
    headers: withoutFraming(access, payload),
    match,
    ...(streams ? { stream: payload.content } : { body: await document(payload) }),
  };
  const region = access.region !== undefined && REGION.test(access.region) ? access.region : options.region;
  const { accessKeyId, sessionToken } = access;
  return carryOut(options, exchange, { model, protocol, operation }, whole, { region, accessKeyId, sessionToken });
}

async function document({ length, content }: S3Payload): Promise<Uint8Array> {
  const body = length !== undefined && length > LARGEST_DOCUMENT ? undefined : await collect(content, LARGEST_DOCUMENT);
  if (body === undefined) {
    throw refuse(400, "MaxMessageLengthExceeded", "Your request was too big.");
  }
  return body;
}

/** The headers as they are about the object: aws-chunked is how it travels, and its length is that of its own bytes. */
function withoutFraming({ headers, payload: { kind } }: S3Access, { length }: S3Payload): WireRequest["headers"] {
  const encodings = headers["content-encoding"];
  const own = encodings?.flatMap((encoding) => encoding.split(",")).map((encoding) => encoding.trim()).filter((encoding) => encoding !== "aws-chunked" && encoding !== "");
  return {
    ...headers,
    "content-encoding": own && own.length > 0 ? [own.join(",")] : undefined,
    ...(kind === "chunked" && length !== undefined ? { "content-length": [String(length)] } : {}),
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/RESTOPTIONSobject.html */
async function preflight(options: EndpointOptions, request: WireRequest): Promise<WireReply> {
  if (header(request, "origin") === undefined) {
    throw refuse(400, "BadRequest", "Insufficient information. Origin request header needed.");
  }
  if (header(request, "access-control-request-method") === undefined) {
    throw refuse(400, "BadRequest", "Invalid Access-Control-Request-Method: null");
  }
  const asked = askOf(request);
  const headers = asked && (await options.cors?.(asked));
  if (!headers) {
    throw refuse(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.");
  }
  return { status: 200, headers, body: "" };
}
