/** The inside of `network.mjs`: a box's internet and its networks, and nothing else. Prints one JSON object. */
import { execFileSync } from "node:child_process";
import { setupInternet } from "../packages/dataplane/dist/linux/network/internet.js";
import { startNatGateway } from "../packages/dataplane/dist/linux/network/nat-gateway.js";
import { createNetworks } from "../packages/dataplane/dist/linux/network/networks.js";
import { createNamespace, deleteNamespace } from "../packages/dataplane/dist/linux/tools/namespaces.js";
import { crowd, sixSubnets, twoHosts } from "./network-models.mjs";
import { pumped } from "./pump.mjs";

const ROUNDS = 5;
execFileSync("mount", ["-t", "tmpfs", "tmpfs", "/run"]);
await setupInternet();
const networks = createNetworks();
const vpc = await rounds(makeVpc);
const attach = await attachments();
const changes = [];
for (const members of [10, 100, 1000]) changes.push(await groupChange(members, 10));
for (const rules of [100, 1000]) changes.push(await groupChange(100, rules));
const { ratios, logged, bare } = await throughput();
await networks.close();
console.log(JSON.stringify({ vpc, attach, changes, ratios, logged, bare }));
process.exit();

async function rounds(work) {
  const times = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await work(round));
  return times;
}

async function timed(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function makeVpc(round) {
  const id = `vpc-six${round}`;
  const model = sixSubnets(id);
  const gateways = [...model.interfaces.values()];
  const taken = await timed(() => Promise.all([networks.ensure(id, model), ...gateways.map((one) => makeGateway(one, model.cidrs))]));
  for (const { attachment } of gateways) {
    await networks.unplug(attachment.workload);
    await deleteNamespace(attachment.workload);
  }
  await networks.remove(id);
  return taken;
}

async function makeGateway({ id, attachment, addresses }, cidrs) {
  const namespace = await createNamespace(attachment.workload);
  await networks.plug(attachment.workload, namespace, [id]);
  await startNatGateway(namespace, { address: addresses[0].private, cidrs });
}

/** A second interface for a workload that runs. */
async function attachments() {
  const model = twoHosts("vpc-attach");
  const [first] = model.interfaces.values();
  const workload = first.attachment.workload;
  await networks.ensure(model.id, model);
  await networks.plug(workload, await createNamespace(workload), [first.id]);
  const second = { ...first, id: "eni-second", macAddress: "06:00:00:00:01:00", addresses: [{ private: "10.0.0.200", public: undefined }], attachment: { workload, deviceIndex: 1 } };
  const more = { ...model, interfaces: new Map(model.interfaces).set(second.id, second) };
  const times = await rounds(async () => {
    const taken = await timed(() => networks.ensure(model.id, more));
    await networks.ensure(model.id, model);
    return taken;
  });
  await networks.unplug(workload);
  await deleteNamespace(workload);
  await networks.remove(model.id);
  return times;
}

/** A rule comes and goes in a group; the call ends when the kernel has it. */
async function groupChange(members, rules) {
  const { model, changed } = crowd("vpc-crowd", members, rules);
  await networks.ensure(model.id, model);
  const times = [];
  for (let round = 0; round < 2 * ROUNDS; round++) times.push(await timed(() => networks.ensure(model.id, round % 2 === 0 ? changed : model)));
  await networks.remove(model.id);
  return { members, rules, times };
}

/** A bare veth, a router between two hosts, and the same with flow logs, in turn. */
async function throughput() {
  const model = twoHosts("vpc-pump");
  const [from, to] = [...model.interfaces.values()];
  await networks.ensure(model.id, model);
  for (const one of [from, to]) await networks.plug(one.attachment.workload, await createNamespace(one.attachment.workload), [one.id]);
  for (const name of ["bare-a", "bare-b"]) await createNamespace(name);
  execFileSync("ip", ["link", "add", "name", "eth0", "netns", "bare-a", "mtu", "9001", "type", "veth", "peer", "name", "eth0", "netns", "bare-b", "mtu", "9001"]);
  for (const [name, address] of [["bare-a", "192.168.0.1/24"], ["bare-b", "192.168.0.2/24"]]) {
    execFileSync("ip", ["-n", name, "address", "add", address, "dev", "eth0"]);
    execFileSync("ip", ["-n", name, "link", "set", "eth0", "up"]);
  }
  const bare = [];
  const ratios = [];
  const logged = [];
  const interfaces = new Map([...model.interfaces].map(([id, one]) => [id, { ...one, flowLogged: true }]));
  for (let round = 0; round < ROUNDS; round++) {
    const without = await pumped("bare-a", "bare-b", "192.168.0.2");
    const through = await pumped(from.attachment.workload, to.attachment.workload, to.addresses[0].private);
    bare.push(without);
    ratios.push(through / without);
    await networks.ensure(model.id, { ...model, interfaces });
    logged.push((await pumped(from.attachment.workload, to.attachment.workload, to.addresses[0].private)) / through);
    await networks.ensure(model.id, model);
  }
  return { ratios, logged, bare };
}
