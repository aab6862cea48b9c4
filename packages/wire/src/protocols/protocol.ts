/** What every AWS protocol must offer here; one file each beside this one. */
import type { AwsError } from "@hakoniwa/kernel";
import type { FormNode } from "../form.js";
import type { RouteMatch } from "../http-routes.js";
import type { ByteStream, Model } from "../model.js";
import type { Operation, Shape } from "../shape.js";
import type { SignatureProblem } from "../sigv4.js";

/** A request whose body was read. */
export interface WireRequest {
  readonly method: string;
  /** As sent, still escaped. */
  readonly path: string;
  /** What follows the question mark, still escaped; empty when there is none. */
  readonly search: string;
  /** By lower-case name, every value that was sent. */
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** The parameters of a query request, from its body or its query string. */
  readonly form?: FormNode | undefined;
  /** The operation that the method, path and query of a REST request mean. */
  readonly match?: RouteMatch | undefined;
  /** Instead of `body`, where an operation takes it as it comes. */
  readonly stream?: ByteStream | undefined;
}

export interface WireReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | ByteStream;
}

/** A mistake as it goes over the wire. */
export interface Fault {
  /** The code that query protocols send. */
  readonly code: string;
  /** The name of the modelled shape, where there is one; else the code. */
  readonly name: string;
  readonly status: number;
  readonly message: string;
  readonly sender: boolean;
  readonly shape?: Shape | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** REST protocols only. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The mistakes that the wire itself finds, in the codes that each protocol family of AWS's uses for them. */
export interface Complaints {
  unknownOperation(model: Model, operation: string): AwsError;
  /** The body or the query string can't be read at all. */
  malformedBody(detail: string): AwsError;
  /** One value can't be what the model says. */
  malformedValue(path: readonly string[], detail: string): AwsError;
  unknownParameter(path: readonly string[]): AwsError;
  /** At least one path. */
  missing(paths: readonly (readonly string[])[]): AwsError;
  signature(problem: SignatureProblem): AwsError;
}

export interface Protocol {
  readonly complaints: Complaints;
  /** Finds a REST operation; throws an AwsError when the path or the query can't be read. */
  match?(model: Model, request: WireRequest): RouteMatch | undefined;
  operationName(request: WireRequest): string;
  /** Throws an AwsError of its own complaints. */
  read(operation: Operation, request: WireRequest): Record<string, unknown>;
  write(model: Model, operation: Operation, output: Readonly<Record<string, unknown>>, requestId: string): WireReply;
  /** `model` is absent when no service was found for the request; `path` is the request's, still escaped. */
  fault(model: Model | undefined, fault: Fault, requestId: string, path: string): WireReply;
}

export function header(request: Pick<WireRequest, "headers">, name: string): string | undefined {
  return request.headers[name]?.[0];
}
