/** What an endpoint is told by whoever runs it, and what it tells. */
import type { BodyTimes } from "./body.js";
import type { Secret, WireCall } from "./call.js";
import type { Model } from "./model.js";
import type { ServiceId } from "./models.gen.js";

/** One request, for a log. Nothing in it is secret. */
export interface LogEntry {
  readonly requestId: string;
  readonly service: ServiceId | undefined;
  readonly operation: string | undefined;
  readonly status: number;
  /** The error's code, when the reply is an error. */
  readonly code: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly sourceIp: string;
  readonly milliseconds: number;
}

/** A web page of another origin asks for an object: by a preflight (`OPTIONS`), or with the request itself. */
export interface CorsAsk {
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly origin: string;
  /** The method that the page wants to use. */
  readonly method: string;
  /** Of `Access-Control-Request-Headers`, in lower case. */
  readonly headers: readonly string[];
  readonly preflight: boolean;
}

export interface EndpointOptions {
  readonly models: readonly Model[];
  /** The region of a call whose signature doesn't say. */
  readonly region: string;
  /** Those that there are. Without this, whatever looks like one is a region. */
  readonly regions?: readonly string[];
  /** `open` takes any key and any signature, and requests without one. */
  readonly verify: "strict" | "open";
  readonly secretOf: (accessKeyId: string) => Secret | undefined;
  /** The times, in milliseconds since 1970, that count as now for a signature. At least one. */
  readonly now: () => readonly number[];
  /** The `Date` header: clients set their signing clock by it. */
  readonly date: () => Date;
  readonly newRequestId: () => string;
  /** Carries a call out. An AwsError is the caller's mistake and is told; anything else is a bug and becomes InternalFailure. */
  readonly invoke: (call: WireCall) => Promise<Record<string, unknown>>;
  /**
   * The `access-control-*` headers for a request to S3 by a web page; nothing when the bucket's CORS configuration doesn't
   * allow it. A preflight without an answer is refused with S3's `AccessForbidden`.
   */
  readonly cors?: (ask: CorsAsk) => Promise<Readonly<Record<string, string>> | undefined>;
  /** By default 60 seconds for a body that is read whole, and 30 of standstill for one that streams. */
  readonly times?: BodyTimes;
  /** For tests and development: an output that doesn't fit its model is a bug. */
  readonly strictOutput?: boolean;
  /** `false` for tests of the codecs alone: inputs are not held against lengths, ranges, patterns and enums. */
  readonly checkInputs?: boolean;
  readonly log?: (entry: LogEntry) => void;
  /** By default the stack goes to standard error. */
  readonly onBug?: (error: unknown, requestId: string) => void;
}

export const DEFAULT_TIMES: BodyTimes = { whole: 60_000, idle: 30_000 };
