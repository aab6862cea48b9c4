import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import tls from "node:tls";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { answering, listen, LOOPBACK, rawServer, RawClient } from "../balancer/testing.js";
import { createEdge, type EdgeOptions } from "./edge.js";
import { route, type Site, type Sites } from "./route.js";
import { readClientHello } from "./server-name.js";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    cleanup();
  }
});

const NAME = "web-1.ap-northeast-1.elb.amazonaws.com";
const SITE: Site = { addresses: ["203.0.113.20"], port: 80 };
const ONE: Sites = { sites: new Map([[NAME, SITE]]), defaultSite: NAME };
const NONE: Sites = { sites: new Map(), defaultSite: undefined };

describe("a Host", () => {
  it.each([
    [`${NAME}.localhost`],
    [`${NAME}.localhost:8080`],
    [`${NAME.toUpperCase()}.LocalHost:8080`],
    [`${NAME}.localhost.`],
    ["localhost"],
    ["localhost:8080"],
    ["127.0.0.1:8080"],
    ["127.0.0.2"],
    ["[::1]:8080"],
    [undefined],
  ])("%s leads to the site", (host) => {
    expect(route(host, ONE)).toEqual({ kind: "site", name: NAME, site: SITE });
  });

  it.each([
    ["other.localhost", ONE, "unknown-site"],
    ["other.localhost", NONE, "nothing-up"],
    ["localhost", NONE, "nothing-up"],
    ["localhost", { sites: ONE.sites, defaultSite: undefined }, "no-default"],
    ["localhost", { sites: ONE.sites, defaultSite: "gone" }, "no-default"],
    [NAME, ONE, "foreign"],
    ["evil.example", ONE, "foreign"],
    ["evil.example", NONE, "foreign"],
    ["evil-localhost", ONE, "foreign"],
    ["127.0.0.1.evil.example", ONE, "foreign"],
    ["10.0.0.1", ONE, "foreign"],
    [".localhost", ONE, "foreign"],
    ["", ONE, "foreign"],
  ])("%j with %o is %s", (host, sites, kind) => {
    expect(route(host, sites).kind).toBe(kind);
  });
});

/** An edge on the loopback, and its port. */
async function edgeTo(sites: Sites, options: EdgeOptions = {}, protocol: "http" | "https" = "http"): Promise<number> {
  const edge = createEdge(options);
  edge.setSites(sites);
  const server = net.createServer((socket) => edge.accept(socket, protocol));
  cleanups.push(() => (server.close(), edge.close()));
  return listen(server);
}

async function siteAnswering(answer: (head: string) => string): Promise<Site> {
  const { server, port } = await rawServer((socket) => answering(socket, answer));
  cleanups.push(() => server.close());
  return { addresses: [LOOPBACK], port };
}

function client(port: number): RawClient {
  const made = new RawClient(port);
  cleanups.push(() => made.socket.destroy());
  return made;
}

