/** The doors behind gateway endpoints: they come and go with the routes that lead to them. */
import type { Vpc } from "@hakoniwa/network";
import { exitsOf } from "../network/exits.js";
import type { Networks } from "../network/networks.js";
import { serviceAddress } from "../network/reserved.js";
import { identifier } from "../network/names.js";
import type { ApiDoors } from "./doors.js";

export class GatewayDoors {
  readonly #doors: ApiDoors;
  readonly #networks: Pick<Networks, "routerNamespace">;
  readonly #byVpc = new Map<string, ReadonlySet<string>>();

  constructor(doors: ApiDoors, networks: Pick<Networks, "routerNamespace">) {
    this.#doors = doors;
    this.#networks = networks;
  }

  /** Opens what an applied VPC's routes lead to, and closes the rest. @throws Error when a socket can't be had */
  async keep(vpc: Vpc): Promise<void> {
    if (this.#networks.routerNamespace(vpc.id) === undefined) return;
    const exits = [...exitsOf(vpc).values()].filter((exit) => exit.kind === "gateway-endpoint");
    const wanted = new Set(exits.map(({ id }) => id));
    for (const id of this.#byVpc.get(vpc.id) ?? []) if (!wanted.has(id)) this.#doors.close(id);
    this.#byVpc.set(vpc.id, wanted);
    await Promise.all(exits.map(async ({ id, service }) => {
      const host = serviceAddress(service);
      if (host === undefined) return;
      const entrance = { kind: "endpoint", vpc: vpc.id, endpoint: id, service } as const;
      await this.#doors.open(id, { namespace: { name: identifier(id) }, host, ports: [80, 443], entrance });
    }));
  }

  leave(vpc: string): void {
    for (const id of this.#byVpc.get(vpc) ?? []) this.#doors.close(id);
    this.#byVpc.delete(vpc);
  }
}
