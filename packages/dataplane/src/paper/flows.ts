import type { FlowCount, FlowCounters, FlowReading } from "@hakoniwa/network";

/** The traffic of networks on paper: what a test says there was, where a flow log wants to know. */
export class PaperFlows implements FlowCounters {
  readonly #isLogged: (vpc: string, networkInterface: string) => boolean;
  readonly #counts = new Map<string, FlowCount[]>();
  readonly #told = new Map<string, { readonly name: string; readonly flows: number }>();
  #readings = 0;

  constructor(isLogged: (vpc: string, networkInterface: string) => boolean) {
    this.#isLogged = isLogged;
  }

  count(vpc: string, count: FlowCount): void {
    if (this.#isLogged(vpc, count.networkInterface)) this.#counts.set(vpc, [...(this.#counts.get(vpc) ?? []), count]);
  }

  async read(vpc: string, after: string | undefined): Promise<FlowReading> {
    const told = this.#told.get(vpc);
    if (told !== undefined && told.name === after) this.#counts.set(vpc, (this.#counts.get(vpc) ?? []).slice(told.flows));
    const flows = this.#counts.get(vpc) ?? [];
    const name = `paper-${++this.#readings}`;
    this.#told.set(vpc, { name, flows: flows.length });
    return { name, flows, missed: [] };
  }
}
