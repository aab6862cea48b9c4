/**
 * https://smithy.io/2.0/aws/protocols/aws-restxml-protocol.html, as S3 speaks it: errors without a wrapper, and codes of
 * its own. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { AwsError } from "@hakoniwa/kernel";
import { inputReader } from "../http-input.js";
import type { RestRequest } from "../http-input.js";
import { outputWriter, UnfitHeader } from "../http-output.js";
import type { RestReply } from "../http-output.js";
import type { ByteStream, Model } from "../model.js";
import { matchS3 } from "../s3-routes.js";
import { MalformedValue } from "../scalar.js";
import type { Operation, Shape } from "../shape.js";
import type { SignatureProblem } from "../sigv4.js";
import { element, escapeXml, PROLOG } from "../xml.js";
import { xmlDecoder } from "../xml-input.js";
import { MalformedXml, parseXml } from "../xml-reader.js";
import { MESSAGES } from "./complaints.js";
import type { Complaints, Fault, Protocol } from "./protocol.js";

const MALFORMED = "The XML you provided was not well-formed or did not validate against our published schema";

const refuse = (code: string, message: string, status = 400): AwsError => new AwsError(code, message, { status });

const complaints: Complaints = {
  unknownOperation: () => refuse("MethodNotAllowed", "The specified method is not allowed against this resource.", 405),
  malformedBody: (detail) => refuse("MalformedXML", detail === "" ? MALFORMED : `${MALFORMED}: ${detail}`),
  malformedValue: (path, detail) => refuse("InvalidArgument", `${path.join(".")}: ${detail}`),
  unknownParameter: (path) => refuse("InvalidArgument", `${path.join(".")} is not recognized`),
  missing: ([path = []]) =>
    path.length > 1
      ? complaints.malformedBody(`${path.join(".")} is missing`)
      : refuse("InvalidRequest", `Missing required parameter for this request: ${path[0]}`),
  signature,
};

/** For requests that look signed for another service; S3's own signatures are read by S3's own rules. */
function signature(problem: SignatureProblem): AwsError {
  switch (problem.kind) {
    case "absent":
      return refuse("AccessDenied", "Access Denied", 403);
    case "incomplete":
      return refuse("AuthorizationHeaderMalformed", `The authorization header is malformed; ${problem.detail}`);
    case "unknown-key":
    case "wrong-token":
      return refuse("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403);
    case "mismatch":
      return refuse("SignatureDoesNotMatch", problem.detail ?? MESSAGES.mismatch, 403);
    case "expired":
      return refuse("AccessDenied", "Request has expired", 403);
  }
}

function utf8(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw complaints.malformedBody("it is not UTF-8");
  }
}

function documentReader(shape: Shape, root: string): (body: Uint8Array) => unknown {
  const decode = xmlDecoder(shape);
  return (body) => {
    try {
      const document = parseXml(utf8(body));
      if (document.tag !== root) {
        throw new MalformedXml(`the root is <${document.tag.slice(0, 50)}>, not <${root}>`);
      }
      return decode(document);
    } catch (error) {
      if (error instanceof MalformedXml) {
        throw complaints.malformedBody(error.message);
      }
      throw error instanceof MalformedValue ? complaints.malformedBody([...error.path, error.message].join(": ")) : error;
    }
  };
}

const read = inputReader({
  document: (shape) => documentReader(shape, shape.traits.xmlName ?? shape.name),
  payload: (member) => documentReader(member.shape, member.traits.xmlName ?? member.shape.name),
  text: utf8,
});

type Write = (operation: Operation) => (output: Readonly<Record<string, unknown>>) => RestReply;
const writers = new Map<string, Write>();

/** Every root element names the service's namespace. */
function writerFor(xmlns: string): Write {
  let write = writers.get(xmlns);
  if (!write) {
    const namespace = ` xmlns="${escapeXml(xmlns)}"`;
    const document = (shape: Shape, root: string): ((value: unknown) => string) => {
      const encode = element(root, shape, namespace) as (value: unknown) => string;
      return (value) => PROLOG + encode(value);
    };
    write = outputWriter({
      contentType: "application/xml",
      document: (shape) => document(shape, shape.traits.xmlName ?? shape.name),
      payload: (member) => document(member.shape, member.traits.xmlName ?? member.shape.name),
      nothing: "",
    });
    writers.set(xmlns, write);
  }
  return write;
}

/** What support asks for together with the request's id. */
function idHeaders(requestId: string): Record<string, string> {
  return { "x-amz-request-id": requestId, "x-amz-id-2": hostId(requestId) };
}

function hostId(requestId: string): string {
  return Buffer.from(`hakoniwa/${requestId}`).toString("base64");
}

function faultDetails(fault: Fault): string {
  return Object.entries(fault.fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `<${name}>${escapeXml(value instanceof Date ? value.toISOString() : String(value))}</${name}>`)
    .join("");
}

function adapted(model: Model, operation: Operation, output: Readonly<Record<string, unknown>>, reply: RestReply): RestReply {
  if (model.id !== "s3") {
    return reply;
  }
  if (operation.name === "GetBucketLocation") {
    // The one output that is not wrapped in an element of its own.
    const location = escapeXml((output["LocationConstraint"] as string | undefined) ?? "");
    return { ...reply, body: `${PROLOG}<LocationConstraint xmlns="${escapeXml(model.xmlns)}">${location}</LocationConstraint>` };
  }
  return reply.headers["content-range"] === undefined ? reply : { ...reply, status: 206 };
}

export const restXml: Protocol = {
  complaints,

  match: (model, request) => matchS3(model, request),

  operationName: (request) => request.match?.operation.name ?? "",

  read(operation, request) {
    try {
      return read(operation)(request as RestRequest & { readonly stream?: ByteStream });
    } catch (error) {
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write(model, operation, output, requestId) {
    try {
      const reply = adapted(model, operation, output, writerFor(model.xmlns)(operation)(output));
      return { ...reply, headers: { ...reply.headers, ...idHeaders(requestId) } };
    } catch (error) {
      throw error instanceof UnfitHeader ? refuse("InvalidArgument", `Header value cannot be represented using ISO-8859-1: ${error.message}`) : error;
    }
  },

  fault(_model, fault, requestId, path) {
    const [code, message] = fault.code === "InternalFailure" ? ["InternalError", "We encountered an internal error. Please try again."] : [fault.code, fault.message];
    const resource = `<Resource>${escapeXml(decodedPath(path))}</Resource>`;
    const ids = `<RequestId>${escapeXml(requestId)}</RequestId><HostId>${hostId(requestId)}</HostId>`;
    const body = `${PROLOG}<Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>${faultDetails(fault)}${resource}${ids}</Error>`;
    return { status: fault.status, headers: { "content-type": "application/xml", ...idHeaders(requestId), ...fault.headers }, body };
  },
};

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
