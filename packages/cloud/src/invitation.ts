/** What a web page of another site may ask of the API: an object of a bucket whose CORS configuration names the page's origin. */
import type { IncomingMessage } from "node:http";
import { corsReader, MODELS, type CorsAsk } from "@hakoniwa/wire";

const read = corsReader(Object.values(MODELS));

/** @param cors what the bucket's configuration answers */
export function isInvited(request: IncomingMessage, cors: (ask: CorsAsk) => unknown): boolean {
  const ask = read(request);
  // Our keys are known to every page, AWS's are not: so no page changes a bucket's own settings, whatever CORS says.
  if (!ask || (ask.key === "" && ask.method !== "GET" && ask.method !== "HEAD")) return false;
  return cors(ask) !== undefined;
}
