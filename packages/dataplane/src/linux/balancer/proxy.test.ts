import http from "node:http";
import net from "node:net";
import type { TargetHealth } from "@hakoniwa/network";
import { afterEach, describe, expect, it } from "vitest";
import { createProxy } from "./proxy.js";
import { listen, listenerTo, LOOPBACK, proxyTo, rawServer, RawClient, specTo, targetAt, tcpCheck } from "./testing.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function site(answer: http.RequestListener): Promise<{ server: http.Server; port: number }> {
  const server = http.createServer(answer);
  const port = await listen(server);
  cleanups.push(() => (server.close(), server.closeAllConnections()));
  return { server, port };
}

/** Waits for a health that satisfies the condition, as it is reported. */
function healthWatch(): { onHealth: (health: ReadonlyMap<string, TargetHealth>) => void; until: (holds: (health: ReadonlyMap<string, TargetHealth>) => boolean) => Promise<void> } {
  let latest: ReadonlyMap<string, TargetHealth> = new Map();
  let look = (): void => undefined;
  return {
    onHealth(health) {
      latest = health;
      look();
    },
    until: (holds) =>
      new Promise((resolve) => {
        look = () => holds(latest) && resolve();
        look();
      }),
  };
}

/** A value that comes later. */
function signal<T>(): { given: Promise<T>; give: (value: T) => void } {
  let give: (value: T) => void = () => undefined;
  const given = new Promise<T>((resolve) => {
    give = resolve;
  });
  return { given, give: (value) => give(value) };
}

function get(port: number, agent?: http.Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: LOOPBACK, port, agent }, (response) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      response.on("error", reject);
    });
    request.on("error", reject);
  });
}

