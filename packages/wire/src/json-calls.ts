/** Calls carried as JSON by other means than AWS's protocols, such as a control socket: any model, any operation. */
import { AwsError } from "@hakoniwa/kernel";
import { checkInput, operationOf } from "./check.js";
import { jsonDecoder, jsonEncoder } from "./json-codec.js";
import type { Model } from "./model.js";
import { MalformedValue } from "./scalar.js";

/**
 * What JSON.parse gave to a checked, typed input: dates (ISO 8601 or seconds) become Dates, base64 becomes bytes. Throws
 * an AwsError like `checkInput`.
 */
export function inputFromJson(model: Model, operationName: string, json: unknown): Record<string, unknown> {
  checkInput(model, operationName, json, "json");
  try {
    return jsonDecoder(operationOf(model, operationName).input)(json) as Record<string, unknown>;
  } catch (error) {
    throw error instanceof MalformedValue ? new AwsError("ValidationError", `${error.path.join(".")}: ${error.message}`, { status: 400 }) : error;
  }
}

/** An output to what JSON.stringify takes: dates become seconds since 1970, bytes base64. */
export function outputToJson(model: Model, operationName: string, output: Record<string, unknown>): unknown {
  return jsonEncoder(operationOf(model, operationName).output)(output as never);
}

/** The reverse of `outputToJson`. */
export function outputFromJson(model: Model, operationName: string, json: unknown): Record<string, unknown> {
  return jsonDecoder(operationOf(model, operationName).output)(json) as Record<string, unknown>;
}
