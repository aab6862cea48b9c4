/** What the data plane tells the attendant. Level: each message says what should be, and a new attendant is told everything again. */
import type { MetadataOptions, NameRecord } from "@hakoniwa/network";
import type { Namespace } from "../tools/namespaces.js";
import type { SshInstance } from "../ssh/gate.js";
import type { Residents } from "./residents.js";
import type { WardEvent } from "./ward.js";

export type ToAttendant =
  | { readonly kind: "network"; readonly vpc: string; readonly network: ServedNetwork | undefined }
  | { readonly kind: "instance"; readonly id: string; readonly instance: ServedInstance | undefined }
  | { readonly kind: "ssh"; readonly id: string; readonly instance: SshInstance | undefined }
  | { readonly kind: "name"; readonly name: string; readonly record: NameRecord | undefined }
  | { readonly kind: "internet" };

export type FromAttendant = Served | Watched;

/** What the watch over the instances found. */
export interface Watched {
  readonly instance: string;
  readonly event: WardEvent;
}

/** The answer to `network` and `internet`: the sockets are as the message asked, or they could not be. */
export interface Served {
  /** The VPC's id, or `internet`. */
  readonly served: string;
  readonly error: string | undefined;
}

export interface ServedNetwork {
  readonly namespace: Namespace;
  /** base+2; undefined when the VPC has DNS support off, and then 169.254.169.253 is silent too. */
  readonly resolver: string | undefined;
  readonly residents: Residents;
}

export interface ServedInstance {
  /** By path below `/latest/`. A key that ends in `/` is the listing of that directory, where the usual one would not do. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly options: MetadataOptions;
  readonly userData: Uint8Array | undefined;
}