describe("the edge", () => {
  it("S4-32 forwards the bytes unchanged, both ways and on kept connections", async () => {
    const heads: string[] = [];
    const site = await siteAnswering((head) => (heads.push(head), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!"));
    const port = await edgeTo({ sites: new Map([["a.example", site]]), defaultSite: undefined });
    const one = client(port);
    const request = "GET / HTTP/1.1\r\nHost: A.example.localhost:8080\r\nx-ODD:  spaced \r\n";
    await one.write(`${request.slice(0, 20)}`).write(`${request.slice(20)}\r\n`).until("hello!", 1);
    expect(await one.write(`${request}\r\n`).until("hello!", 2)).toBe("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!".repeat(2));
    expect(heads).toEqual([request.slice(0, -2), request.slice(0, -2)]);
  });

  it("forwards a large body and a half-close", async () => {
    const server = http.createServer((request, response) => {
      let size = 0;
      request.on("data", (bytes: Buffer) => (size += bytes.length));
      request.on("end", () => response.end(`${size} bytes`));
    });
    const site = { addresses: [LOOPBACK], port: await listen(server) };
    cleanups.push(() => (server.close(), server.closeAllConnections()));
    const one = client(await edgeTo({ sites: new Map([["a", site]]), defaultSite: "a" }));
    one.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\nConnection: close\r\n\r\n");
    one.socket.end(Buffer.alloc(4_000_000));
    expect(await one.untilClosed()).toContain("4000000 bytes");
  });

  it("lists the sites that are up for an unknown one, and says how to deploy when there is none", async () => {
    const some = await client(await edgeTo(ONE)).write("GET / HTTP/1.1\r\nHost: x.localhost\r\n\r\n").untilClosed();
    expect(some).toContain("404 Not Found");
    expect(some).toContain(`http://${NAME}.localhost:`);
    const none = await client(await edgeTo(NONE)).write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").untilClosed();
    expect(none).toContain("503 Service Unavailable");
    expect(none).toContain("./hakoniwa up");
  });

  it("refuses a foreign Host, as DNS rebinding sends it", async () => {
    const reply = await client(await edgeTo(ONE)).write("GET / HTTP/1.1\r\nHost: evil.example:8080\r\n\r\n").untilClosed();
    expect(reply).toContain("403 Forbidden");
  });

  it("takes a site's addresses in turn, and goes on to the next when one refuses", async () => {
    const first = await siteAnswering(() => "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
    const second = http.createServer((_request, response) => void response.end("2"));
    await new Promise<void>((resolve) => second.listen(first.port, "127.0.0.2", resolve));
    cleanups.push(() => (second.close(), second.closeAllConnections()));
    const ask = async (addresses: readonly string[], times: number): Promise<readonly string[]> => {
      const port = await edgeTo({ sites: new Map([["a", { addresses, port: first.port }]]), defaultSite: "a" });
      const answers: string[] = [];
      for (let i = 0; i < times; i += 1) {
        const got = await client(port).write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").until("\r\n\r\n");
        answers.push(got.includes("Keep-Alive") || got.includes("Date") ? "second" : "first");
      }
      return answers;
    };
    expect(await ask([LOOPBACK, "127.0.0.2"], 4)).toEqual(["first", "second", "first", "second"]);
    expect(await ask(["127.0.0.3", LOOPBACK], 2)).toEqual(["first", "first"]);
  });

  it("says that a site refuses connections, or does not answer", async () => {
    const { server, port } = await rawServer(() => undefined);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    const refusing = { sites: new Map([["a", { addresses: [LOOPBACK], port }]]), defaultSite: "a" };
    const refused = await client(await edgeTo(refusing)).write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").untilClosed();
    expect(refused).toContain("502 Bad Gateway");
    expect(refused).toContain("ECONNREFUSED");
  });

  it("answers a slow, an endless and a malformed head itself", async () => {
    expect(await client(await edgeTo(ONE, { headTimeout: 100 })).write("GET / HT").untilClosed()).toContain("408 Request Timeout");
    expect(await client(await edgeTo(ONE, { headTimeout: 100 })).untilClosed()).toBe("");
    expect(await client(await edgeTo(ONE)).write(`GET / HTTP/1.1\r\nHost: localhost\r\n${"X: y\r\n".repeat(4000)}`).untilClosed()).toContain("431 ");
    expect(await client(await edgeTo(ONE)).write("GET / HTTP/1.1\nHost: localhost\n\n").untilClosed()).toContain("400 Bad Request");
  });
});

/** What a TLS client sends first. */
async function helloFor(servername: string | undefined): Promise<Buffer> {
  const { server, port } = await rawServer(() => undefined);
  cleanups.push(() => server.close());
  const connection = once(server, "connection");
  const tlsClient = tls.connect({ host: LOOPBACK, port, ...(servername === undefined ? {} : { servername }) });
  tlsClient.on("error", () => undefined);
  const [socket] = (await connection) as [net.Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  tlsClient.destroy();
  socket.destroy();
  return bytes;
}

describe("a TLS client's hello", () => {
  it("tells the server name, or that there is none", async () => {
    expect(readClientHello(await helloFor("a.example.localhost"))).toEqual({ kind: "hello", serverName: "a.example.localhost" });
    expect(readClientHello(await helloFor(undefined))).toEqual({ kind: "hello", serverName: undefined });
  });

  it("is incomplete until its last byte, and never breaks the reader when it is garbled", async () => {
    const hello = await helloFor("a.localhost");
    for (let length = 0; length < hello.length; length += 1) {
      expect(readClientHello(hello.subarray(0, length))).toEqual({ kind: "incomplete" });
    }
    fc.assert(
      fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, value) => {
        const garbled = Buffer.from(hello);
        garbled[at] = value;
        expect(["hello", "invalid", "incomplete"]).toContain(readClientHello(garbled).kind);
      }),
    );
    fc.assert(fc.property(fc.uint8Array(), (bytes) => ["hello", "invalid", "incomplete"].includes(readClientHello(Buffer.from(bytes)).kind)));
  });

  it("for an unknown site gets the alert unrecognized_name", async () => {
    const port = await edgeTo(ONE, {}, "https");
    const tlsClient = tls.connect({ host: LOOPBACK, port, servername: "x.localhost" });
    const [error] = (await once(tlsClient, "error")) as [Error];
    expect(error.message).toMatch(/unrecognized.name/);
  });
});
