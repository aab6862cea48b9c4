/** https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html */
import { AwsError } from "@hakoniwa/kernel";
import { formText } from "../form.js";
import { EC2_FORM, formDecoder, UnknownParameter } from "../form-input.js";
import { MalformedValue } from "../scalar.js";
import type { SignatureProblem } from "../sigv4.js";
import { escapeXml, PROLOG, xmlContents } from "../xml.js";
import type { Complaints, Protocol } from "./protocol.js";

const HEADERS = { "content-type": "text/xml;charset=UTF-8" };
const decoder = formDecoder(EC2_FORM);

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const complaints: Complaints = {
  unknownOperation: (model, operation) =>
    new AwsError("InvalidAction", `The action ${operation} is not valid for this web service (version ${model.version}).`, { status: 400 }),
  malformedBody: (detail) => new AwsError("MalformedQueryString", `The query string contains a syntax error: ${detail}`, { status: 400 }),
  malformedValue: (path, detail) =>
    new AwsError("InvalidParameterValue", `Invalid value for the parameter ${path.join(".")}: ${detail}`, { status: 400 }),
  unknownParameter: (path) => new AwsError("UnknownParameter", `The parameter ${path.join(".")} is not recognized`, { status: 400 }),
  missing: (paths) => new AwsError("MissingParameter", `The request must contain the parameter ${paths[0]!.join(".")}`, { status: 400 }),
  signature,
};

const INVALID = "AWS was not able to validate the provided access credentials";

function signature(problem: SignatureProblem): AwsError {
  switch (problem.kind) {
    case "absent":
      return new AwsError("MissingParameter", "The request must contain the parameter AWSAccessKeyId", { status: 400 });
    case "incomplete":
      return new AwsError("IncompleteSignature", problem.detail, { status: 403 });
    case "expired":
      return new AwsError("RequestExpired", `Request has expired. ${problem.detail}`, { status: 400 });
    case "unknown-key":
    case "wrong-token":
      return new AwsError("AuthFailure", INVALID, { status: 401 });
    case "mismatch":
      return new AwsError("AuthFailure", problem.detail === undefined ? INVALID : `${INVALID}: ${problem.detail}`, { status: 401 });
  }
}

export const ec2: Protocol = {
  complaints,

  operationName: (request) => (request.form && formText(request.form, "Action")) ?? "",

  read(operation, request) {
    try {
      return decoder(operation.input)(request.form ?? {}) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof UnknownParameter) {
        throw complaints.unknownParameter(error.path);
      }
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write(model, operation, output, requestId) {
    const tag = `${operation.name}Response`;
    const contents = operation.output.kind === "unit" ? "<return>true</return>" : xmlContents(operation.output)(output as never);
    // EC2's namespace ends in a slash on the wire, but not in its model.
    return {
      status: 200,
      headers: HEADERS,
      body: `${PROLOG}<${tag} xmlns="${model.xmlns}/"><requestId>${escapeXml(requestId)}</requestId>${contents}</${tag}>`,
    };
  },

  fault(_model, fault, requestId) {
    const error = `<Error><Code>${escapeXml(fault.code)}</Code><Message>${escapeXml(fault.message)}</Message></Error>`;
    return {
      status: fault.status,
      headers: HEADERS,
      body: `${PROLOG}<Response><Errors>${error}</Errors><RequestID>${escapeXml(requestId)}</RequestID></Response>`,
    };
  },
};
