export * from "./models.gen.js";
export type {
  AsyncCalls,
  ByteStream,
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
export { checksum, combineCrc, compositeChecksum } from "./checksum.js";
export type { Checksum, ChecksumAlgorithm, CrcAlgorithm } from "./checksum.js";
export { digested } from "./digests.js";
export { createEndpoint } from "./endpoint.js";
export type { CorsAsk, EndpointOptions, LogEntry } from "./endpoint-options.js";
export { inputFromJson, outputFromJson, outputToJson } from "./json-calls.js";
export { corsReader } from "./s3-cors.js";
export { withoutSecrets } from "./secrets.js";
