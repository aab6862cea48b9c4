/** The process that reads the flows' counters: tens of thousands of them would keep the control plane waiting. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import type { FlowReading } from "@hakoniwa/network";
import { inNamespace } from "../tools/namespaces.js";
import type { Namespace } from "../tools/namespaces.js";
import { FlowTally, parseListing, progressOf } from "./flow-counts.js";
import type { Baseline, Counted } from "./flow-counts.js";
import type { FromFlowReader, ToFlowReader } from "./flow-messages.js";
import { flowSets, MISSED_SET } from "./flow-plan.js";

type Question = Extract<ToFlowReader, { readonly kind: "read" }>;

interface Network {
  baseline: Baseline | undefined;
  readonly tally: FlowTally;
  readonly life: string;
  number: number;
}

const LISTS = [...flowSets(), MISSED_SET].map((set) => `list set ip vpc ${set}\n`).join("");
const networks = new Map<string, Network>();
let last: Promise<void> = Promise.resolve();

async function read({ vpc, namespace, devices, after, resumed }: Question): Promise<FlowReading> {
  let network = networks.get(vpc);
  if (network === undefined) networks.set(vpc, (network = { baseline: undefined, tally: new FlowTally(), life: randomUUID(), number: 0 }));
  const { tally } = network;
  const listed = await list(namespace);
  if (after === nameOf(network)) tally.clear();
  const { baseline, grown } = progressOf(network.baseline ?? new Map(), listed);
  if (network.baseline === undefined && resumed) for (const networkInterface of devices.values()) tally.miss(networkInterface);
  else tally.add(grown, (device) => devices.get(device));
  network.baseline = baseline;
  network.number++;
  return { name: nameOf(network), flows: tally.flows, missed: tally.missed };
}

function nameOf({ life, number }: Network): string {
  return `${life}-${number}`;
}

/** A set that is not there has no elements: nothing is logged yet, or any more. */
function list(namespace: Namespace): Promise<readonly Counted[]> {
  const [command, ...rest] = inNamespace(namespace, ["nft", "-j", "-n", "-i"]);
  return new Promise((resolve, reject) => {
    // nft would keep a history of its lines in the user's home.
    const child = spawn(command, rest, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, HOME: "/dev/null" } });
    const counted: Counted[] = [];
    let complaint = "";
    createInterface({ input: child.stdout }).on("line", (line) => {
      for (const one of parseListing(line)) counted.push(one);
    });
    child.stderr.on("data", (data: Buffer) => (complaint = `${complaint}${data.toString()}`.slice(-1000)));
    child.stdin.on("error", () => {});
    child.once("error", reject);
    child.once("close", (code, signal) => {
      const unexpected = complaint.split("\n").find((line) => /Error|nsenter|netlink/.test(line) && !line.includes("No such file or directory"));
      if (signal !== null || unexpected !== undefined) reject(new Error(`nft ended with ${signal ?? code}: ${unexpected ?? complaint}`));
      else resolve(counted);
    });
    child.stdin.end(LISTS);
  });
}

function tell(message: FromFlowReader): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToFlowReader) => {
  last = last.then(async () => {
    if (message.kind === "forget") {
      networks.delete(message.vpc);
      return;
    }
    try {
      tell({ id: message.id, reading: await read(message) });
    } catch (error) {
      tell({ id: message.id, error: (error as Error).message });
    }
  });
});
