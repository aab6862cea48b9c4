/** The AWS API as machines inside the box reach it: what the data plane asks of whoever answers it. */
import type { Server } from "node:net";

/** Where a connection came in. */
export type ApiEntrance =
  | { readonly kind: "internet" }
  /** Through a VPC endpoint, with the private address that it was sent from. `service` is its short name (`ssm`). */
  | { readonly kind: "endpoint"; readonly vpc: string; readonly endpoint: string; readonly service: string };

export interface InsideApi {
  /** The certificate, in PEM, that instances must trust to believe the API's own. */
  readonly trusted: string;
  /** Answers on a listening socket, which it takes over. Returns how to end that. */
  serve(server: Server, protocol: "http" | "https", entrance: ApiEntrance): () => void;
}
