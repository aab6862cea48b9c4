/** What the data plane and the process that reads the flows' counters say to each other. */
import type { FlowReading } from "@hakoniwa/network";
import type { Namespace } from "../tools/namespaces.js";

export type ToFlowReader =
  | {
      readonly kind: "read";
      readonly id: number;
      readonly vpc: string;
      readonly namespace: Namespace;
      /** The interfaces of devices. */
      readonly devices: ReadonlyMap<string, string>;
      readonly after: string | undefined;
      /** An earlier process read this VPC's counters: what it had told is not known any more. */
      readonly resumed: boolean;
    }
  | { readonly kind: "forget"; readonly vpc: string };

export type FromFlowReader = { readonly id: number; readonly reading: FlowReading } | { readonly id: number; readonly error: string };
