/** Another message for each protocol: https://docs.aws.amazon.com/sns/latest/dg/sns-send-custom-platform-specific-payloads-mobile-devices.html Pure. */
import { parseJson } from "../json.js";
import { invalidParameter } from "./errors.js";

/**
 * What a message says to a protocol.
 * @throws AwsError InvalidParameter for a structure that is none
 */
export function messageFor(message: string, structure: string | undefined): (protocol: string) => string {
  if (structure === undefined || structure === "") return () => message;
  if (structure !== "json") throw invalidParameter(`MessageStructure: ${structure}`);
  const parts = parseJson(message);
  if (typeof parts !== "object" || parts === null || Array.isArray(parts)) throw invalidParameter("Message Structure - JSON message body failed to parse");
  const texts = parts as Readonly<Record<string, unknown>>;
  const standard = Object.hasOwn(texts, "default") ? texts["default"] : undefined;
  if (typeof standard !== "string") throw invalidParameter("Message Structure - No default entry in JSON message body");
  return (protocol) => {
    const own = Object.hasOwn(texts, protocol) ? texts[protocol] : undefined;
    return typeof own === "string" ? own : standard;
  };
}
