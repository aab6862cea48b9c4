/** How soon a target leaves rotation, and how soon a group of servers is whole again. */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { AutoScalingClient, CreateAutoScalingGroupCommand, CreateLaunchConfigurationCommand } from "@aws-sdk/client-auto-scaling";
import { AuthorizeSecurityGroupIngressCommand, DescribeImagesCommand, DescribeInstancesCommand, DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client, RunInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import {
  CreateListenerCommand, CreateLoadBalancerCommand, CreateTargetGroupCommand, DescribeTargetHealthCommand, ElasticLoadBalancingV2Client, RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { startNode } from "./balancer-world.mjs";
import { median, print } from "./figures.mjs";
import { freePorts, newGarden } from "./garden.mjs";

const LOAD = fileURLToPath(new URL("load.mjs", import.meta.url));
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const CHECK = { interval: 1_000, timeout: 300, threshold: 2 };
const USER_DATA = Buffer.from("#!/bin/sh\nyum install -y httpd\necho hello >/var/www/html/index.html\nsystemctl enable --now httpd\n").toString("base64");

export async function rotation() {
  const { interval, timeout, threshold } = CHECK;
  const refusing = await worstOf(ROUNDS, "refuse");
  print("a target that refuses: until out of rotation", refusing, interval * threshold + 50, { note: `worst of ${ROUNDS}; ${threshold} failures ${interval} ms apart` });
  const hanging = await worstOf(ROUNDS, "hang");
  print("a target that hangs: until out of rotation", hanging, interval * threshold + timeout + 50, { note: `worst of ${ROUNDS}; each check waits ${timeout} ms` });
  await replacement();
}

async function worstOf(rounds, fault) {
  let worst = 0;
  for (let round = 0; round < rounds; round++) worst = Math.max(worst, await leave(fault));
  return worst;
}

/** From the moment that a target refuses or hangs, wherever in an interval that falls, until its node sends it no more. */
async function leave(fault) {
  const [front] = await freePorts(1);
  let hangs = false;
  const server = createServer((_request, response) => void (hangs || response.end("hello!")));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const node = startNode(specOf(Number(front), server.address().port));
  try {
    await state(node, "healthy");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * CHECK.interval));
    const left = state(node, "unhealthy");
    const began = performance.now();
    hangs = true;
    if (fault === "refuse") server.close();
    server.closeAllConnections();
    await left;
    return performance.now() - began;
  } finally {
    node.kill("SIGKILL");
    server.close();
    server.closeAllConnections();
  }
}

function state(node, wanted) {
  return new Promise((resolve) => {
    const hear = (message) => {
      if (message.kind !== "health" || message.health[0]?.[1].state !== wanted) return;
      node.off("message", hear);
      resolve();
    };
    node.on("message", hear);
  });
}

function specOf(front, port) {
  return {
    generation: "application",
    listeners: [{ port: front, protocol: "HTTP", rules: [{ priority: 0, conditions: [], action: { kind: "forward", to: [{ group: "one", weight: 1 }] } }] }],
    groups: [
      {
        id: "one",
        protocol: "HTTP",
        targets: [{ id: "i-1", address: "127.0.0.1", port, draining: false }],
        healthCheck: { protocol: "HTTP", port: undefined, path: "/", matcher: "200", interval: CHECK.interval, timeout: CHECK.timeout, healthyThreshold: 2, unhealthyThreshold: CHECK.threshold, initialThreshold: 1 },
        algorithm: "round-robin",
        slowStart: 0,
        failOpen: false,
      },
    ],
    idleTimeout: 60_000,
    http: { forwardedFor: "append", clientPort: false, preserveHost: true, dropInvalidHeaders: false, desync: "defensive", tlsHeaders: false },
    logs: false,
  };
}

/**
 * One of a group of two is terminated: until its successor is healthy in the balancer's eyes, less its own shutdown and what a launch by hand
 * takes until there. Then the other one of the first two, under load: a group whose instances die young waits before it launches others.
 */
