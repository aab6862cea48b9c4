/** What a node notes of requests and connections for access logs. */
import http from "node:http";
import { afterEach, expect, it } from "vitest";
import type { AccessNote } from "../../access-notes.js";
import { ask, cleanUp, cleanups, forward, group, otherwise, run, site, spec, target } from "./application-testing.js";
import { startBalancer } from "./start.js";
import { listen, listenerTo, LOOPBACK, PLAIN, rawServer, RawClient, specTo } from "./testing.js";

afterEach(cleanUp);

/** Notes, and when so many have come. */
function collector(): { readonly onRequest: (note: AccessNote) => void; until(count: number): Promise<readonly AccessNote[]> } {
  const notes: AccessNote[] = [];
  let changed = (): void => undefined;
  return {
    onRequest(note) {
      notes.push(note);
      changed();
    },
    async until(count) {
      while (notes.length < count) {
        await new Promise<void>((resolve) => {
          changed = resolve;
        });
      }
      return notes;
    },
  };
}

it("a forwarded request, a redirect and one that nobody serves are noted with what became of them", async () => {
  const port80 = await site("hello!");
  const { onRequest, until } = collector();
  const redirect = { status: 302, protocol: "HTTPS", host: "#{host}", port: "443", path: "/#{path}", query: "" } as const;
  const rules = [
    { priority: 3, conditions: [{ field: "path", patterns: ["/old"] } as const], action: { kind: "redirect", redirect } as const },
    { priority: 4, conditions: [{ field: "path", patterns: ["/none"] } as const], action: forward("empty") },
    otherwise(forward("g")),
  ];
  const { port } = await run(spec([group("g", [target(port80)]), group("empty", [])], rules, { logs: true }), { onRequest });
  const headers = { "host": "example.com", "user-agent": "test/1" };
  await ask(port, "/?a=b", { headers });
  await ask(port, "/old", { headers });
  await ask(port, "/none", { headers });
  const [served, redirected, refused] = await until(3);
  expect(served).toMatchObject({
    protocol: "http", port: 0, target: `${LOOPBACK}:${port80}`, status: 200, targetStatus: 200, request: "GET http://example.com:0/?a=b HTTP/1.1", userAgent: "test/1", tls: undefined, group: "g", rule: 0, action: "forward",
    client: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string, traceId: expect.stringMatching(/^Root=/) as string,
  });
  const { request, target: waited, response } = served!.times!;
  expect(request + waited + response).toBeCloseTo(served!.took, 0);
  expect(served!.sent).toBeGreaterThan("hello!".length);
  expect(redirected).toMatchObject({ status: 302, targetStatus: 0, target: undefined, times: undefined, rule: 3, action: "redirect", location: "https://example.com:443/old" });
  expect(refused).toMatchObject({ status: 503, target: undefined, times: undefined, rule: 4, group: "empty" });
});

it("Classic's notes count bodies only, of its own answers too", async () => {
  const echo = await site("", (request, response) => request.resume().on("end", () => response.end("hello!")));
  const { onRequest, until } = collector();
  const { port } = await run(specTo(echo, { healthCheck: undefined, logs: true }), { onRequest });
  expect(await new RawClient(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd").untilClosed()).toContain("hello!");
  expect(await until(1)).toMatchObject([{ received: 4, sent: 6 }]);
  const { port: empty } = await run(specTo(1, { targets: [], healthCheck: undefined, logs: true }), { onRequest });
  const answer = await new RawClient(empty).write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").untilClosed();
  expect((await until(2))[1]).toMatchObject({ status: 503, received: 0, sent: answer.length - answer.indexOf("\r\n\r\n") - 4 });
});

it("a connection of a TCP listener is noted when it is over", async () => {
  const { server, port: targetPort } = await rawServer((socket) => socket.end("12345"));
  cleanups.push(() => server.close());
  const { onRequest, until } = collector();
  const { port } = await run(specTo(targetPort, { listeners: [listenerTo(targetPort, { protocol: "TCP" }, "TCP")], healthCheck: undefined, logs: true }), { onRequest });
  const client = new RawClient(port).write("abc");
  expect(await client.untilClosed()).toBe("12345");
  expect(await until(1)).toMatchObject([{ protocol: "tcp", target: `${LOOPBACK}:${targetPort}`, received: 3, sent: 5, status: 0, request: "- - - " }]);
});

it("a node's process tells what it noted, and nothing while nobody keeps a log", async () => {
  const server = http.createServer((_request, response) => void response.end("hello!"));
  const targetPort = await listen(server);
  cleanups.push(() => (server.close(), server.closeAllConnections()));
  const free = http.createServer();
  const listenPort = await listen(free);
  await new Promise<void>((resolve) => free.close(() => resolve()));
  const { onRequest, until } = collector();
  const at = (logs: boolean) => specTo(targetPort, { listeners: [listenerTo(targetPort, { port: listenPort })], healthCheck: undefined, logs });
  const node = startBalancer(undefined, at(false), () => undefined, { onRequests: (notes) => notes.forEach(onRequest) });
  cleanups.push(() => node.stop());
  await node.ready;
  await ask(listenPort, "/unlogged");
  node.update(at(true));
  let noted: readonly AccessNote[] = [];
  const first = until(1).then((notes) => {
    noted = notes;
  });
  while (noted.length === 0) {
    await ask(listenPort, "/logged");
    await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  expect(noted.every(({ request }) => request.includes("/logged"))).toBe(true);
});

it("a connection serves one more request after its keep-alive is over, and ends", async () => {
  const echo = await site("hello!");
  const { port } = await run(spec([group("g", [target(echo)])], [otherwise(forward("g"))], { http: { ...PLAIN, keepAlive: 0 } }));
  expect(await new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").untilClosed()).toMatch(/Connection: close\r\n\r\n[^]*hello!/);
  const { port: lasting } = await run(spec([group("g", [target(echo)])], [otherwise(forward("g"))], { http: { ...PLAIN, keepAlive: 60_000 } }));
  expect(await new RawClient(lasting).write("GET / HTTP/1.1\r\nHost: a\r\n\r\n").until("hello!")).toContain("Connection: keep-alive");
});

it("the strictest mode refuses a body on GET for Classic too", async () => {
  const echo = await site("hello!");
  const { port } = await run(specTo(echo, { healthCheck: undefined, http: { ...PLAIN, desync: "strictest" } }));
  expect((await ask(port)).status).toBe(200);
  expect(await new RawClient(port).write("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").untilClosed()).toContain("400");
});
