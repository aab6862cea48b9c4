/** What was thrown, as it goes over the wire. */
import { AwsError } from "@hakoniwa/kernel";
import type { Model } from "./model.js";
import type { Fault } from "./protocols/protocol.js";

/** An AwsError keeps its code and message; anything else is a bug of ours, told by its request id alone. */
export function faultOf(error: unknown, model: Model | undefined, requestId: string): Fault {
  if (!(error instanceof AwsError)) {
    const message = `We encountered an internal error. Please try again. (request id ${requestId})`;
    return { code: "InternalFailure", name: "InternalFailure", status: 500, message, sender: false, fields: {}, headers: {} };
  }
  const shape = model?.schemas.error(error.code);
  const [queryCode, queryStatus] = shape?.traits.awsQueryError ?? [];
  const status = error.status ?? queryStatus ?? shape?.traits.httpError ?? 400;
  return {
    code: queryCode ?? error.code,
    name: shape?.name ?? error.code,
    status,
    message: error.message,
    sender: status < 500,
    shape,
    fields: error.fields,
    headers: error.headers,
  };
}
