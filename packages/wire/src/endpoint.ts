/** One HTTP request of an AWS client, from its bytes to its reply. */
import { AwsError, notImplemented } from "@hakoniwa/kernel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { decompressed, readBody, tooSlow } from "./body.js";
import { DEFAULT_TIMES } from "./endpoint-options.js";
import type { EndpointOptions } from "./endpoint-options.js";
import { answerS3 } from "./endpoint-s3.js";
import { carryOut, headOf, REGION, sourceIpOf } from "./exchange.js";
import type { Exchange } from "./exchange.js";
import { faultOf } from "./fault.js";
import { formText, MalformedForm, parseForm } from "./form.js";
import type { FormNode } from "./form.js";
import { header } from "./protocols/protocol.js";
import type { Protocol, WireReply, WireRequest } from "./protocols/protocol.js";
import { createRouting, protocolForStranger } from "./routing.js";
import type { Route } from "./routing.js";
import { meansS3 } from "./s3-routes.js";
import { begin, send } from "./send.js";
import type { BegunReply } from "./send.js";
import { isSigned, readSignature, verifySignature } from "./sigv4.js";
import type { Signed, SignatureProblem } from "./sigv4.js";
import { regionNamedBy } from "./unsigned.js";

/**
 * No service but S3 takes larger requests than this, in bytes: a full PutLogEvents of 1 MiB of JSON lines, each of whose quotes
 * travels escaped, is the largest that AWS documents.
 */
const LARGEST_BODY = 4 * 1024 * 1024;

function readForm(request: WireRequest): FormNode | undefined {
  if (header(request, "content-type")?.toLowerCase().startsWith("application/x-www-form-urlencoded") && request.body.length > 0) {
    let text: string;
    try {
      text = new TextDecoder("utf-8", { fatal: true }).decode(request.body);
    } catch {
      throw new MalformedForm("the body is not UTF-8");
    }
    return parseForm(text);
  }
  return /(?:^|&)(?:Action|Version)=/.test(request.search) ? parseForm(request.search) : undefined;
}

/** What the client compressed after it had signed it. */
function unpacked(request: WireRequest): WireRequest | MalformedForm {
  if (header(request, "content-encoding")?.toLowerCase() !== "gzip") {
    return request;
  }
  const body = decompressed(request.body, LARGEST_BODY);
  return body ? { ...request, body } : new MalformedForm(`the body is not gzip of at most ${LARGEST_BODY} bytes`);
}

/** The request as its protocol reads it; an error stays a value until the protocol is known that tells it. */
function opened(request: WireRequest): { readonly request: WireRequest; readonly malformed?: MalformedForm } {
  const plain = unpacked(request);
  if (plain instanceof MalformedForm) {
    return { request, malformed: plain };
  }
  try {
    return { request: { ...plain, form: readForm(plain) } };
  } catch (error) {
    if (error instanceof MalformedForm) {
      return { request: plain, malformed: error };
    }
    throw error;
  }
}

