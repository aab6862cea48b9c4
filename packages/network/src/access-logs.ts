/** What load-balancer nodes note of requests for access logs. */

/** Holds what nodes noted whose spec says `logs`, until it is kept elsewhere. */
export interface AccessLogs {
  /**
   * What a node noted, the oldest first. Every reading has a name, and asking with it as `after` says that what it told is kept
   * elsewhere. Until then the same is told again, together with what came since. A name that this data plane never gave (it was
   * restarted meanwhile) stands for none. A node that is gone is told of until everything was kept.
   */
  read(node: string, after: string | undefined): Promise<AccessReading>;
}

export interface AccessReading {
  readonly name: string;
  readonly entries: readonly AccessEntry[];
}

/** A request, or a connection of a listener that looks at no requests, that is over. Texts are as the client sent them, as latin1. */
export interface AccessEntry {
  /** Milliseconds of cloud time from its end until now, the reading. */
  readonly age: number;
  /** Milliseconds from its beginning to its end. */
  readonly took: number;
  readonly protocol: "http" | "https" | "ws" | "wss" | "tcp" | "ssl";
  /** The listener's. */
  readonly port: number;
  /** Address and port. */
  readonly client: string;
  /** Address and port; undefined when it came to none. */
  readonly target: string | undefined;
  /** Milliseconds until it left for the target, until the answer began, and until that was passed on; undefined for what did not happen. */
  readonly times: { readonly request: number; readonly target: number; readonly response: number } | undefined;
  /** What the client got, and what the target said; 0 for nothing. */
  readonly status: number;
  readonly targetStatus: number;
  /** Bytes, from the client and to it; of a Classic Load Balancer's requests without their heads. */
  readonly received: number;
  readonly sent: number;
  /** e.g. `GET http://example.com:80/ HTTP/1.1`; `- - - ` for a connection. */
  readonly request: string;
  readonly userAgent: string;
  /** What was agreed on, by OpenSSL's names. */
  readonly tls: { readonly version: string; readonly cipher: string; readonly serverName: string } | undefined;
  /** The target group's id. */
  readonly group: string | undefined;
  readonly traceId: string;
  /** The rule's priority; undefined when it came to none. */
  readonly rule: number | undefined;
  /** `forward`, `redirect`, `fixed-response`; empty when it came to none. */
  readonly action: string;
  /** Of a redirect. */
  readonly location: string;
}
