/** What tests hear of the models that are carried to the data plane. */
import type { Vpc } from "@hakoniwa/network";
import { vi } from "vitest";
import type { TestCloud } from "../testing.js";

/** Listens from now on. @returns the model of a VPC as it was carried last */
export function hearNetworks(cloud: TestCloud): (vpcId: string) => Vpc {
  const carried = vi.spyOn(cloud.paper.networks, "ensure").mock;
  return (vpcId) => {
    const last = carried.calls.findLast(([key]) => key === vpcId);
    if (!last) throw new Error(`no model of ${vpcId} was carried to the data plane`);
    return last[1];
  };
}
