/** How long the API takes to answer over HTTP while 1,000 instances of a paper cloud start and stop all the time. Prints one JSON object. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { createPaperDataPlane } from "@hakoniwa/dataplane";
import { administrator, createCore } from "@hakoniwa/cloud";
import { createIds, systemClocks } from "@hakoniwa/kernel";
import { lmdbBackend } from "@hakoniwa/kernel/lmdb";
import { createEndpoint, MODELS } from "@hakoniwa/wire";

const SECONDS = 5;
const folder = mkdtempSync(join(tmpdir(), "bench-paper-"));
const clocks = systemClocks();
const dataPlane = createPaperDataPlane({ clock: clocks.cloud });
const core = createCore({
  clocks,
  ids: createIds(),
  dataPlane,
  backend: lmdbBackend(folder),
  account: "123456789012",
  log: (message) => console.error(message),
});
await core.start();
const endpoint = createEndpoint({
  models: Object.values(MODELS),
  region: "ap-northeast-1",
  verify: "strict",
  secretOf: () => ({ secret: "test" }),
  now: () => [Date.now()],
  date: () => new Date(),
  newRequestId: () => crypto.randomUUID(),
  invoke: (call) => core.calls.call({ ...call, caller: administrator("123456789012") }),
});
const server = createServer((request, response) => void endpoint(request, response));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const ec2 = new EC2Client({ endpoint: `http://127.0.0.1:${server.address().port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });

const aws = core.aws("ap-northeast-1");
const { Images } = await aws.ec2.DescribeImages({ Owners: ["amazon"] });
const ids = [];
while (ids.length < 1000) {
  const { Instances } = await aws.ec2.RunInstances({ ImageId: Images[0].ImageId, InstanceType: "t3.micro", MinCount: 100, MaxCount: 100 });
  ids.push(...Instances.map((instance) => instance.InstanceId));
}
await core.driver.idle();

const before = core.store.sequence;
const end = performance.now() + SECONDS * 1000;
const latencies = [];
let next = 0;
await Promise.all([change(), ask()]);
latencies.sort((a, b) => a - b);
const at = (part) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * part))];
console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99), calls: latencies.length, changes: core.store.sequence - before }));
server.close();
server.closeAllConnections();
await core.stop();
await dataPlane.close();
rmSync(folder, { recursive: true, force: true });

/** Stops twenty, starts them again, and goes on with the next twenty. */
async function change() {
  while (performance.now() < end) {
    const some = ids.slice(next, next + 20);
    next = (next + 20) % ids.length;
    await aws.ec2.StopInstances({ InstanceIds: some });
    await core.driver.idle();
    await aws.ec2.StartInstances({ InstanceIds: some });
    await core.driver.idle();
  }
}

async function ask() {
  while (performance.now() < end) {
    const began = performance.now();
    await ec2.send(new DescribeVpcsCommand({}));
    latencies.push(performance.now() - began);
  }
}
