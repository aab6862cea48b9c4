/** What hostile clients and lying targets do to everybody else: nothing. */
import { readdirSync } from "node:fs";
import type net from "node:net";
import { afterEach, expect, it } from "vitest";
import { ask, cleanUp, cleanups, forward, group, otherwise, run, site, spec, target } from "./application-testing.js";
import { LOOPBACK, rawServer, RawClient } from "./testing.js";

afterEach(cleanUp);

/** What a client writes before it vanishes, is silent, or both. */
const ABUSES: readonly string[] = [
  "GET / HT",
  "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
  "POST /site HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nhalf",
  "POST /site HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\nhalf",
  "POST /site HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "POST /site HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
  `GET /site HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(70_000)}`,
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "GET /liar HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /site HTTP/1.1\r\nHost: a\r\n\r\n".repeat(50),
  "",
];

const LIES: readonly string[] = [
  "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort",
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlong, and a second answer: HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled",
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
  "nonsense\r\n\r\n",
];

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}

it("other connections are unharmed by hostile ones, nothing is left of those, and what a smuggler hid reaches no target", async () => {
  const asked: string[] = [];
  const good = await site("good", (request, response) => {
    asked.push(request.url ?? "");
    request.on("error", () => undefined);
    response.end("good");
  });
  let lies = 0;
  const sockets = new Set<net.Socket>();
  const liar = await rawServer((socket) => {
    sockets.add(socket);
    socket.once("data", () => socket.end(LIES[lies++ % LIES.length]!, "latin1"));
  });
  cleanups.push(() => (liar.server.close(), sockets.forEach((socket) => socket.destroy())));
  const toLiar = { priority: 1, conditions: [{ field: "path" as const, patterns: ["/liar"] }], action: forward("liars") };
  const wanted = spec([group("site", [target(good)]), group("liars", [target(liar.port)])], [toLiar, otherwise(forward("site"))], { idleTimeout: 1_500 });
  const { proxy, port } = await run(wanted);
  const before = openFiles();

  let over = false;
  let served = 0;
  const customer = async (): Promise<void> => {
    while (!over) {
      expect(await ask(port, "/site")).toMatchObject({ status: 200, body: "good" });
      served += 1;
    }
  };
  const abuse = async (text: string, n: number): Promise<void> => {
    const client = new RawClient(port).write(text);
    if (n % 3 === 0) client.socket.end();
    if (n % 3 === 1) setImmediate(() => client.socket.resetAndDestroy());
    // The third kind is silent until the balancer's patience ends.
    await client.untilClosed();
    client.socket.destroy();
  };
  const allAbuses = async (): Promise<void> => {
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(ABUSES.flatMap((text) => [0, 1, 2].map((n) => abuse(text, n + round))));
    }
    over = true;
  };
  await Promise.all([allAbuses(), ...Array.from({ length: 4 }, customer)]);

  expect(served).toBeGreaterThan(100);
  expect(asked).not.toContain("/smuggled");
  await expect.poll(() => proxy.traffic()).toMatchObject({ activeConnections: 0, surge: 0 });
  // The connections that are kept to targets stay; no other.
  await expect.poll(openFiles).toBeLessThan(before + 20);
  expect(await ask(port, "/site", { host: LOOPBACK })).toMatchObject({ status: 200 });
}, 30_000);
