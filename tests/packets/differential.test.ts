import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { trace } from "@hakoniwa/network";
import type { Place, Trace, Vpc } from "@hakoniwa/network";
import type { Probe } from "./protocol.js";
import { HOSTS, INTERNET, networks, S3, SECONDARY } from "./random-networks.js";
import { minimal } from "./minimal.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

/** How many flows are compared, and what the random networks come from. */
const FLOWS = Number(process.env["HAKONIWA_FLOWS"] ?? 2000);
const SEED = Number(process.env["HAKONIWA_SEED"] ?? 20_250_101);
/** Milliseconds. What should answer gets more, before it counts as lost: the machine may be busy. */
const DROPPED_AFTER = 400;
const LOST_AFTER = 2000;
/** Of a case that is made smaller, hundreds of times. */
const PATIENCE = 30_000;

interface Flow extends Probe {
  /** Undefined on the internet. */
  readonly from: keyof typeof HOSTS | undefined;
}

let world: World;
const known = new Map<string, Vpc>();

beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

it("S0-48: the model says what arrives, and as what, if and only if it does in the kernel", async () => {
  const seen = { answered: 0, not: 0 };
  for (const [round, models] of fc.sample(networks, { numRuns: Math.ceil(FLOWS / 100), seed: SEED }).entries()) {
    if (seen.answered + seen.not >= FLOWS) break;
    await apply(models);
    if (round === 0) await populate();
    const flows = flowsOf(models);
    const expected = flows.map((flow) => predicted(models, flow).text);
    const answers = await ask(flows, DROPPED_AFTER);
    for (const [at, flow] of flows.entries()) {
      seen[expected[at] === undefined ? "not" : "answered"]++;
      if (heard(answers[at]) !== expected[at] && (await differs(models, flow))) throw new Error(await explain(models, flow));
    }
  }
  // A test of networks where everything, or nothing, passes would prove little.
  expect(seen.answered + seen.not).toBeGreaterThanOrEqual(FLOWS);
  expect(Math.min(seen.answered, seen.not)).toBeGreaterThan(FLOWS / 10);
}, 60_000 + FLOWS * 60);

async function apply(models: readonly Vpc[]): Promise<void> {
  await Promise.all(models.map(async (model) => {
    if (known.get(model.id) !== model) await world.ensure(model);
    known.set(model.id, model);
  }));
}

async function populate(): Promise<void> {
  const workloads = [...new Set(Object.values(HOSTS).map((host) => host.workload))];
  await Promise.all([...workloads, "nat"].map((name) => world.host(name)));
  await world.natGateway("nat", "10.0.2.5", ["10.0.0.0/16"]);
  await Promise.all([undefined, "vpce-a", ...workloads].map(async (name) => {
    await world.listen(name, 80);
    await world.listen(name, 81);
    // An answer over UDP comes from the address that was asked only if the socket has it.
    const hosts = name === undefined ? [INTERNET, S3] : name === "vpce-a" ? [S3] : addressesOf(name);
    for (const host of hosts) await world.ask(name, { kind: "listen-udp", host, port: 80, text: name ?? "internet" });
  }));
}

function addressesOf(workload: string): string[] {
  return [...Object.values(HOSTS).filter((host) => host.workload === workload).map((host) => host.address), ...(workload === "three" ? [SECONDARY] : [])];
}

function flowsOf(models: readonly Vpc[]): Flow[] {
  const kinds = [{ protocol: "tcp", port: 80 }, { protocol: "tcp", port: 81 }, { protocol: "udp", port: 80 }] as const;
  const inside = Object.entries(HOSTS).flatMap(([from, { vpc, address: source, workload }]) => {
    const own = addressesOf(workload);
    const others = [...Object.values(HOSTS).map((host) => host.address), SECONDARY, INTERNET, S3];
    const hosts = [...new Set(others)].filter((host) => host !== source && !(vpc === "vpc-a" && own.includes(host)));
    // Instances send to the subnet of their second interface through that: https://repost.aws/knowledge-center/ec2-ubuntu-secondary-network-interface
    return hosts.filter((host) => from !== "multi" || !host.startsWith("10.0.2.")).map((host) => ({ from, source, host }));
  });
  const addresses = models.flatMap((model) => [...model.interfaces.values()]).flatMap((one) => one.addresses.map((address) => address.public ?? []).flat());
  const outside = addresses.map((host) => ({ from: undefined, source: INTERNET, host }));
  return [...inside, ...outside].flatMap((flow) => kinds.map((kind) => ({ ...flow, ...kind })));
}

