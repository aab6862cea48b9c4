/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-request-tracing.html */
import { randomBytes } from "node:crypto";
import type { Header } from "./framing/headers.js";

/** Drawn anew for each process, and counted on from: unique without asking for random bytes at each request. */
let next = randomBytes(6).readUIntBE(0, 6);
const prefix = randomBytes(6).toString("hex");

/** The X-Amzn-Trace-Id that the target gets: the client's with ours as `Self`, else a new `Root`. */
export function traceIdOf(headers: readonly Header[], now: number): string {
  next = (next + 1) % 2 ** 48;
  const own = `1-${Math.floor(now / 1000).toString(16).padStart(8, "0")}-${prefix}${next.toString(16).padStart(12, "0")}`;
  const given = headers.find(({ key }) => key === "x-amzn-trace-id")?.value;
  if (given === undefined) {
    return `Root=${own}`;
  }
  const fields = given.split(";").filter((field) => field !== "" && !field.startsWith("Self="));
  return fields.some((field) => field.startsWith("Root=")) ? [`Self=${own}`, ...fields].join(";") : [`Root=${own}`, ...fields].join(";");
}
