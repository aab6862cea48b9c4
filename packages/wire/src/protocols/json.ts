/** https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html, and 1.0, which differs in its content type only. */
import { AwsError } from "@hakoniwa/kernel";
import { jsonDecoder, jsonEncoder } from "../json-codec.js";
import type { ModelMeta } from "../model.js";
import { MalformedValue } from "../scalar.js";
import type { SignatureProblem } from "../sigv4.js";
import { MESSAGES, missingMembers } from "./complaints.js";
import { header } from "./protocol.js";
import type { Complaints, Fault, Protocol, WireRequest } from "./protocol.js";

const MAX_DEPTH = 100;

const complaints: Complaints = {
  unknownOperation: (_model, operation) => new AwsError("UnknownOperationException", `The operation '${operation}' is not known.`, { status: 400 }),
  malformedBody: (detail) => new AwsError("SerializationException", detail, { status: 400 }),
  malformedValue: (path, detail) => new AwsError("SerializationException", path.length > 0 ? `${path.join(".")}: ${detail}` : detail, { status: 400 }),
  unknownParameter: (path) => new AwsError("SerializationException", `${path.join(".")} is not recognized`, { status: 400 }),
  missing: (paths) => new AwsError("ValidationException", missingMembers(paths), { status: 400 }),
  signature,
};

/** The json services answer 400 to what the query services answer 403. */
function signature(problem: SignatureProblem): AwsError {
  const refuse = (code: string, message: string): AwsError => new AwsError(code, message, { status: 400 });
  switch (problem.kind) {
    case "absent":
      return refuse("MissingAuthenticationTokenException", MESSAGES.absent);
    case "incomplete":
      return refuse("IncompleteSignatureException", problem.detail);
    case "unknown-key":
    case "wrong-token":
      return refuse("UnrecognizedClientException", MESSAGES.unknownKey);
    case "mismatch":
      return refuse("InvalidSignatureException", problem.detail ?? MESSAGES.mismatch);
    case "expired":
      return refuse("InvalidSignatureException", problem.detail);
  }
}

/** Nesting is counted before parsing: the decoder recurses as deep as its input. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (inString) {
      if (character === "\\") {
        index++;
      } else if (character === '"') {
        inString = false;
      }
    } else if (character === '"') {
      inString = true;
    } else if (character === "{" || character === "[") {
      depth++;
      deepest = Math.max(deepest, depth);
    } else if (character === "}" || character === "]") {
      depth--;
    }
  }
  return deepest;
}

export function utf8Text(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw complaints.malformedBody("The request body is not UTF-8");
  }
}

/** A request's body as JSON.parse gives it; nothing is an empty object. Throws an AwsError. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) {
    return {};
  }
  const text = utf8Text(body);
  if (depthOf(text) > MAX_DEPTH) {
    throw complaints.malformedBody(`The request body is nested deeper than ${MAX_DEPTH} levels`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw complaints.malformedBody("The request body is not JSON");
  }
}

function replyHeaders(model: ModelMeta | undefined): Record<string, string> {
  return { "content-type": `application/x-amz-json-${model?.jsonVersion ?? "1.1"}` };
}

/** Services that once spoke query still tell their old codes to clients that look for them. */
export function queryError(model: ModelMeta | undefined, fault: Fault): Record<string, string> {
  return model?.queryCompatible ? { "x-amzn-query-error": `${fault.code};${fault.sender ? "Sender" : "Receiver"}` } : {};
}

function faultBody(model: ModelMeta | undefined, fault: Fault): Record<string, unknown> {
  const fields = fault.shape ? (jsonEncoder(fault.shape)(fault.fields as never) as Record<string, unknown>) : {};
  const upperCase = fault.shape?.members.some((member) => member.name === "Message") ? { Message: fault.message } : {};
  return {
    __type: model?.queryCompatible ? `${model.namespace}#${fault.name}` : fault.name,
    ...fields,
    message: fault.message,
    ...upperCase,
  };
}

/** What follows the dot in `X-Amz-Target`. */
export function targetOperation(request: Pick<WireRequest, "headers">): string {
  const target = header(request, "x-amz-target") ?? "";
  return target.slice(target.lastIndexOf(".") + 1);
}

export const json: Protocol = {
  complaints,

  operationName: targetOperation,

  read(operation, request) {
    const parsed = parseJson(request.body);
    try {
      return jsonDecoder(operation.input)(parsed) as Record<string, unknown>;
    } catch (error) {
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write(model, operation, output) {
    const body = operation.output.kind === "unit" ? "" : JSON.stringify(jsonEncoder(operation.output)(output as never));
    return { status: 200, headers: replyHeaders(model), body };
  },

  fault: (model, fault) => ({
    status: fault.status,
    headers: { ...replyHeaders(model), ...queryError(model, fault) },
    body: JSON.stringify(faultBody(model, fault)),
  }),
};
