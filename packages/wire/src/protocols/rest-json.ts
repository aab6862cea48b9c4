/** https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html */
import { AwsError } from "@hakoniwa/kernel";
import { inputReader } from "../http-input.js";
import type { RestRequest } from "../http-input.js";
import { outputWriter } from "../http-output.js";
import { matchRoute, MalformedUri, parseQuery, pathSegments, routesOf } from "../http-routes.js";
import type { Routes } from "../http-routes.js";
import { restJsonDecoder, restJsonEncoder } from "../json-codec.js";
import type { Model } from "../model.js";
import { MalformedValue } from "../scalar.js";
import { json, parseJson, utf8Text } from "./json.js";
import { missingMembers } from "./complaints.js";
import type { Complaints, Fault, Protocol } from "./protocol.js";

const complaints: Complaints = {
  ...json.complaints,
  unknownOperation: (_model, operation) =>
    new AwsError("UnknownOperationException", `Unable to determine service/operation name to be authorized${operation === "" ? "" : `: ${operation}`}`, { status: 404 }),
  missing: (paths) => new AwsError("ValidationException", missingMembers(paths), { status: 400 }),
};

const read = inputReader({
  document: (shape) => {
    const decode = restJsonDecoder(shape);
    return (body) => decode(parseJson(body));
  },
  payload: (member) => {
    const decode = restJsonDecoder(member.shape);
    return (body) => decode(parseJson(body));
  },
  text: utf8Text,
});

const write = outputWriter({
  contentType: "application/json",
  document: (shape) => {
    const encode = restJsonEncoder(shape);
    return (value) => JSON.stringify(encode(value as never));
  },
  payload: (member) => {
    const encode = restJsonEncoder(member.shape);
    return (value) => JSON.stringify(encode(value as never));
  },
  nothing: "{}",
});

const known = new WeakMap<Model, Routes>();

function routesFor(model: Model): Routes {
  let routes = known.get(model);
  if (!routes) {
    routes = routesOf(model);
    known.set(model, routes);
  }
  return routes;
}

function faultBody(fault: Fault): Record<string, unknown> {
  const fields = fault.shape ? (restJsonEncoder(fault.shape)(fault.fields as never) as Record<string, unknown>) : {};
  // Clients read the header first; some services tell the code in the body too.
  return { __type: fault.name, ...fields, message: fault.message };
}

export const restJson: Protocol = {
  complaints,

  match(model, request) {
    try {
      const segments = pathSegments(request.path);
      return matchRoute(routesFor(model), { method: request.method, segments, query: parseQuery(request.search), headers: request.headers });
    } catch (error) {
      throw error instanceof MalformedUri ? complaints.malformedBody(error.message) : error;
    }
  },

  operationName: (request) => request.match?.operation.name ?? "",

  read(operation, request) {
    try {
      return read(operation)(request as RestRequest);
    } catch (error) {
      throw error instanceof MalformedValue ? complaints.malformedValue(error.path, error.message) : error;
    }
  },

  write: (_model, operation, output) => write(operation)(output),

  fault: (_model, fault) => ({
    status: fault.status,
    headers: { "content-type": "application/json", "x-amzn-errortype": fault.name, ...fault.headers },
    body: JSON.stringify(faultBody(fault)),
  }),
};
