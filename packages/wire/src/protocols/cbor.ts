/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html; CloudWatch's clients may speak it. */
import { cborDecoder, cborEncoder } from "../cbor-codec.js";
import { decodeCbor, MalformedCbor } from "../cbor-reader.js";
import { encodeCbor } from "../cbor-writer.js";
import { MalformedValue } from "../scalar.js";
import { json, queryError } from "./json.js";
import type { Protocol } from "./protocol.js";

const HEADERS = { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" };
const PATH = /^\/service\/([^/]+)\/operation\/([^/]+)$/;

/** The service's shape and the operation that a path names. */
export function rpcTarget(path: string): { readonly service: string; readonly operation: string } | undefined {
  const [, service, operation] = PATH.exec(path) ?? [];
  return service === undefined || operation === undefined ? undefined : { service, operation };
}

const { complaints } = json;

export const cbor: Protocol = {
  complaints,

  operationName: (request) => rpcTarget(request.path)?.operation ?? "",

  read(operation, request) {
    try {
      return cborDecoder(operation.input)(request.body.length === 0 ? {} : decodeCbor(request.body)) as Record<string, unknown>;
    } catch (error) {
      if (error instanceof MalformedCbor) {
        throw complaints.malformedBody(`The request body is not CBOR: ${error.message}`);
      }
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write: (_model, operation, output) =>
    operation.output.kind === "unit"
      ? { status: 200, headers: { "smithy-protocol": "rpc-v2-cbor" }, body: "" }
      : { status: 200, headers: HEADERS, body: encodeCbor(cborEncoder(operation.output)(output as never)) },

  fault(model, fault) {
    const fields = fault.shape ? (cborEncoder(fault.shape)(fault.fields as never) as Record<string, unknown>) : {};
    const upperCase = fault.shape?.members.some((member) => member.name === "Message") ? { Message: fault.message } : {};
    const body = { ...fields, __type: model ? `${model.namespace}#${fault.name}` : fault.name, message: fault.message, ...upperCase };
    return { status: fault.status, headers: { ...HEADERS, ...queryError(model, fault) }, body: encodeCbor(body) };
  },
};