/** A listener for `node:http` that speaks for every service of `models`. It never rejects. */
export function createEndpoint(options: EndpointOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const route = createRouting(options.models);
  const s3 = options.models.find((model) => model.id === "s3");
  const signingNames = new Set(options.models.map((model) => model.signingName));
  const times = options.times ?? DEFAULT_TIMES;
  const onBug = options.onBug ?? ((error, requestId) => console.error(`bug in request ${requestId}:`, error));

  const isRegion = (name: string): boolean => REGION.test(name) && (options.regions?.includes(name) ?? true);

  /** Throws unless the request may be carried out; gives the credential scope's region. */
  function authenticate(request: WireRequest, claim: Signed | SignatureProblem, { model, protocol }: Route, operation: string): string {
    if (options.verify === "open") {
      return (isSigned(claim) ? [claim.region].find(isRegion) : regionNamedBy(request, isRegion)) ?? options.region;
    }
    if (!isSigned(claim) && claim.kind === "absent" && model.unsigned.includes(operation)) {
      return regionNamedBy(request, isRegion) ?? options.region;
    }
    const problem = isSigned(claim) ? verifySignature(claim, options.secretOf(claim.accessKeyId), request, options.now()) : claim;
    if (problem) {
      throw protocol.complaints.signature(problem);
    }
    const { service, region } = claim as Signed;
    if (service !== model.signingName) {
      throw protocol.complaints.signature({ kind: "mismatch", detail: `Credential should be scoped to correct service: '${model.signingName}'.` });
    }
    if (!isRegion(region)) {
      const known = options.regions ? ` There are: ${options.regions.join(", ")}.` : "";
      throw protocol.complaints.signature({ kind: "mismatch", detail: `Credential should be scoped to a valid region, not '${region}'.${known}` });
    }
    return region;
  }

  async function answer(request: WireRequest, claim: Signed | SignatureProblem, exchange: Exchange): Promise<WireReply> {
    const scope = isSigned(claim) ? claim.service : undefined;
    if (isSigned(claim)) {
      exchange.accessKeyId = claim.accessKeyId;
    }
    const { request: readable, malformed } = opened(request);
    const routing = route(readable, scope);
    const protocol = "found" in routing ? routing.found.protocol : protocolForStranger(readable, scope);
    exchange.protocol = protocol;
    if (malformed) {
      throw protocol.complaints.malformedBody(malformed.message);
    }
    if ("stranger" in routing) {
      throw notImplemented(routing.stranger.service, routing.stranger.operation);
    }
    if ("nothing" in routing) {
      const action = (readable.form && formText(readable.form, "Action")) ?? "";
      throw action === ""
        ? protocol.complaints.signature(isSigned(claim) ? { kind: "mismatch" } : claim)
        : new AwsError("InvalidAction", `The request for '${action.slice(0, 100)}' names no service: it has no signature and no known Version or host.`);
    }
    const { model } = routing.found;
    exchange.model = model;
    const matched = protocol.match ? { ...readable, match: protocol.match(model, readable) } : readable;
    const name = protocol.operationName(matched);
    // Signatures are about the body as it came.
    const region = authenticate(readable.form ? { ...request, form: readable.form } : request, claim, routing.found, name);
    if (!protocol.match && request.method !== "POST" && (request.method !== "GET" || !readable.form)) {
      throw new AwsError("MethodNotAllowed", `${model.id} doesn't answer ${request.method}.`, { status: 405 });
    }
    const operation = model.schemas.operation(name);
    if (!operation) {
      throw protocol.complaints.unknownOperation(model, name.slice(0, 100));
    }
    exchange.operation = name;
    const [accessKeyId, sessionToken] = isSigned(claim) ? [claim.accessKeyId, claim.sessionToken] : ["", undefined];
    return carryOut(options, exchange, { model, protocol, operation }, matched, { region, accessKeyId, sessionToken });
  }

  /** `undefined` when the client is gone. */
  async function receive(head: WireRequest, exchange: Exchange): Promise<WireReply | undefined> {
    const claim = readSignature(head);
    if (s3 && meansS3(head, isSigned(claim) ? claim.service : undefined, signingNames)) {
      return answerS3(options, exchange, s3, head, times.idle);
    }
    const body = await readBody(exchange.message, LARGEST_BODY, times);
    if (body === "aborted") {
      return undefined;
    }
    if (body === "too-large") {
      throw new AwsError("RequestEntityTooLarge", `The request body is larger than ${LARGEST_BODY} bytes.`, { status: 413 });
    }
    if (body === "too-slow") {
      throw tooSlow();
    }
    return answer({ ...head, body: body.bytes }, claim, exchange);
  }

  function refuse(error: unknown, protocol: Protocol, { model, requestId }: Exchange, path: string): { reply: BegunReply; code: string } {
    if (!(error instanceof AwsError)) {
      onBug(error, requestId);
    }
    const fault = faultOf(error, model, requestId);
    try {
      return { reply: protocol.fault(model, fault, requestId, path) as BegunReply, code: fault.code };
    } catch (bug) {
      // The error's own fields don't fit its model.
      onBug(bug, requestId);
      const internal = faultOf(bug, model, requestId);
      return { reply: protocol.fault(model, internal, requestId, path) as BegunReply, code: internal.code };
    }
  }

  return async (message, response) => {
    const started = performance.now();
    const requestId = options.newRequestId();
    const exchange: Exchange = { message, requestId };
    const head = headOf(message);
    let reply: BegunReply;
    let code: string | undefined;
    try {
      const received = await receive(head, exchange);
      if (!received) {
        return;
      }
      reply = await begin(received);
    } catch (error) {
      ({ reply, code } = refuse(error, exchange.protocol ?? protocolForStranger(head, undefined), exchange, head.path));
    }
    const headers = { ...exchange.headers, date: options.date().toUTCString(), ...(reply.headers["x-amz-request-id"] === undefined ? { "x-amzn-requestid": requestId } : {}) };
    const bug = await send(reply, { message, response, headers, idle: times.idle });
    if (bug !== undefined && !(bug instanceof AwsError)) {
      onBug(bug, requestId);
    }
    options.log?.({
      requestId,
      service: exchange.model?.id,
      operation: exchange.operation,
      status: reply.status,
      code,
      accessKeyId: exchange.accessKeyId,
      sourceIp: sourceIpOf(message),
      milliseconds: performance.now() - started,
    });
  };
}
