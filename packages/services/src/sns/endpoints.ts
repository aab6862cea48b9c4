/** What a subscription may be to. Pure. */
import { invalidParameter, notYet } from "./errors.js";
import type { Protocol } from "./state.js";

/** @throws AwsError InvalidParameter for a protocol that is none, or an endpoint that is none of it */
export function checkedEndpoint(protocol: string, endpoint: string | undefined): { readonly protocol: Protocol; readonly endpoint: string } {
  if (["sqs", "lambda", "application", "firehose"].includes(protocol)) {
    throw invalidParameter(`Protocol Reason: ${protocol} is not supported here: http, https, email, email-json and sms are`);
  }
  if (endpoint === undefined || endpoint === "") throw invalidParameter("Endpoint Reason: the endpoint is empty");
  switch (protocol) {
    case "http":
    case "https":
      if (!endpoint.startsWith(`${protocol}://`)) throw invalidParameter("Endpoint must match the specified protocol");
      if (endpoint.length > 2_048 || !URL.canParse(endpoint)) throw invalidParameter(`Endpoint Reason: ${endpoint.slice(0, 100)} is no URL`);
      if (new URL(endpoint).hostname === "") throw invalidParameter(`Endpoint Reason: ${endpoint} names no host`);
      return { protocol, endpoint };
    case "email":
    case "email-json":
      if (endpoint.length > 320 || !/^[^\s@]+@[^\s@]+$/.test(endpoint)) throw invalidParameter("Email address");
      return { protocol, endpoint };
    case "sms": {
      const number = endpoint.replaceAll(/[\s()./-]/g, "");
      if (!/^\+?\d{4,15}$/.test(number)) throw invalidParameter(`Invalid SMS endpoint: ${endpoint}`);
      return { protocol, endpoint: number };
    }
    default:
      throw invalidParameter(`Does not support this protocol string: ${protocol}`);
  }
}

/** @throws AwsError for what is not here yet */
export function refuseElsewhere(targetArn: string | undefined): void {
  if (targetArn !== undefined && /:endpoint\/|:app\//.test(targetArn)) throw notYet("mobile push");
}
