/** What an Application Load Balancer's node does, on sockets of the loopback. */
import type http from "node:http";
import type net from "node:net";
import type { BalancerRule, BalancerSpec } from "@hakoniwa/network";
import { afterEach, describe, expect, it } from "vitest";
import { ask, cleanUp, cleanups, forward, group, otherwise, run, site, spec, target, type Answer } from "./application-testing.js";
import { createProxy } from "./proxy.js";
import { LOOPBACK, PLAIN, rawServer, RawClient } from "./testing.js";

afterEach(cleanUp);

const cookiesOf = ({ headers }: Answer): string => (headers["set-cookie"] ?? []).map((line) => line.split(";")[0]).join("; ");

describe("rules", () => {
  it("lead by host, path, header, method, query and source to what they say", async () => {
    const groups = await Promise.all(["a", "b"].map(async (name) => group(name, [target(await site(name))])));
    const rule = (priority: number, condition: BalancerRule["conditions"][number], action: BalancerRule["action"]): BalancerRule => ({ priority, conditions: [condition], action });
    const fixed = (body: string): BalancerRule["action"] => ({ kind: "fixed-response", status: 404, contentType: "text/plain", body });
    const { port } = await run(
      spec(groups, [
        rule(1, { field: "source", cidrs: ["10.0.0.0/8"] }, fixed("from elsewhere")),
        rule(2, { field: "host", patterns: ["*.example.com"] }, forward("b")),
        rule(3, { field: "path", patterns: ["/img/*.???"] }, forward("b")),
        rule(4, { field: "header", name: "User-Agent", patterns: ["*Robot*"] }, fixed("no robots")),
        rule(5, { field: "method", methods: ["DELETE"] }, fixed("nothing is deleted")),
        rule(6, { field: "query", pairs: [{ key: "version", value: "2" }] }, forward("b")),
        otherwise(forward("a")),
      ]),
    );
    expect((await ask(port)).body).toBe("a");
    expect((await ask(port, "/", { headers: { host: "WWW.Example.com:80" } })).body).toBe("b");
    expect((await ask(port, "/img/x.png?y")).body).toBe("b");
    expect((await ask(port, "/img/x.jpeg")).body).toBe("a");
    expect(await ask(port, "/", { headers: { "user-agent": "a robot" } })).toMatchObject({ status: 404, body: "no robots", headers: { server: "awselb/2.0" } });
    expect((await ask(port, "/", { method: "DELETE" })).body).toBe("nothing is deleted");
    expect((await ask(port, "/?a=1&VERSION=2")).body).toBe("b");
  });

  it("redirect with the request's own parts for placeholders", async () => {
    const redirect = { status: 301, protocol: "HTTPS", host: "#{host}", port: "443", path: "/new/#{path}", query: "#{query}" } as const;
    const { port } = await run(spec([], [otherwise({ kind: "redirect", redirect })]));
    const answer = await ask(port, "/a/b?c=d", { headers: { host: "example.com" } });
    expect(answer).toMatchObject({ status: 301, headers: { location: "https://example.com:443/new/a/b?c=d" } });
    expect(answer.body).toContain("<h1>301 Moved Permanently</h1>");
  });

  it("share the load between groups by weight, and keep a client with its group", async () => {
    const groups = await Promise.all(["a", "b", "c"].map(async (name) => group(name, [target(await site(name))])));
    const to = [
      { group: "a", weight: 3 },
      { group: "b", weight: 1 },
      { group: "c", weight: 0 },
    ];
    const { port } = await run(spec(groups, [otherwise({ kind: "forward", to, stickiness: { duration: 60_000 } })]));
    const first = await ask(port);
    expect(first.headers["set-cookie"]!.map((line) => line.split("=")[0])).toEqual(["AWSALBTG", "AWSALBTGCORS"]);
    const seen = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 200; i += 1) {
      seen[(await ask(port)).body as "a"] += 1;
    }
    expect(seen.c).toBe(0);
    expect(seen.a).toBeGreaterThan(seen.b);
    for (let i = 0; i < 20; i += 1) {
      expect((await ask(port, "/", { headers: { cookie: cookiesOf(first) } })).body).toBe(first.body);
    }
  });
});

