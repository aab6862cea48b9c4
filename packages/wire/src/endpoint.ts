/** One HTTP request of an AWS client, from its bytes to its reply. */
import { AwsError, notImplemented } from "@hakoniwa/kernel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "./body.js";
import type { Secret, WireCall } from "./call.js";
import { missingMembers, strictOutput } from "./check.js";
import { faultOf } from "./fault.js";
import { formText, MalformedForm, parseForm } from "./form.js";
import type { FormNode } from "./form.js";
import type { ServiceId } from "./models.gen.js";
import type { Model } from "./model.js";
import { header } from "./protocols/protocol.js";
import type { Protocol, WireReply, WireRequest } from "./protocols/protocol.js";
import { createRouting, protocolForStranger } from "./routing.js";
import type { Route } from "./routing.js";
import { isSigned, readSignature, verifySignature } from "./sigv4.js";
import type { Signed, SignatureProblem } from "./sigv4.js";

/** The services that speak forms or JSON take no larger requests than this, in bytes. */
const LARGEST_BODY = 1024 * 1024;

/** One request, for a log. Nothing in it is secret. */
export interface LogEntry {
  readonly requestId: string;
  readonly service: ServiceId | undefined;
  readonly operation: string | undefined;
  readonly status: number;
  /** The error's code, when the reply is an error. */
  readonly code: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly sourceIp: string;
  readonly milliseconds: number;
}

export interface EndpointOptions {
  readonly models: readonly Model[];
  /** The region of a call whose signature doesn't say. */
  readonly region: string;
  /** `open` takes any key and any signature, and requests without one. */
  readonly verify: "strict" | "open";
  readonly secretOf: (accessKeyId: string) => Secret | undefined;
  /** The times, in milliseconds since 1970, that count as now for a signature. At least one. */
  readonly now: () => readonly number[];
  /** The `Date` header: clients set their signing clock by it. */
  readonly date: () => Date;
  readonly newRequestId: () => string;
  /** Carries a call out. An AwsError is the caller's mistake and is told; anything else is a bug and becomes InternalFailure. */
  readonly invoke: (call: WireCall) => Promise<Record<string, unknown>>;
  /** For tests and development: an output that doesn't fit its model is a bug. */
  readonly strictOutput?: boolean;
  readonly log?: (entry: LogEntry) => void;
  /** By default the stack goes to standard error. */
  readonly onBug?: (error: unknown, requestId: string) => void;
}

/** What is known about a request so far; an error is told with as much of it as there is. */
interface Progress {
  model?: Model;
  protocol?: Protocol;
  operation?: string;
  accessKeyId?: string;
}