/** What the flow's sender should hear; undefined for nothing. */
function predicted(models: readonly Vpc[], flow: Flow): { readonly text: string | undefined; readonly trace: Trace } {
  const id = flow.from === undefined ? models.find((model) => hasPublic(model, flow.host))?.id : HOSTS[flow.from]?.vpc;
  const vpc = models.find((model) => model.id === id);
  if (vpc === undefined) throw new Error(`${flow.host} is nowhere`);
  const packet = { protocol: flow.protocol, source: flow.source, destination: flow.host, sourcePort: 40_000, destinationPort: flow.port } as const;
  const from: Place = flow.from === undefined ? { kind: "internet" } : { kind: "network-interface", id: `eni-${flow.from}` };
  const result = trace(vpc, packet, from, models);
  return { text: result.reachable ? greeting(models, result) : undefined, trace: result };
}

function greeting(models: readonly Vpc[], { arrivedAt, arrivedAs }: Trace): string | undefined {
  if (arrivedAt === undefined || arrivedAs === undefined) return undefined;
  if (arrivedAt.kind === "internet") return [INTERNET, S3].includes(arrivedAs.destination) ? `internet ${arrivedAs.source}` : undefined;
  if (arrivedAt.kind === "service") return arrivedAs.destination === S3 ? `${arrivedAt.endpoint} ${arrivedAs.source}` : undefined;
  const receiver = models.flatMap((model) => [...model.interfaces.values()]).find((one) => one.id === arrivedAt.id);
  // What comes to an appliance for somebody else is not answered by it.
  const isIts = receiver?.addresses.some((address) => address.private === arrivedAs.destination) ?? false;
  return isIts ? `${receiver?.attachment?.workload} ${arrivedAs.source}` : undefined;
}

function hasPublic(model: Vpc, address: string): boolean {
  return [...model.interfaces.values()].some((one) => one.addresses.some((each) => each.public === address));
}

/** Errors are no answers: what is refused on the way, by whomever, does not arrive. */
function heard(answer: string | undefined): string | undefined {
  return answer !== undefined && / \d/.test(answer) ? answer : undefined;
}

/** All at once, each host its own. */
async function ask(flows: readonly Flow[], timeout: number): Promise<string[]> {
  const answers: string[] = Array.from({ length: flows.length }, () => "");
  const byHost = new Map<string | undefined, (readonly [number, Flow])[]>();
  for (const [at, flow] of flows.entries()) {
    const host = flow.from === undefined ? undefined : HOSTS[flow.from]?.workload;
    byHost.set(host, [...(byHost.get(host) ?? []), [at, flow]]);
  }
  await Promise.all([...byHost].map(async ([host, own]) => {
    const texts = JSON.parse(await world.ask(host, { kind: "probe", probes: own.map(([, flow]) => flow), timeout })) as string[];
    for (const [at, [index]] of own.entries()) answers[index] = texts[at] ?? "";
  }));
  return answers;
}

async function differs(models: readonly Vpc[], flow: Flow): Promise<boolean> {
  await apply(models);
  const { text } = predicted(models, flow);
  const [answer] = await ask([flow], text === undefined ? DROPPED_AFTER : LOST_AFTER);
  return heard(answer) !== text;
}

async function explain(models: readonly Vpc[], flow: Flow): Promise<string> {
  console.error(`${JSON.stringify(flow)} differs: looking for a minimal case`);
  const smallest = await minimal(models, (candidate) => differs(candidate, flow), PATIENCE);
  await apply(smallest);
  const [answer] = await ask([flow], LOST_AFTER);
  const { text, trace: result } = predicted(smallest, flow);
  const shown = JSON.stringify(smallest, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value), 1);
  return `${JSON.stringify(flow)}: the kernel says ${answer}, the model ${text ?? "nothing"}: ${JSON.stringify(result)}\nin ${shown}`;
}
