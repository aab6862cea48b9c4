import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BalancerWorkload, NetworkInterface, Vpc } from "@hakoniwa/network";
import { listenerTo, specTo, targetAt } from "../balancer/testing.js";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const HELLO = Buffer.from("#!/bin/bash\nyum install -y httpd\necho 'hello!' > /var/www/html/index.html\nservice httpd start\n");
const BALANCER: BalancerWorkload = {
  kind: "balancer",
  vpc: "vpc-1",
  interfaces: ["eni-20"],
  ...specTo(80, {
    listeners: [listenerTo(80, { port: 80 })],
    healthCheck: { protocol: "HTTP", port: 80, path: "/index.html", matcher: "200", interval: 200, timeout: 100, healthyThreshold: 2, unhealthyThreshold: 2 },
    targets: [targetAt({ id: "i-30", address: "10.0.1.30" })],
  }),
  idleTimeout: 60_000,
};

let box: TestBox;
let sitePort: number;

/** An interface in the private subnet, 10.0.1.0/24. */
function inPrivate(n: number, workload: string): NetworkInterface {
  return { ...testInterface(n, workload), subnet: "subnet-2", addresses: [{ private: `10.0.1.${n}`, public: undefined }] };
}

/** The private subnet's default route leads to `target`, an interface in the public one. */
function vpcThrough(target: "eni-21" | "eni-22"): Vpc {
  const gateway: NetworkInterface = { ...testInterface(21, "nat-21", "198.51.100.21"), managed: "nat-gateway", securityGroups: [], sourceDestCheck: false };
  const natInstance: NetworkInterface = { ...testInterface(22, "i-22", "198.51.100.22"), sourceDestCheck: false };
  const vpc = testVpc([testInterface(20, "node-20", "198.51.100.20"), gateway, natInstance, inPrivate(30, "i-30")]);
  const route = { destination: "0.0.0.0/0", target: { kind: "network-interface", id: target } } as const;
  return {
    ...vpc,
    subnets: new Map([...vpc.subnets, ["subnet-2", { id: "subnet-2", cidr: "10.0.1.0/24", availabilityZone: "ap-northeast-1a", routeTable: "rtb-2", networkAcl: "acl-1" }]]),
    routeTables: new Map([...vpc.routeTables, ["rtb-2", { id: "rtb-2", routes: [route] }]]),
  };
}

const ensure = (port: "networks" | "workloads" | "disks", key: string, spec: unknown): Promise<unknown> => box.call({ kind: "ensure", port, key, spec });

beforeAll(async () => {
  const site = createServer().listen({ host: "127.0.0.1", port: 0 });
  await once(site, "listening");
  sitePort = (site.address() as AddressInfo).port;
  box = await startTestBox(site);
  await ensure("networks", "vpc-1", vpcThrough("eni-21"));
  await ensure("disks", "vol-30", { source: { kind: "image", name: "al2023" }, snapshots: [] });
  await ensure("disks", "vol-22", { source: { kind: "image", name: "nat" }, snapshots: [] });
  await ensure("workloads", "i-30", testInstance(30, { userData: HELLO }));
});

afterAll(() => box.end());

describe("a balancer node", () => {
  it("finds its target healthy and serves hello! (S4-32)", async () => {
    await ensure("workloads", "node-20", BALANCER);
    await box.until("node-20", (status) => status?.state === "running" && status.health.get("i-30")?.state === "healthy");
    expect((await box.internet("curl -sS --max-time 5 http://198.51.100.20/")).stdout).toBe("hello!\n");
  });

  it("is reached from the host by its name, through the edge", async () => {
    const record = { addresses: ["198.51.100.20"], scope: { kind: "internet" }, site: true };
    await box.call({ kind: "ensure", port: "names", key: "web-1.elb.amazonaws.com", spec: record });
    const get = (name: string): string =>
      spawnSync("curl", ["-sS", "--max-time", "5", "--resolve", `${name}:${sitePort}:127.0.0.1`, `http://${name}:${sitePort}/`], { encoding: "utf8" }).stdout;
    expect(get("web-1.elb.amazonaws.com.localhost")).toBe("hello!\n");
    expect(get("localhost")).toBe("hello!\n");
    expect(get("other.localhost")).not.toContain("hello!");
  });

  it("finds a target unhealthy whose server stops, and says why", async () => {
    await box.exec("i-30", "service httpd stop");
    await box.until("node-20", (status) => status?.state === "running" && status.health.get("i-30")?.state === "unhealthy");
    expect(await box.call({ kind: "observe", port: "workloads", key: "node-20" })).toMatchObject({ state: "running" });
  });

  it("is seen to have died, and is started anew when asked again", async () => {
    const exited = box.until("node-20", (status) => status?.state === "exited");
    await box.sandbox("pkill -9 -f linux/balancer/main.js");
    await exited;
    await ensure("workloads", "node-20", BALANCER);
    expect(await box.call({ kind: "observe", port: "workloads", key: "node-20" })).toMatchObject({ state: "running" });
  });

  it("leaves no namespace when it is removed", async () => {
    await box.call({ kind: "remove", port: "workloads", key: "node-20" });
    expect((await box.sandbox("ip netns list; pgrep -f '[b]alancer/main.js'")).stdout).not.toMatch(/node-20|\d{2,}/);
  });
});

describe("a private instance", () => {
  const ping = "ping -c 1 -W 1 8.8.8.8 >/dev/null && echo answered";

  it("reaches the internet through a NAT gateway (S4-36), and not without one", async () => {
    expect((await box.exec("i-30", ping)).stdout).toBe("");
    await ensure("workloads", "nat-21", { kind: "nat-gateway", vpc: "vpc-1", interfaces: ["eni-21"] });
    expect((await box.exec("i-30", ping)).stdout).toBe("answered\n");
  });

  it("reaches the internet through a NAT instance (S4-13, S4-20)", async () => {
    await box.call({ kind: "remove", port: "workloads", key: "nat-21" });
    await ensure("networks", "vpc-1", vpcThrough("eni-22"));
    expect((await box.exec("i-30", ping)).stdout).toBe("");
    await ensure("workloads", "i-22", testInstance(22));
    await box.exec("i-22", "while [ ! -e /run/booted ]; do sleep 0.01; done");
    expect((await box.exec("i-30", ping)).stdout).toBe("answered\n");
  });
});

describe("killing the launcher's child", () => {
  it("leaves no process of the box", async () => {
    const other = await startTestBox();
    await other.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc([testInterface(11, "i-11")]) });
    await other.call({ kind: "ensure", port: "disks", key: "vol-11", spec: { source: { kind: "image", name: "al2023" }, snapshots: [] } });
    await other.call({ kind: "ensure", port: "workloads", key: "i-11", spec: testInstance(11) });
    const processes = (): string => spawnSync("pgrep", ["-f", other.dataDir], { encoding: "utf8" }).stdout;
    expect(processes()).not.toBe("");
    await other.end();
    expect(processes()).toBe("");
  });
});