async function replacement() {
  const garden = await newGarden();
  try {
    await garden.run("start");
    const world = await build(garden);
    const launches = [];
    for (let round = 0; round < 3; round++) launches.push(await launchByHand(world));
    const [first, second] = await healthy(world);
    const { took, shutdown } = await replace(world, first);
    const note = `after ${took.toFixed(0)} ms; shutdown ${shutdown.toFixed(0)} ms, a launch by hand ${median(launches).toFixed(0)} ms`;
    print("a terminated instance: replaced, less those two", took - shutdown - median(launches), 500, { note });
    const load = startLoad(garden.httpPort, world.name, 5);
    const whole = (await replace(world, second)).took;
    const { failures, latencies } = await load;
    console.log(`one of two terminated under 32 connections: ${failures} of ${failures + latencies.length} requests failed, two served again after ${whole.toFixed(0)} ms`);
  } finally {
    await garden.end();
  }
}

async function build(garden) {
  const aws = { endpoint: garden.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
  const ec2 = new EC2Client(aws);
  const elbv2 = new ElasticLoadBalancingV2Client(aws);
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["default"] }] }));
  const { GroupId, VpcId } = SecurityGroups[0];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" }));
  const ImageId = (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-*"] }] }))).Images[0].ImageId;
  const subnets = (await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }))).Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId);
  const balancer = (await elbv2.send(new CreateLoadBalancerCommand({ Name: "site", Subnets: subnets, SecurityGroups: [GroupId] }))).LoadBalancers[0];
  const check = { HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2, HealthCheckPath: "/index.html" };
  const TargetGroupArn = (await elbv2.send(new CreateTargetGroupCommand({ Name: "web", Protocol: "HTTP", Port: 80, VpcId, ...check }))).TargetGroups[0].TargetGroupArn;
  await elbv2.send(new CreateListenerCommand({ LoadBalancerArn: balancer.LoadBalancerArn, Protocol: "HTTP", Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn }] }));
  const world = { ec2, elbv2, TargetGroupArn, ImageId, subnet: subnets[0], name: balancer.DNSName };
  const autoscaling = new AutoScalingClient(aws);
  await autoscaling.send(new CreateLaunchConfigurationCommand({ LaunchConfigurationName: "web", ImageId, InstanceType: "t3.micro", UserData: USER_DATA }));
  const capacity = { MinSize: 2, MaxSize: 2, VPCZoneIdentifier: subnets.join(","), HealthCheckType: "ELB", HealthCheckGracePeriod: 60 };
  await autoscaling.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName: "web", LaunchConfigurationName: "web", TargetGroupARNs: [TargetGroupArn], ...capacity }));
  await until(async () => (await healthy(world)).length === 2);
  return world;
}

async function healthy({ elbv2, TargetGroupArn }) {
  const { TargetHealthDescriptions } = await elbv2.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
  return TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth.State === "healthy").map(({ Target }) => Target.Id);
}

async function stateOf({ ec2 }, id) {
  return (await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations[0].Instances[0].State.Name;
}

/** From RunInstances until the balancer finds it healthy. It is gone afterwards. */
async function launchByHand(world) {
  const { ec2, elbv2, ImageId, subnet, TargetGroupArn } = world;
  const began = performance.now();
  const { Instances } = await ec2.send(new RunInstancesCommand({ ImageId, InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, SubnetId: subnet, UserData: USER_DATA }));
  const id = Instances[0].InstanceId;
  await until(async () => (await stateOf(world, id)) === "running");
  await elbv2.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: id }] }));
  await until(async () => (await healthy(world)).includes(id));
  const took = performance.now() - began;
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await until(async () => (await stateOf(world, id)) === "terminated");
  return took;
}

async function replace(world, victim) {
  const before = await healthy(world);
  const began = performance.now();
  let shutdown;
  await world.ec2.send(new TerminateInstancesCommand({ InstanceIds: [victim] }));
  await until(async () => {
    if (shutdown === undefined && (await stateOf(world, victim)) === "terminated") shutdown = performance.now() - began;
    const now = await healthy(world);
    return now.length === 2 && now.some((id) => !before.includes(id));
  });
  return { took: performance.now() - began, shutdown };
}

function startLoad(port, name, seconds) {
  const child = spawn(process.execPath, [LOAD], { stdio: ["pipe", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  child.stdin.end(JSON.stringify({ port, request: `GET / HTTP/1.1\r\nHost: ${name}.localhost\r\n\r\n`, connections: 32, seconds }));
  return new Promise((resolve) => child.once("close", () => resolve(JSON.parse(out))));
}

async function until(look) {
  const end = performance.now() + 60_000;
  while (!(await look())) {
    if (performance.now() > end) throw new Error("a minute went by");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
