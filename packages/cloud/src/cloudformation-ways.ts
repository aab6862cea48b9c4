/** How CloudFormation is reached other than by AWS's protocols: at wait conditions' addresses, and by instances as themselves. */
import type { ApiEntrance } from "@hakoniwa/dataplane";
import type { Core } from "./core.js";
import { originOf, type Endpoint } from "./inside-api.js";
import { answerInstance } from "./instance-calls.js";
import { answerWaitCondition } from "./wait-conditions.js";

export interface WaysOptions {
  readonly account: string;
  core(): Promise<Core>;
  /** Cloud time. */
  now(): number;
  newRequestId(): string;
}

/** The endpoint with those ways before it. @param inside where requests come in, unless they come from this machine itself */
export function withOtherWays(options: WaysOptions, endpoint: Endpoint, inside?: { readonly entrance: ApiEntrance; readonly secure: boolean }): Endpoint {
  const checkWay = (): void => {
    if (inside) originOf(inside, "s3");
  };
  return async (request, response) => {
    if (answerWaitCondition({ ...options, checkWay }, request, response)) return;
    if (inside && answerInstance({ ...options, origin: () => originOf(inside, "cloudformation") }, request, response)) return;
    await endpoint(request, response);
  };
}