describe("a target group", () => {
  it("goes round its targets", async () => {
    const targets = await Promise.all(["a", "b", "c"].map(async (name) => target(await site(name))));
    const { port } = await run(spec([group("g", targets)], [otherwise(forward("g"))]));
    const seen: string[] = [];
    for (let i = 0; i < 6; i += 1) {
      seen.push((await ask(port)).body);
    }
    expect(seen).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  it("S0-22 S0-23 keeps a client with a target for as long as the cookie says, and no longer", async () => {
    const targets = await Promise.all(["a", "b"].map(async (name) => target(await site(name))));
    const { port } = await run(spec([group("g", targets, { stickiness: { kind: "duration", duration: 1_000 } })], [otherwise(forward("g"))]));
    const first = await ask(port);
    expect(first.headers["set-cookie"]).toEqual([expect.stringMatching(/^AWSALB=\S+; Expires=.* GMT; Path=\/$/), expect.stringMatching(/^AWSALBCORS=\S+; Expires=.*; SameSite=None$/)]);
    const cookie = cookiesOf(first);
    const until = Date.now() + 900;
    while (Date.now() < until) {
      expect((await ask(port, "/", { headers: { cookie } })).body).toBe(first.body);
    }
    const others = new Set<string>();
    await expect
      .poll(async () => others.add((await ask(port, "/", { headers: { cookie } })).body).size, { timeout: 3_000 })
      .toBe(2);
  });

  it("keeps a client with a target for as long as the application's own cookie is there", async () => {
    const login = (name: string): http.RequestListener => (request, response) => {
      if (request.url === "/login") {
        response.setHeader("Set-Cookie", "session=1; Path=/");
      }
      response.end(name);
    };
    const targets = await Promise.all(["a", "b"].map(async (name) => target(await site(name, login(name)))));
    const { port } = await run(spec([group("g", targets, { stickiness: { kind: "application", cookie: "session", duration: 60_000 } })], [otherwise(forward("g"))]));
    expect((await ask(port)).headers["set-cookie"]).toBeUndefined();
    const first = await ask(port, "/login");
    expect(cookiesOf(first)).toMatch(/^session=1; AWSALBAPP-0=/);
    for (let i = 0; i < 4; i += 1) {
      expect((await ask(port, "/", { headers: { cookie: cookiesOf(first) } })).body).toBe(first.body);
    }
    const without = cookiesOf(first).replace("session=1; ", "");
    const seen = new Set([(await ask(port, "/", { headers: { cookie: without } })).body, (await ask(port, "/", { headers: { cookie: without } })).body]);
    expect(seen.size).toBe(2);
  });

  it("answers 503 without targets, 502 when the target refuses, and fails open when all are unhealthy", async () => {
    const port = await site("still here");
    const closed = await site("gone");
    await cleanups.pop()!();
    const failing = { protocol: "HTTP", port: closed, path: "/", matcher: "200", interval: 5_000, timeout: 500, healthyThreshold: 2, unhealthyThreshold: 1 } as const;
    let health: (() => void) | undefined;
    const checked = new Promise<void>((resolve) => (health = resolve));
    const proxy = createProxy({ host: LOOPBACK, onHealth: (all) => [...all.values()].some(({ state }) => state === "unhealthy") && health?.() });
    cleanups.push(() => proxy.close());
    const groups = [group("none", []), group("refusing", [target(closed)]), group("sick", [target(port)], { healthCheck: failing, failOpen: true })];
    const by = (id: string): BalancerRule => ({ priority: 1, conditions: [{ field: "path", patterns: [`/${id}`] }], action: forward(id) });
    await proxy.update(spec(groups, [by("none"), by("refusing"), otherwise(forward("sick"))]));
    await checked;
    const at = proxy.portOf(0)!;
    expect(await ask(at, "/none")).toMatchObject({ status: 503, headers: { server: "awselb/2.0", "content-type": "text/html" } });
    expect((await ask(at, "/none")).body).toBe("<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n<body>\r\n<center><h1>503 Service Temporarily Unavailable</h1></center>\r\n</body>\r\n</html>\r\n");
    expect((await ask(at, "/refusing")).status).toBe(502);
    expect((await ask(at, "/sick")).body).toBe("still here");
  });

  it("starts a target slowly when others carry the load", async () => {
    const [old, fresh] = [target(await site("old")), target(await site("fresh"))];
    const { proxy, port } = await run(spec([group("g", [old], { slowStart: 30_000 })], [otherwise(forward("g"))]));
    await proxy.update(spec([group("g", [old, fresh], { slowStart: 30_000 })], [otherwise(forward("g"))]));
    const seen = { old: 0, fresh: 0 };
    for (let i = 0; i < 200; i += 1) {
      seen[(await ask(port)).body as "old"] += 1;
    }
    expect(seen.fresh).toBeGreaterThan(0);
    expect(seen.fresh).toBeLessThan(seen.old / 4);
  });

  it("lets a draining target finish and sends it nothing new; when the delay is over, what is left is cut", async () => {
    const open: http.ServerResponse[] = [];
    const slow = target(await site("slow", (_request, response) => void open.push(response)));
    const quick = target(await site("quick"));
    const rules = [otherwise(forward("g"))];
    const { proxy, port } = await run(spec([group("g", [slow])], rules));
    const [first, second] = [ask(port), ask(port)];
    await expect.poll(() => open.length).toBe(2);
    await proxy.update(spec([group("g", [{ ...slow, draining: true }, quick])], rules));
    for (let i = 0; i < 4; i += 1) {
      expect((await ask(port)).body).toBe("quick");
    }
    open[0]!.end("finished");
    expect((await first).body).toBe("finished");
    await proxy.update(spec([group("g", [quick])], rules));
    expect((await second).status).toBeGreaterThanOrEqual(502);
  });
});

describe("what reaches the target", () => {
  async function echoed(headers: http.OutgoingHttpHeaders, change: Partial<BalancerSpec> = {}): Promise<Record<string, string>> {
    const echo = await site("", (request, response) => void response.end(JSON.stringify(request.headers)));
    const { port } = await run(spec([group("g", [target(echo)])], [otherwise(forward("g"))], change));
    return JSON.parse((await ask(port, "/", { headers })).body) as Record<string, string>;
  }

  it("names the client, the port and the protocol, and bears a trace id", async () => {
    const headers = await echoed({ "x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "gopher" });
    expect(headers).toMatchObject({ "x-forwarded-for": "192.0.2.1, 127.0.0.1", "x-forwarded-proto": "http", "x-forwarded-port": "0" });
    expect(headers["x-amzn-trace-id"]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
    expect((await echoed({ "x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678;CalledFrom=app" }))["x-amzn-trace-id"]).toMatch(
      /^Self=1-[0-9a-f]{8}-[0-9a-f]{24};Root=1-67891233-abcdef012345678912345678;CalledFrom=app$/,
    );
  });

  it("has X-Forwarded-For as the attribute says", async () => {
    const given = { "x-forwarded-for": "192.0.2.1" };
    expect((await echoed(given, { http: { ...PLAIN, forwardedFor: "preserve" } }))["x-forwarded-for"]).toBe("192.0.2.1");
    expect((await echoed(given, { http: { ...PLAIN, forwardedFor: "remove" } }))["x-forwarded-for"]).toBeUndefined();
    expect((await echoed(given, { http: { ...PLAIN, clientPort: true } }))["x-forwarded-for"]).toMatch(/^192\.0\.2\.1, 127\.0\.0\.1:\d+$/);
  });

  it("has no invalid headers when they are dropped", async () => {
    expect(await echoed({ under_score: "1", dash: "2" }, { http: { ...PLAIN, dropInvalidHeaders: true } })).not.toHaveProperty("under_score");
    expect(await echoed({ under_score: "1" })).toHaveProperty("under_score", "1");
  });
});

describe("what is refused", () => {
  it.each([
    ["TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405],
    [`GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: ${Array.from({ length: 31 }, () => "10.0.0.1").join(", ")}\r\n\r\n`, 463],
    [`GET /${"x".repeat(17_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(17_000)}\r\n\r\n`, 400],
    ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
    ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400],
    ["GET / HTTP/1.1\nHost: a\n\n", 400],
    ["GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  ])("%#: the right status, and nothing reaches the target", async (request, status) => {
    const reached: string[] = [];
    const port = await site("", (asked, response) => (reached.push(asked.url!), response.end()));
    const { port: front } = await run(spec([group("g", [target(port)])], [otherwise(forward("g"))]));
    const client = new RawClient(front).write(request);
    cleanups.push(() => client.socket.destroy());
    expect((await client.until("\r\n\r\n")).split(" ")[1]).toBe(String(status));
    expect(reached).toEqual([]);
  });

  it("what comes while as many requests as may wait for a connection, with 503, and the others wait on", async () => {
    // It accepts, but never says a word of TLS: no connection ever stands.
    const { server, port } = await rawServer((socket) => void socket.resume());
    const silent = new Set<net.Socket>();
    server.on("connection", (socket) => silent.add(socket));
    cleanups.push(() => (server.close(), silent.forEach((socket) => socket.destroy())));
    const { proxy, port: front } = await run(spec([group("g", [target(port)], { protocol: "HTTPS" })], [otherwise(forward("g"))], { generation: "classic" }), { surgeLimit: 20 });
    const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const waiting = Array.from({ length: 20 }, () => new RawClient(front).write(request));
    cleanups.push(() => waiting.forEach(({ socket }) => socket.destroy()));
    await expect.poll(() => proxy.traffic().surge, { timeout: 4_000 }).toBe(20);
    const late = new RawClient(front).write(request);
    cleanups.push(() => late.socket.destroy());
    expect(await late.until("\r\n\r\n")).toMatch(/^HTTP\/1\.1 503 /);
    expect(proxy.traffic()).toMatchObject({ spillover: 1, surge: 20, surgePeak: 20 });
    expect(waiting.every(({ received }) => received === "")).toBe(true);
  });
});

describe("switching protocols", () => {
  it("passes a WebSocket's bytes both ways until either side ends", async () => {
    const { server, port } = await rawServer((socket) => {
      socket.once("data", (bytes: Buffer) => {
        expect(bytes.toString()).toMatch(/Upgrade: websocket\r\nConnection: Upgrade\r\n/);
        socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello");
        socket.on("data", (more: Buffer) => socket.write(more.toString().toUpperCase()));
        socket.on("end", () => socket.end());
      });
    });
    cleanups.push(() => server.close());
    const { port: front } = await run(spec([group("g", [target(port)])], [otherwise(forward("g"))]));
    const client = new RawClient(front).write("GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    expect(await client.until("hello")).toMatch(/^HTTP\/1.1 101 /);
    client.write("to the target");
    await client.until("TO THE TARGET");
    client.socket.end();
    await client.untilClosed();
    expect(client.wasReset).toBe(false);
  });
});
