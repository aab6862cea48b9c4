export * from "./models.gen.js";
export type {
  AsyncCalls,
  CommonErrorCode,
  ErrorCode,
  InputOf,
  Model,
  ModelMeta,
  OperationTypes,
  OutputOf,
  ProtocolName,
  SyncCalls,
} from "./model.js";
export type { Kind, Member, Operation, Shape, Traits } from "./shape.js";
export type { Secret, WireCall } from "./call.js";
export { checkInput, strictOutput } from "./check.js";
export { createEndpoint } from "./endpoint.js";
export type { EndpointOptions, LogEntry } from "./endpoint.js";
export { inputFromJson, outputFromJson, outputToJson } from "./json-calls.js";
export { withoutSecrets } from "./secrets.js";