describe("a node's health checks", () => {
  it("S2-47 S2-48 S2-49 take a target in, out and in again by what it really answers", async () => {
    let status = 200;
    const requests: http.IncomingHttpHeaders[] = [];
    const { port: targetPort } = await site((request, response) => {
      requests.push(request.headers);
      response.statusCode = status;
      response.end();
    });
    const watch = healthWatch();
    const proxy = createProxy({ host: LOOPBACK, timeScale: 100, onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    const healthCheck = { protocol: "HTTP" as const, port: targetPort, path: "/health", matcher: "200", interval: 5_000, timeout: 2_000, healthyThreshold: 2, unhealthyThreshold: 3 };
    await proxy.update(specTo(targetPort, { healthCheck }));
    await watch.until((health) => health.get("i-1")?.state === "initial");
    expect((await get(proxy.portOf(0) ?? 0)).status).toBe(503);
    await watch.until((health) => health.get("i-1")?.state === "healthy");
    expect(requests.length).toBeGreaterThanOrEqual(2);
    expect(requests[0]).toMatchObject({ "user-agent": "ELB-HealthChecker/1.0", host: `${LOOPBACK}:${targetPort}` });
    status = 204;
    await watch.until((health) => health.get("i-1")?.state === "unhealthy" && health.get("i-1")?.reason === "HTTP 204");
    expect((await get(proxy.portOf(0) ?? 0)).status).toBe(503);
    status = 200;
    await watch.until((health) => health.get("i-1")?.state === "healthy");
  });

  it("S2-47 see a target that is still starting as soon as it answers, and then ask for the threshold's successes, an interval apart", async () => {
    const times: number[] = [];
    const later = http.createServer((_request, response) => (times.push(performance.now()), response.end()));
    const { server: placeholder, port: targetPort } = await rawServer(() => undefined);
    await new Promise<void>((resolve) => placeholder.close(() => resolve()));
    const interval = 1_000;
    const watch = healthWatch();
    const proxy = createProxy({ host: LOOPBACK, onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    const healthCheck = { ...tcpCheck(targetPort), protocol: "HTTP" as const, path: "/", interval, timeout: 500, healthyThreshold: 2 };
    await proxy.update(specTo(targetPort, { healthCheck }));
    await watch.until((health) => health.get("i-1")?.state === "initial");
    await new Promise<void>((resolve) => later.listen(targetPort, LOOPBACK, resolve));
    const up = performance.now();
    cleanups.push(() => (later.close(), later.closeAllConnections()));
    await watch.until((health) => health.get("i-1")?.state === "healthy");
    expect(times).toHaveLength(2);
    expect(times[0]! - up).toBeLessThan(interval / 2);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(interval * 0.95);
  });

  it("S2-48 count a starting target's failures once an interval, however often it is asked", async () => {
    const { server, port: targetPort } = await rawServer(() => undefined);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const watch = healthWatch();
    const proxy = createProxy({ host: LOOPBACK, onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    const began = performance.now();
    await proxy.update(specTo(targetPort, { healthCheck: { ...tcpCheck(targetPort), interval: 600, unhealthyThreshold: 3 } }));
    await watch.until((health) => health.get("i-1")?.state === "unhealthy");
    expect(performance.now() - began).toBeGreaterThanOrEqual(1_150);
  });

  it.each([
    ["connection refused", undefined],
    ["timeout", (socket: net.Socket) => void socket.resume()],
    ["connection closed before an answer", (socket: net.Socket) => void socket.end()],
    ["malformed answer", (socket: net.Socket) => void socket.end("what?\r\n\r\n")],
    ["HTTP 301", (socket: net.Socket) => void socket.end("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n")],
  ])("say why a target fails: %s", async (reason, serve) => {
    const { server, port: targetPort } = await rawServer(serve ?? (() => undefined));
    cleanups.push(() => void server.close());
    if (serve === undefined) {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
    const watch = healthWatch();
    const proxy = createProxy({ host: LOOPBACK, timeScale: 100, onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    await proxy.update(specTo(targetPort, { healthCheck: { ...tcpCheck(targetPort), protocol: "HTTP", path: "/", timeout: 100 } }));
    await watch.until((health) => health.get("i-1")?.state === "unhealthy" && health.get("i-1")?.reason?.startsWith(reason) === true);
  });
});

describe("a node without a healthy target", () => {
  it("answers 503 in Classic's words with an empty body, and keeps the connection", async () => {
    const proxy = createProxy({ host: LOOPBACK, onHealth: () => undefined });
    cleanups.push(() => proxy.close());
    await proxy.update(specTo(1, { targets: [] }));
    const client = new RawClient(proxy.portOf(0) ?? 0);
    cleanups.push(() => void client.socket.destroy());
    const expected = "HTTP/1.1 503 Service Unavailable: Back-end server is at capacity\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n";
    expect(await client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").until("\r\n\r\n")).toBe(expected);
    client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect((await client.untilClosed()).match(/503/g)).toHaveLength(2);
  });
});

describe("a node with several targets", () => {
  it("S2-43 spreads requests evenly, and passes over one that refuses connections", async () => {
    // All of 127.0.0.0/8 is the loopback, so targets at one port can have addresses of their own.
    const served = new Map<string, number>();
    const first = await site((request, response) => {
      const address = request.socket.localAddress ?? "";
      served.set(address, (served.get(address) ?? 0) + 1);
      response.end();
    });
    first.server.close();
    first.server.closeAllConnections();
    const servers = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((address) => {
      const server = http.createServer(first.server.listeners("request")[0] as http.RequestListener);
      cleanups.push(() => (server.close(), server.closeAllConnections()));
      return new Promise<http.Server>((resolve) => server.listen(first.port, address, () => resolve(server)));
    });
    const [, , third] = await Promise.all(servers);
    const watch = healthWatch();
    const targets = [1, 2, 3].map((n) => targetAt({ id: `i-${n}`, address: `127.0.0.${n}` }));
    const { proxy, port } = await proxyTo(first.port, { targets }, { onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    await watch.until((health) => [...health.values()].every(({ state }) => state === "healthy"));
    for (let i = 0; i < 9; i += 1) {
      await get(port);
    }
    expect([...served.values()]).toEqual([3, 3, 3]);
    third?.close();
    third?.closeAllConnections();
    const statuses = new Set<number>();
    for (let i = 0; i < 9; i += 1) {
      statuses.add((await get(port)).status);
    }
    expect([...statuses]).toEqual([200]);
  });
});

describe("a target that becomes unhealthy", () => {
  it("loses the connections kept to it, which may be broken too", async () => {
    const kept = signal<net.Socket>();
    const { server, port: targetPort } = await rawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        kept.give(socket);
      });
    });
    cleanups.push(() => void server.close());
    const { server: checked, port: checkedPort } = await rawServer((socket) => void socket.end());
    const { proxy, port } = await proxyTo(targetPort, { healthCheck: tcpCheck(checkedPort) }, { timeScale: 100 });
    cleanups.push(() => proxy.close());
    expect((await get(port)).body).toBe("ok");
    const target = await kept.given;
    const ended = new Promise<void>((resolve) => target.once("end", resolve));
    checked.close();
    await ended;
    target.destroy();
    expect((await get(port)).status).toBe(503);
  });
});

describe("an update", () => {
  it("loses no request under 16 connections while targets come and go", async () => {
    const slow: http.RequestListener = (_request, response) => setImmediate(() => response.end("ok"));
    const a = await site(slow);
    const watch = healthWatch();
    const both = [
      targetAt(),
      targetAt({ id: "i-2", address: "127.0.0.2" }),
    ];
    const second = http.createServer(slow);
    await new Promise<void>((resolve) => second.listen(a.port, "127.0.0.2", resolve));
    cleanups.push(() => (second.close(), second.closeAllConnections()));
    const { proxy, port } = await proxyTo(a.port, { targets: both }, { onHealth: watch.onHealth });
    cleanups.push(() => proxy.close());
    await watch.until((health) => [...health.values()].every(({ state }) => state === "healthy"));
    const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
    cleanups.push(() => agent.destroy());
    let done = 0;
    const worker = async (): Promise<void> => {
      for (let i = 0; i < 150; i += 1) {
        expect(await get(port, agent)).toEqual({ status: 200, body: "ok" });
        done += 1;
      }
    };
    let running = true;
    const churn = async (): Promise<void> => {
      for (let i = 0; running; i += 1) {
        await proxy.update(specTo(a.port, { targets: i % 2 === 0 ? both.slice(0, 1) : both, idleTimeout: 10_000 + i }));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const churning = churn();
    await Promise.all(Array.from({ length: 16 }, worker));
    running = false;
    await churning;
    expect(done).toBe(16 * 150);
  });

  it("finishes a request to a target that has left, then closes that connection", async () => {
    const asked = signal<net.Socket>();
    const { server, port: targetPort } = await rawServer((socket) => void socket.once("data", () => asked.give(socket)));
    cleanups.push(() => void server.close());
    const { proxy, port } = await proxyTo(targetPort);
    cleanups.push(() => proxy.close());
    const client = new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    cleanups.push(() => void client.socket.destroy());
    const target = await asked.given;
    await proxy.update(specTo(1, { targets: [] }));
    const ended = new Promise<void>((resolve) => target.once("end", resolve));
    target.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(await client.until("ok")).toContain("200 OK");
    await ended;
    target.destroy();
  });

  it("frees the port of a listener that left, while its request is finished", async () => {
    const asked = signal<http.ServerResponse>();
    const { port: targetPort } = await site((_request, response) => asked.give(response));
    const { proxy, port } = await proxyTo(targetPort);
    cleanups.push(() => proxy.close());
    const client = new RawClient(port);
    cleanups.push(() => void client.socket.destroy());
    client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const response = await asked.given;
    await proxy.update(specTo(targetPort, { listeners: [] }));
    const taken = net.createServer();
    await new Promise<void>((resolve, reject) => {
      taken.on("error", reject);
      taken.listen(port, LOOPBACK, resolve);
    });
    taken.close();
    response.end("ok");
    expect(await client.untilClosed()).toContain("ok");
  });

  it("says which port can't be listened on", async () => {
    const { port: occupied } = await site((_request, response) => void response.end());
    const proxy = createProxy({ host: LOOPBACK, onHealth: () => undefined });
    cleanups.push(() => proxy.close());
    const listeners = [listenerTo(1, { port: occupied })];
    await expect(proxy.update(specTo(1, { listeners, targets: [] }))).rejects.toThrow(`port ${occupied} can't be listened on`);
  });
});

describe("a TCP listener", () => {
  const listeners = (targetPort: number): ReturnType<typeof specTo>["listeners"] => [listenerTo(targetPort, { protocol: "TCP" }, "TCP")];

  it("passes bytes both ways, and each end's half-close", async () => {
    const { server, port: targetPort } = await rawServer((socket) => {
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
      socket.on("end", () => socket.end(text.toUpperCase()));
    });
    cleanups.push(() => void server.close());
    const { proxy, port } = await proxyTo(targetPort, { listeners: listeners(targetPort) });
    cleanups.push(() => proxy.close());
    const client = new RawClient(port);
    client.socket.end("no http at all\n");
    expect(await client.untilClosed()).toBe("NO HTTP AT ALL\n");
  });

  it("closes the client at once when no target is healthy, and when its target resets", async () => {
    const { server, port: targetPort } = await rawServer((socket) => void socket.once("data", () => socket.resetAndDestroy()));
    cleanups.push(() => void server.close());
    const { proxy, port } = await proxyTo(targetPort, { listeners: listeners(targetPort) });
    cleanups.push(() => proxy.close());
    const reset = new RawClient(port).write("x");
    await reset.untilClosed();
    await proxy.update(specTo(targetPort, { listeners: listeners(targetPort), targets: [] }));
    expect(await new RawClient(port).untilClosed()).toBe("");
  });
});
