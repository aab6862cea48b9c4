/** Web pages of other origins that ask S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html */
import { AwsError } from "@hakoniwa/kernel";
import type { IncomingMessage } from "node:http";
import type { CorsAsk } from "./endpoint-options.js";
import { headOf } from "./exchange.js";
import type { Model } from "./model.js";
import { header } from "./protocols/protocol.js";
import type { WireRequest } from "./protocols/protocol.js";
import { meansS3, s3Target } from "./s3-routes.js";
import { isSigned, readSignature } from "./sigv4.js";

/** What a page asks with a request; undefined where no page asks. Throws an AwsError for an address that can't be read. */
export function askOf(request: WireRequest): CorsAsk | undefined {
  const origin = header(request, "origin");
  const preflight = request.method === "OPTIONS";
  const method = preflight ? header(request, "access-control-request-method") : request.method;
  const { bucket, key } = s3Target(request);
  if (origin === undefined || method === undefined || bucket === "") {
    return undefined;
  }
  const headers = (header(request, "access-control-request-headers") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return { bucket, key, origin, method, headers: preflight ? headers.filter((name) => name !== "") : [], preflight };
}

/** Reads the same off a request that may be for any service: undefined for all that an endpoint of these models doesn't take for S3's. */
export function corsReader(models: readonly Model[]): (message: IncomingMessage) => CorsAsk | undefined {
  const names = new Set(models.map((model) => model.signingName));
  return (message) => {
    const head = headOf(message);
    const claim = readSignature(head);
    if (!meansS3(head, isSigned(claim) ? claim.service : undefined, names)) {
      return undefined;
    }
    try {
      return askOf(head);
    } catch (error) {
      if (error instanceof AwsError) {
        return undefined;
      }
      throw error;
    }
  };
}
