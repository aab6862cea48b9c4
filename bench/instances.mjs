/** The instances' figures: how soon one serves, and what a hundred cost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { AuthorizeSecurityGroupIngressCommand, DescribeImagesCommand, DescribeInstanceStatusCommand, DescribeInstancesCommand, DescribeSecurityGroupsCommand, EC2Client, RunInstancesCommand } from "@aws-sdk/client-ec2";
import { at, median, print } from "./figures.mjs";
import { newGarden, pssOfFamily, root } from "./garden.mjs";

const LAUNCHES = 12;
const CROWD = 100;
const USER_DATA = Buffer.from("#!/bin/sh\nyum install -y httpd\necho hello >/var/www/html/index.html\nsystemctl enable --now httpd\n").toString("base64");

export async function instances() {
  const garden = await newGarden();
  try {
    await garden.run("start");
    const ec2 = new EC2Client({ endpoint: garden.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
    await openDoor(ec2);
    const image = (await ec2.send(new DescribeImagesCommand({ Owners: ["amazon"], Filters: [{ Name: "name", Values: ["al2023-ami-*"] }] }))).Images[0].ImageId;
    const launch = (count, more) => ec2.send(new RunInstancesCommand({ ImageId: image, InstanceType: "t3.micro", MinCount: count, MaxCount: count, ...more }));
    const times = [];
    for (let round = 0; round < LAUNCHES; round++) times.push(await firstByte(garden, ec2, launch));
    print("RunInstances to the first HTTP byte, p50", median(times), 300, { note: `p90 ${at(times, 0.9).toFixed(0)} ms; user data installs and starts httpd` });
    const before = pssOfFamily(garden.hostPid());
    const began = performance.now();
    const { Instances } = await launch(CROWD);
    await allOk(ec2, Instances.map((instance) => instance.InstanceId));
    print(`${CROWD} instances from RunInstances to status ok`, (performance.now() - began) / 1000, 20, { unit: "s" });
    await new Promise((resolve) => setTimeout(resolve, 5000));
    print("memory of each of them, with no workload", (pssOfFamily(garden.hostPid()) - before) / 1024 / CROWD, 12, { unit: "MiB", note: "PSS of the whole cloud, before and after" });
  } finally {
    await garden.end();
  }
}

/** A machine on the box's internet that waits for an address asks it again and again; its answer's first byte counts. */
async function firstByte(garden, ec2, launch) {
  const env = { ...process.env, AWS_ENDPOINT_URL: garden.url, HAKONIWA_PORT: garden.port, HAKONIWA_DATA_DIR: garden.dataDir };
  const asker = spawn(join(root, "hakoniwa"), ["internet", "sh", "-c", "echo ready; read -r address; until curl -sf --connect-timeout 0.2 http://$address/; do :; done"], { cwd: root, env, stdio: ["pipe", "pipe", "inherit"] });
  await once(asker.stdout, "data");
  const began = performance.now();
  const { Instances } = await launch(1, { UserData: USER_DATA });
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [Instances[0].InstanceId] }));
  asker.stdin.write(`${Reservations[0].Instances[0].PublicIpAddress}\n`);
  await once(asker.stdout, "data");
  const took = performance.now() - began;
  asker.kill();
  return took;
}

async function openDoor(ec2) {
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: "group-name", Values: ["default"] }] }));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: SecurityGroups[0].GroupId, IpProtocol: "tcp", FromPort: 80, ToPort: 80, CidrIp: "0.0.0.0/0" }));
}

async function allOk(ec2, ids) {
  for (;;) {
    const { InstanceStatuses } = await ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: ids }));
    if (InstanceStatuses.filter((each) => each.InstanceStatus.Status === "ok").length === ids.length) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
