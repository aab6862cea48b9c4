/** https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
import { AwsError } from "@hakoniwa/kernel";
import { formText } from "../form.js";
import { formDecoder, QUERY_FORM } from "../form-input.js";
import { MalformedValue } from "../scalar.js";
import type { Operation, Shape } from "../shape.js";
import type { SignatureProblem } from "../sigv4.js";
import { element, escapeXml, PROLOG, xmlContents } from "../xml.js";
import { MESSAGES, missingMembers } from "./complaints.js";
import type { Complaints, Protocol } from "./protocol.js";

const HEADERS = { "content-type": "text/xml" };
const decoder = formDecoder(QUERY_FORM);

/** https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const complaints: Complaints = {
  unknownOperation: (model, operation) =>
    new AwsError("InvalidAction", `Could not find operation ${operation} for version ${model.version}`, { status: 400 }),
  malformedBody: (detail) => new AwsError("MalformedQueryString", `The query string contains a syntax error: ${detail}`, { status: 400 }),
  malformedValue: (path, detail) => new AwsError("MalformedInput", `${path.join(".")}: ${detail}`, { status: 400 }),
  unknownParameter: (path) => new AwsError("MalformedInput", `${path.join(".")} is not recognized`, { status: 400 }),
  missing: (paths) => new AwsError("ValidationError", missingMembers(paths), { status: 400 }),
  signature,
};

function signature(problem: SignatureProblem): AwsError {
  const refuse = (code: string, message: string): AwsError => new AwsError(code, message, { status: 403 });
  switch (problem.kind) {
    case "absent":
      return refuse("MissingAuthenticationToken", MESSAGES.absent);
    case "incomplete":
      return refuse("IncompleteSignature", problem.detail);
    case "unknown-key":
    case "wrong-token":
      return refuse("InvalidClientTokenId", MESSAGES.unknownKey);
    case "mismatch":
      return refuse("SignatureDoesNotMatch", problem.detail ?? MESSAGES.mismatch);
    case "expired":
      return refuse("SignatureDoesNotMatch", problem.detail);
  }
}

/** By operation and not by shape: operations may share an output, but the result element is named after the operation. */
const resultWriters = new WeakMap<Operation, (output: never) => string>();

function resultWriter(operation: Operation): (output: never) => string {
  let writer = resultWriters.get(operation);
  if (!writer) {
    writer = operation.output.kind === "unit" ? () => "" : element(`${operation.name}Result`, operation.output);
    resultWriters.set(operation, writer);
  }
  return writer;
}

const detailWriters = new WeakMap<Shape, (fields: never) => string>();

/** The members of a modelled error beside its message. */
function detailWriter(shape: Shape): (fields: never) => string {
  let writer = detailWriters.get(shape);
  if (!writer) {
    const members = shape.members.filter((member) => !["message", "code", "type"].includes(member.name.toLowerCase()));
    writer = xmlContents({ ...shape, members });
    detailWriters.set(shape, writer);
  }
  return writer;
}

export const query: Protocol = {
  complaints,

  operationName: (request) => (request.form && formText(request.form, "Action")) ?? "",

  read(operation, request) {
    try {
      return decoder(operation.input)(request.form ?? {}) as Record<string, unknown>;
    } catch (error) {
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write(model, operation, output, requestId) {
    const tag = `${operation.name}Response`;
    const result = resultWriter(operation)(output as never);
    const metadata = `<ResponseMetadata><RequestId>${escapeXml(requestId)}</RequestId></ResponseMetadata>`;
    return { status: 200, headers: HEADERS, body: `${PROLOG}<${tag} xmlns="${model.xmlns}">${result}${metadata}</${tag}>` };
  },

  fault(model, fault, requestId) {
    const type = fault.sender ? "Sender" : "Receiver";
    const details = fault.shape ? detailWriter(fault.shape)(fault.fields as never) : "";
    const error = `<Error><Type>${type}</Type><Code>${escapeXml(fault.code)}</Code><Message>${escapeXml(fault.message)}</Message>${details}</Error>`;
    const namespace = model ? ` xmlns="${model.xmlns}"` : "";
    return {
      status: fault.status,
      headers: HEADERS,
      body: `${PROLOG}<ErrorResponse${namespace}>${error}<RequestId>${escapeXml(requestId)}</RequestId></ErrorResponse>`,
    };
  },
};
