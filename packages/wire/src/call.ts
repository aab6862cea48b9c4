/** What the wire hands to whoever carries calls out. */
import type { ServiceId } from "./models.gen.js";

/** One call as a client made it: the input is typed as the model says, and its signature was checked. */
export interface WireCall {
  readonly service: ServiceId;
  readonly operation: string;
  readonly input: Record<string, unknown>;
  /** The region in the signature's credential scope; the endpoint's own when the request is not signed. */
  readonly region: string;
  /** Empty when the request had no signature: to an open endpoint, or to an operation that needs none (AssumeRoleWithWebIdentity). */
  readonly accessKeyId: string;
  readonly sessionToken?: string | undefined;
  readonly requestId: string;
  readonly sourceIp: string;
  readonly userAgent: string;
}

/** The secret that belongs to an access key. */
export interface Secret {
  readonly secret: string;
  /** The token that must come with a temporary key. */
  readonly sessionToken?: string | undefined;
}
