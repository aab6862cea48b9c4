/** A service's model: what its protocol needs to know, its shapes, and its types. */
import { readFileSync } from "node:fs";
import { Schemas } from "./shape.js";
import type { ServiceId } from "./models.gen.js";

export type ProtocolName = "ec2" | "query" | "json" | "rest-json" | "rest-xml";

/** A body that streams, as operations take and give it: decoded already. Iterating it throws an AwsError when its checksum is wrong. */
export type ByteStream = AsyncIterable<Uint8Array>;

export interface ModelMeta {
  readonly id: ServiceId;
  readonly protocol: ProtocolName;
  /** The version in `application/x-amz-json-1.x`; used by json protocols only. */
  readonly jsonVersion: string;
  /** The service's name in a signature's credential scope. */
  readonly signingName: string;
  /** The API's date, the form member `Version`. */
  readonly version: string;
  readonly namespace: string;
  /** What stands before the dot in `X-Amz-Target`. */
  readonly target: string;
  /** Of replies in XML; empty when the service writes none. */
  readonly xmlns: string;
  /** Whether the service once spoke query and still tells its old error codes. */
  readonly queryCompatible: boolean;
  /** Operations that need no signature. */
  readonly unsigned: readonly string[];
}

declare const types: unique symbol;

/** `O` maps each operation to its `{ input, output }`, `E` each modelled error to its members. */
export interface Model<O = unknown, E = unknown> extends ModelMeta {
  readonly schemas: Schemas;
  /** Never there: it carries the types. */
  readonly [types]?: { readonly operations: O; readonly errors: E };
}

/** Makes a model from its generated facts; the shapes are read from `models/<id>.json` on first use. */
export function model<O, E>(meta: ModelMeta): Model<O, E> {
  let loaded: Schemas | undefined;
  return {
    ...meta,
    get schemas() {
      loaded ??= new Schemas(JSON.parse(readFileSync(new URL(`../models/${meta.id}.json`, import.meta.url), "utf8")));
      return loaded;
    },
  };
}

/** What an `Operations` interface looks like. */
export type OperationTypes<O> = { readonly [Name in keyof O]: { input: unknown; output: unknown } };

export type InputOf<O extends OperationTypes<O>, Name extends keyof O> = O[Name]["input"];
export type OutputOf<O extends OperationTypes<O>, Name extends keyof O> = O[Name]["output"];

/** A service's operations as functions that answer at once. */
export type SyncCalls<O extends OperationTypes<O>> = { readonly [Name in keyof O]: (input: O[Name]["input"]) => O[Name]["output"] };

/** A service's operations as functions that answer by promise. */
export type AsyncCalls<O extends OperationTypes<O>> = {
  readonly [Name in keyof O]: (input: O[Name]["input"]) => Promise<O[Name]["output"]>;
};

/** Codes that any service may answer, whatever its model names. */
export type CommonErrorCode =
  | "AccessDenied"
  | "AccessDeniedException"
  | "InternalFailure"
  | "InvalidParameterCombination"
  | "InvalidParameterValue"
  | "MissingParameter"
  | "NotImplemented"
  | "Throttling"
  | "ValidationError"
  | "ValidationException";

/** Codes a service may answer: those its model names and the common ones. EC2's model names none, so there any code goes. */
export type ErrorCode<E> = [keyof E] extends [never] ? string : (keyof E & string) | CommonErrorCode;