function sourceIpOf(message: IncomingMessage): string {
  return (message.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** A region is shown to handlers and becomes part of ARNs, so it is checked even when signatures are not. */
const REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

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

function toRequest(message: IncomingMessage, body: Uint8Array): WireRequest {
  const url = message.url ?? "/";
  const question = url.indexOf("?");
  return {
    method: message.method ?? "",
    path: question < 0 ? url : url.slice(0, question),
    search: question < 0 ? "" : url.slice(question + 1),
    headers: message.headersDistinct,
    body,
  };
}

/** A listener for `node:http` that speaks for every service of `models`. It never rejects. */
export function createEndpoint(options: EndpointOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const route = createRouting(options.models);
  const onBug = options.onBug ?? ((error, requestId) => console.error(`bug in request ${requestId}:`, error));

  /** Throws unless the request may be carried out; gives the credential scope's region. */
  function authenticate(request: WireRequest, claim: Signed | SignatureProblem, { model, protocol }: Route, operation: string): string {
    if (options.verify === "open") {
      return isSigned(claim) && REGION.test(claim.region) ? claim.region : options.region;
    }
    if (!isSigned(claim) && claim.kind === "absent" && model.unsigned.includes(operation)) {
      return options.region;
    }
    const problem = isSigned(claim) ? verifySignature(claim, options.secretOf(claim.accessKeyId), request, options.now()) : claim;
    if (problem) {
      throw protocol.complaints.signature(problem);
    }
    const { service, region } = claim as Signed;
    if (service !== model.signingName) {
      throw protocol.complaints.signature({ kind: "mismatch", detail: `Credential should be scoped to correct service: '${model.signingName}'.` });
    }
    if (!REGION.test(region)) {
      throw protocol.complaints.signature({ kind: "mismatch", detail: "Credential should be scoped to a valid region." });
    }
    return region;
  }

  async function answer(message: IncomingMessage, request: WireRequest, requestId: string, progress: Progress): Promise<WireReply> {
    const claim = readSignature(request);
    const scope = isSigned(claim) ? claim.service : undefined;
    if (isSigned(claim)) {
      progress.accessKeyId = claim.accessKeyId;
    }
    let withForm = request;
    let malformed: MalformedForm | undefined;
    try {
      withForm = { ...request, form: readForm(request) };
    } catch (error) {
      if (!(error instanceof MalformedForm)) {
        throw error;
      }
      malformed = error;
    }
    const routing = route(withForm, scope);
    progress.protocol = "found" in routing ? routing.found.protocol : protocolForStranger(withForm, scope);
    const { protocol } = progress;
    if (malformed) {
      throw protocol.complaints.malformedBody(malformed.message);
    }
    if ("stranger" in routing) {
      throw notImplemented(routing.stranger.service, routing.stranger.operation);
    }
    if ("nothing" in routing) {
      const action = (withForm.form && formText(withForm.form, "Action")) ?? "";
      throw action === ""
        ? protocol.complaints.signature(isSigned(claim) ? { kind: "mismatch" } : claim)
        : new AwsError("InvalidAction", `The request for '${action.slice(0, 100)}' names no service: it has no signature and no known Version or host.`);
    }
    const { model } = routing.found;
    progress.model = model;
    const name = protocol.operationName(withForm);
    const region = authenticate(request, claim, routing.found, name);
    if (request.method !== "POST" && (request.method !== "GET" || !withForm.form)) {
      throw new AwsError("MethodNotAllowed", `${model.id} doesn't answer ${request.method}.`, { status: 405 });
    }
    const operation = model.schemas.operation(name);
    if (!operation) {
      throw protocol.complaints.unknownOperation(model, name.slice(0, 100));
    }
    progress.operation = name;
    const input = protocol.read(operation, withForm);
    const missing = missingMembers(operation.input, input);
    if (missing.length > 0) {
      throw protocol.complaints.missing(missing);
    }
    const output = await options.invoke({
      service: model.id,
      operation: name,
      input,
      region,
      accessKeyId: isSigned(claim) ? claim.accessKeyId : "",
      sessionToken: isSigned(claim) ? claim.sessionToken : undefined,
      requestId,
      sourceIp: sourceIpOf(message),
      userAgent: header(request, "user-agent") ?? "",
    });
    if (options.strictOutput) {
      strictOutput(model, name, output ?? {});
    }
    return protocol.write(model, operation, output ?? {}, requestId);
  }

  function refuse(error: unknown, protocol: Protocol, model: Model | undefined, requestId: string): { reply: WireReply; code: string } {
    if (!(error instanceof AwsError)) {
      onBug(error, requestId);
    }
    const fault = faultOf(error, model, requestId);
    try {
      return { reply: protocol.fault(model, fault, requestId), code: fault.code };
    } catch (bug) {
      // The error's own fields don't fit its model.
      onBug(bug, requestId);
      const internal = faultOf(bug, model, requestId);
      return { reply: protocol.fault(model, internal, requestId), code: internal.code };
    }
  }

  function send(response: ServerResponse, reply: WireReply, requestId: string, close: boolean): void {
    if (response.destroyed) {
      return;
    }
    response.writeHead(reply.status, {
      ...reply.headers,
      date: options.date().toUTCString(),
      "x-amzn-requestid": requestId,
      "content-length": Buffer.byteLength(reply.body),
      ...(close ? { connection: "close" } : {}),
    });
    response.end(reply.body);
  }

  return async (message, response) => {
    const started = performance.now();
    const requestId = options.newRequestId();
    const progress: Progress = {};
    const body = await readBody(message, LARGEST_BODY);
    if (body === "aborted") {
      return;
    }
    const request = toRequest(message, body === "too-large" ? new Uint8Array() : body.bytes);
    let reply: WireReply;
    let code: string | undefined;
    try {
      if (body === "too-large") {
        progress.protocol = protocolForStranger(request, undefined);
        throw new AwsError("RequestEntityTooLarge", `The request body is larger than ${LARGEST_BODY} bytes.`, { status: 413 });
      }
      reply = await answer(message, request, requestId, progress);
    } catch (error) {
      ({ reply, code } = refuse(error, progress.protocol ?? protocolForStranger(request, undefined), progress.model, requestId));
    }
    send(response, reply, requestId, body === "too-large");
    options.log?.({
      requestId,
      service: progress.model?.id,
      operation: progress.operation,
      status: reply.status,
      code,
      accessKeyId: progress.accessKeyId,
      sourceIp: sourceIpOf(message),
      milliseconds: performance.now() - started,
    });
  };
}
