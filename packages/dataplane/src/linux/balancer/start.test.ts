import http from "node:http";
import type { TargetHealth } from "@hakoniwa/network";
import { afterEach, expect, it } from "vitest";
import { startBalancer, type BalancerProcess } from "./start.js";
import { listen, listenerTo, RawClient, specTo } from "./testing.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

/** A port that is free just now. */
async function freePort(): Promise<number> {
  const server = http.createServer();
  const port = await listen(server);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

function listenersAt(port: number, targetPort: number): ReturnType<typeof specTo>["listeners"] {
  return [listenerTo(targetPort, { port })];
}

it("S4-32 S4-33 a node's process serves, reports its targets' health, takes updates and stops", async () => {
  const server = http.createServer((_request, response) => void response.end("hello!"));
  const targetPort = await listen(server);
  cleanups.push(() => (server.close(), server.closeAllConnections()));
  const port = await freePort();
  const reports: ReadonlyMap<string, TargetHealth>[] = [];
  let reported = (): void => undefined;
  const spec = specTo(targetPort, { listeners: listenersAt(port, targetPort) });
  const node: BalancerProcess = startBalancer(undefined, spec, (health) => {
    reports.push(health);
    reported();
  });
  cleanups.push(() => node.stop());
  const untilState = async (state: string | undefined): Promise<void> => {
    while (reports.length === 0 || reports.at(-1)?.get("i-1")?.state !== state) {
      await new Promise<void>((resolve) => {
        reported = resolve;
      });
    }
  };
  await node.ready;
  await untilState("healthy");
  expect(await new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").untilClosed()).toContain("hello!");
  node.update(specTo(targetPort, { listeners: listenersAt(port, targetPort), targets: [] }));
  await untilState(undefined);
  expect(await new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").untilClosed()).toContain("503");
  await node.stop();
  expect(await node.exited).toBe("stopped");
});

it("S2-53 a target that comes back at once counts as checked from nothing, whatever was found before it left", async () => {
  const server = http.createServer((_request, response) => void response.end("hello!"));
  const targetPort = await listen(server);
  cleanups.push(() => (server.close(), server.closeAllConnections()));
  const port = await freePort();
  const reports: (string | undefined)[] = [];
  let reported = (): void => undefined;
  const node = startBalancer(undefined, specTo(targetPort, { listeners: listenersAt(port, targetPort) }), (health) => {
    reports.push(health.get("i-1")?.state);
    reported();
  });
  cleanups.push(() => node.stop());
  const untilHealthy = async (): Promise<void> => {
    while (reports.at(-1) !== "healthy") {
      await new Promise<void>((resolve) => {
        reported = resolve;
      });
    }
  };
  await untilHealthy();
  reports.length = 0;
  node.update(specTo(targetPort, { listeners: listenersAt(port, targetPort), targets: [] }));
  node.update(specTo(targetPort, { listeners: listenersAt(port, targetPort) }));
  expect(reports).toEqual([undefined]);
  await untilHealthy();
  expect(reports.slice(0, reports.indexOf("healthy"))).toContain("initial");
});

it("an update that changes nothing tells nothing: else each telling would lead to the next", async () => {
  const port = await freePort();
  const reports: ReadonlyMap<string, TargetHealth>[] = [];
  const spec = specTo(1, { listeners: listenersAt(port, 1), targets: [] });
  const node = startBalancer(undefined, spec, (health) => void reports.push(health));
  cleanups.push(() => node.stop());
  await node.ready;
  node.update(spec);
  // The process tells in order: when what came after it is known, the update's own health has been told too.
  node.update(specTo(1, { listeners: listenersAt(port, 1) }));
  while (reports.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect([...reports[0]!.keys()]).toEqual(["i-1"]);
});

it("a node whose port is taken ends with the reason", async () => {
  const server = http.createServer();
  server.listen(0, "0.0.0.0");
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  cleanups.push(() => server.close());
  const port = (server.address() as { port: number }).port;
  const node = startBalancer(undefined, specTo(1, { listeners: listenersAt(port, 1), targets: [] }), () => undefined);
  await expect(node.ready).rejects.toThrow(`port ${port} can't be listened on`);
  expect(await node.exited).toContain(`port ${port}`);
});

it("a node in a namespace that is not there ends with the reason", async () => {
  const node = startBalancer({ name: "no-such-namespace" }, specTo(1, { listeners: [], targets: [] }), () => undefined);
  await expect(node.ready).rejects.toThrow("no-such-namespace");
});
