/** The API's figures: how many signed calls a second, beside the peer's; memory; and what ten thousand security groups cost. */
import { spawn, spawnSync } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, CreateVpcCommand, DescribeInstancesCommand, DescribeSecurityGroupsCommand, DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { at, median, print } from "./figures.mjs";
import { freePorts, newGarden, pssOfFamily, residentOf } from "./garden.mjs";

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));
const ROUND = 4;
const CONNECTIONS = 8;
const settings = (port) => ({ endpoint: `http://127.0.0.1:${port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });

/** Signed DescribeVpcs with ten VPCs: ours and the peer's by turns, so that both meet the same machine. */
export async function describe() {
  const garden = await newGarden({ HAKONIWA_DATAPLANE: "paper" });
  const peer = await startPeer();
  try {
    await garden.run("start");
    await tenVpcs(garden.port);
    if (peer) await tenVpcs(peer.port);
    const ours = [];
    const theirs = [];
    for (let round = 0; round < 3; round++) {
      if (peer) theirs.push(await rate(peer.port));
      ours.push(await rate(garden.port));
    }
    const note = `${median(ours).toFixed(0)} a second`;
    if (peer) print("DescribeVpcs, times the peer's calls a second", median(ours) / median(theirs), 25, { unit: "×", atLeast: true, note: `${note}, moto_server ${median(theirs).toFixed(0)}` });
    else console.log(`DescribeVpcs: ${note}; there is no peer to compare with: moto_server is not on the PATH`);
    const { latencies } = await load(garden.port, 1);
    print("DescribeVpcs p50 on one connection", at(latencies, 0.5), 1, { note: `p99 ${at(latencies, 0.99).toFixed(2)} ms` });
  } finally {
    peer?.end();
    await garden.end();
  }
}

/** What the process that answers holds after a thousand calls of several kinds. */
export async function memory() {
  const garden = await newGarden({ HAKONIWA_DATAPLANE: "paper" });
  try {
    await garden.run("start");
    const [ec2, sts, ssm, iam] = [EC2Client, STSClient, SSMClient, IAMClient].map((Client) => new Client(settings(garden.port)));
    for (let n = 0; n < 100; n++) {
      const Name = `/bench/${n}`;
      const { GroupId } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: `group-${n}`, Description: "one of a hundred" }));
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" }));
      await ec2.send(new DescribeSecurityGroupsCommand({}));
      await ec2.send(new DescribeVpcsCommand({}));
      await ec2.send(new DescribeSubnetsCommand({}));
      await ec2.send(new DescribeInstancesCommand({}));
      await sts.send(new GetCallerIdentityCommand({}));
      await ssm.send(new PutParameterCommand({ Name, Value: "x".repeat(100), Type: "String" }));
      await ssm.send(new GetParameterCommand({ Name }));
      await iam.send(new GetUserCommand({}));
    }
    print("memory after a thousand mixed calls (RSS)", residentOf(garden.cloudPid()) / 1024, 110, { unit: "MB", note: `with its host process ${(pssOfFamily(garden.hostPid()) / 1024).toFixed(0)} MB (PSS)` });
  } finally {
    await garden.end();
  }
}

/** Back to empty, after a thousand resources. */
export async function reset() {
  const garden = await newGarden({ HAKONIWA_DATAPLANE: "paper", HAKONIWA_ALLOW_RESET: "1" });
  try {
    await garden.run("start");
    const [ec2, ssm] = [EC2Client, SSMClient].map((Client) => new Client(settings(garden.port)));
    const times = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 500; n++) {
        await ec2.send(new CreateSecurityGroupCommand({ GroupName: `group-${n}`, Description: "one of many" }));
        await ssm.send(new PutParameterCommand({ Name: `/bench/${n}`, Value: "x", Type: "String" }));
      }
      const began = performance.now();
      const { status } = await fetch(`${garden.url}/_hakoniwa/reset`, { method: "POST" });
      times.push(performance.now() - began);
      if (status !== 200) throw new Error(`the reset was answered with ${status}`);
    }
    print("reset after a thousand resources", median(times), 100);
  } finally {
    await garden.end();
  }
}

/** Ten thousand security groups: one found by a filter, and what the last ones cost to create beside the first. */
export async function groups() {
  const garden = await newGarden({ HAKONIWA_DATAPLANE: "paper" });
  try {
    await garden.run("start");
    const ec2 = new EC2Client(settings(garden.port));
    const times = [];
    const vpcs = (await ec2.send(new DescribeVpcsCommand({}))).Vpcs;
    const create = async (n) => {
      const began = performance.now();
      await ec2.send(new CreateSecurityGroupCommand({ GroupName: `group-${n}`, Description: `number ${n}`, VpcId: vpcs[0].VpcId }));
      times.push(performance.now() - began);
    };
    try {
      for (let n = 0; n < 10_000; n++) await create(n);
    } catch (error) {
      console.log(`security groups: only ${times.length} could be created (${error.name}: ${error.message})`);
      return;
    }
    print("the last of 10,000 creates, times the first", median(times.slice(-500)) / median(times.slice(500, 1_000)), 1.5, { unit: "×", note: `${median(times.slice(500, 1_000)).toFixed(2)} and ${median(times.slice(-500)).toFixed(2)} ms` });
    const finds = [];
    for (let n = 0; n < 30; n++) {
      const began = performance.now();
      const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: [`group-${n * 300}`] }] }));
      finds.push(performance.now() - began);
      if (SecurityGroups.length !== 1) throw new Error(`the filter found ${SecurityGroups.length}`);
    }
    print("a filtered describe among 10,000 groups", median(finds), 50, { note: `p99 ${at(finds, 0.99).toFixed(1)} ms` });
  } finally {
    await garden.end();
  }
}

async function tenVpcs(port) {
  const ec2 = new EC2Client(settings(port));
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  for (let n = Vpcs.length; n < 10; n++) await ec2.send(new CreateVpcCommand({ CidrBlock: `10.${n}.0.0/16` }));
}

async function rate(port) {
  const { latencies, seconds } = await load(port, CONNECTIONS);
  return latencies.length / seconds;
}

/** @returns what `load.mjs` saw; any answer but 200 is an error */
export async function load(port, connections, seconds = ROUND) {
  const request = await signed(port, new DescribeVpcsCommand({}));
  const child = spawn(process.execPath, [LOAD], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify({ port: Number(port), request, connections, seconds }));
  let out = "";
  for await (const chunk of child.stdout) out += chunk;
  const result = JSON.parse(out);
  if (result.failures > 0 || result.latencies.length === 0) throw new Error(`${result.failures} of the calls to port ${port} failed`);
  return result;
}

/** A command as the bytes of its signed request, which stays good for some minutes. */
async function signed(port, command) {
  let request;
  const requestHandler = {
    handle(made) {
      request = made;
      return Promise.reject(new Error("taken"));
    },
  };
  await new EC2Client({ ...settings(port), requestHandler }).send(command).catch(() => undefined);
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${request.method} ${request.path} HTTP/1.1\r\n${headers.join("")}\r\n${request.body}`;
}

/** The most used emulator of AWS's API, in one process as ours is; undefined when this machine has none. */
async function startPeer() {
  if (spawnSync("moto_server", ["--help"], { stdio: "ignore" }).error) return undefined;
  const [port] = await freePorts(1);
  const child = spawn("moto_server", ["-H", "127.0.0.1", "-p", port], { stdio: "ignore" });
  for (;;) {
    const open = await new Promise((resolve) => connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false)));
    if (open) return { port, end: () => child.kill() };
    if (child.exitCode !== null) throw new Error(`moto_server ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
