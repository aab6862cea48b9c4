/** Measures the budgets of docs/figures.md and prints each beside its budget. Absolute times mean little on a noisy machine; look at them together. */
import { spawnSync } from "node:child_process";
import { describe, groups, memory, reset } from "./api.mjs";
import { balancer } from "./balancer.mjs";
import { median, print, timed } from "./figures.mjs";
import { answered, newGarden, pssOfFamily, root } from "./garden.mjs";
import { instances } from "./instances.mjs";
import { network } from "./network.mjs";
import { rotation } from "./rotation.mjs";
import { s3 } from "./s3.mjs";
import { store } from "./store.mjs";

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const all = { synthesis, start, up, paper, stacks, store, describe, memory, groups, reset, s3, network, instances, balancer, rotation };
const wanted = process.argv.slice(2);
for (const name of wanted) if (!all[name]) throw new Error(`there is no figure "${name}": there are ${Object.keys(all).join(", ")}`);
for (const [name, measure] of Object.entries(all)) if (wanted.length === 0 || wanted.includes(name)) await measure();

/** Node alone, on the same machine at the same moment: the peer of what starts processes. */
function bareNode() {
  return timed(() => spawnSync(process.execPath, ["-e", "0"]));
}

async function synthesis() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const env = { ...process.env, CDK_VALIDATION: "false" };
    times.push(timed(() => spawnSync(process.execPath, ["packages/blueprint/dist/synth.js", "minimal"], { cwd: root, env })));
  }
  const bare = median(Array.from({ length: rounds }, bareNode));
  print("template synthesis", median(times), 2000, { note: `${(median(times) / bare).toFixed(1)} times bare node` });
}

/** From typing `start` to the API's first answer. */
async function start() {
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const garden = await newGarden();
    const began = performance.now();
    const starting = garden.run("start");
    await answered(`http://127.0.0.1:${garden.port}/_hakoniwa/health`);
    times.push(performance.now() - began);
    await starting;
    await garden.end();
  }
  const bare = median(Array.from({ length: rounds }, bareNode));
  print("start to first API answer", median(times), 700, { note: `${(median(times) / bare).toFixed(1)} times bare node` });
}

/** From typing `up` with an empty data directory to the first hello!, and the memory of everything that then runs. */
async function up() {
  const times = [];
  const memory = [];
  for (let round = 0; round < rounds; round++) {
    const garden = await newGarden();
    const began = performance.now();
    const going = garden.run("up");
    await answered(`http://127.0.0.1:${garden.httpPort}/`, "hello!\n");
    times.push(performance.now() - began);
    await going;
    memory.push(pssOfFamily(garden.hostPid()));
    await garden.end();
  }
  // Two checks of the balancer are needed, and they are 5 s apart by AWS's shortest interval.
  print("up to the first hello!", median(times), 12_000);
  print("  of which ours", median(times) - 5000, 4000);
  print("memory of the whole cloud (PSS)", median(memory) / 1024, 400, { unit: "MB" });
}

/** 1,000 instances that change all the time on paper, and a client that asks meanwhile. */
async function paper() {
  const { status, stdout } = spawnSync(process.execPath, ["bench/paper.mjs"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw new Error("bench/paper.mjs failed");
  const { p50, p99, calls, changes } = JSON.parse(stdout);
  print("API p99 with 1,000 changing instances", p99, 20, { note: `p50 ${p50.toFixed(2)} ms, ${calls} calls, ${changes} commits meanwhile` });
}

/** Stacks of many resources on paper, with a store on disk. */
async function stacks() {
  const { status, stdout } = spawnSync(process.execPath, ["bench/stacks.mjs"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw new Error("bench/stacks.mjs failed");
  const { validate, stacks: of } = JSON.parse(stdout);
  print("a template of 500 resources checked", validate[500], 200, { note: `50 take ${validate[50].toFixed(2)} ms` });
  print("a stack of 200 resources, paper", of[200].create, 3000, { note: `deleted in ${of[200].remove.toFixed(0)} ms` });
  print("each of 500 resources, beside each of 50", of[500].create / 500 / (of[50].create / 50), 1.5, { unit: "x", note: `500 take ${of[500].create.toFixed(0)} ms` });
}
