import http from "node:http";
import type net from "node:net";
import { buffer as readAll } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { answering, listen, LOOPBACK, proxyTo, rawServer, RawClient, type SpecChange } from "./testing.js";

const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) {
    await cleanup();
  }
});

async function front(targetPort: number, change: SpecChange = {}): Promise<number> {
  const { proxy, port } = await proxyTo(targetPort, change);
  cleanups.push(() => proxy.close());
  return port;
}

/** The port of a proxy before a raw target. */
async function before(serve: (socket: net.Socket) => void, change: SpecChange = {}): Promise<number> {
  const sockets = new Set<net.Socket>();
  const { server, port } = await rawServer((socket) => {
    sockets.add(socket);
    serve(socket);
  });
  cleanups.push(() => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return front(port, change);
}

/** The port of a proxy before a Node server. */
async function beforeNode(handler: http.RequestListener, change: SpecChange = {}): Promise<number> {
  const server = http.createServer(handler);
  const port = await listen(server);
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return front(port, change);
}

function client(port: number): RawClient {
  const made = new RawClient(port);
  cleanups.push(() => made.socket.destroy() && undefined);
  return made;
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("the HTTP balancer", () => {
  it("S4-32 adds the X-Forwarded headers as Classic does and keeps the rest", async () => {
    const heads: string[] = [];
    const port = await before((socket) => answering(socket, (head) => (heads.push(head), OK)));
    const reply = await client(port)
      .write("GET /x?y HTTP/1.1\r\nHost: a.example\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nUpgrade: h2c\r\nConnection: Upgrade, X-Drop\r\nX-Drop: 1\r\nX-Keep: 2\r\n\r\n")
      .until("ok");
    expect(reply).toBe("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok");
    expect(heads).toEqual([
      `GET /x?y HTTP/1.1\r\nHost: a.example\r\nX-Keep: 2\r\nX-Forwarded-For: 192.0.2.1, ${LOOPBACK}\r\nX-Forwarded-Port: 0\r\nX-Forwarded-Proto: http\r\nConnection: keep-alive`,
    ]);
  });

  it("keeps the client's connection, and one connection to the target, over many requests", async () => {
    let connections = 0;
    const port = await before((socket) => {
      socket.once("data", () => (connections += 1));
      answering(socket, () => OK);
    });
    const one = client(port);
    for (let i = 1; i <= 5; i += 1) {
      await one.write(GET).until("ok", i);
    }
    expect(connections).toBe(1);
  });

  it("answers pipelined requests in their order", async () => {
    const port = await beforeNode((request, response) => {
      const answer = (): void => void response.end(request.url);
      if (request.url === "/a") {
        setImmediate(answer);
      } else {
        answer();
      }
    });
    const reply = await client(port)
      .write("GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      .untilClosed();
    expect(reply.match(/\/[a-c]/g)).toEqual(["/a", "/b", "/c"]);
  });

  it("streams large bodies both ways, by length and by chunks, unchanged", async () => {
    const port = await beforeNode((request, response) => void request.pipe(response));
    const sent = Buffer.alloc(8 << 20, "0123456789abcdef!");
    for (const headers of [{ "content-length": sent.length }, {}]) {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        const request = http.request({ host: LOOPBACK, port, method: "POST", headers }, resolve);
        request.on("error", reject);
        for (let at = 0; at < sent.length; at += 1 << 16) {
          request.write(sent.subarray(at, at + (1 << 16)));
        }
        request.end();
      });
      expect((await readAll(response)).equals(sent)).toBe(true);
    }
  });

  it("holds back a target whose client reads slowly", async () => {
    let sent = 0;
    const chunk = Buffer.alloc(1 << 16);
    const port = await beforeNode((_request, response) => {
      const more = (): void => {
        while (sent < 256 << 20 && response.write(chunk)) {
          sent += chunk.length;
        }
        sent += chunk.length;
      };
      response.on("drain", more);
      more();
    });
    const slow = client(port);
    slow.socket.pause();
    slow.write(GET);
    let last = -1;
    while (last !== sent || sent === 0) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    // What the kernel's socket buffers take, and no more.
    expect(sent).toBeLessThan(48 << 20);
  });

  it("serves HTTP/1.0 clients: no chunks, the connection closed, a Host made up", async () => {
    const heads: string[] = [];
    const port = await before((socket) =>
      answering(socket, (head) => (heads.push(head), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")),
    );
    const reply = await client(port).write("GET / HTTP/1.0\r\n\r\n").untilClosed();
    expect(reply).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
    expect(heads[0]).toContain(`Host: ${LOOPBACK}`);
  });

  it.each([
    ["HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"],
    ["GET", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"],
  ])("waits for no body after %s answered %j", async (method, answer) => {
    const port = await before((socket) => answering(socket, () => answer));
    const one = client(port).write(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`);
    await one.until("\r\n\r\n");
    one.write(`${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect((await one.untilClosed()).match(/HTTP\/1\.1/g)).toHaveLength(2);
  });

  it("passes 100 Continue on, and the body after it", async () => {
    const server = http.createServer((request, response) => void request.pipe(response));
    server.on("checkContinue", (request: http.IncomingMessage, response: http.ServerResponse) => {
      response.writeContinue();
      server.emit("request", request, response);
    });
    const targetPort = await listen(server);
    cleanups.push(() => (server.close(), server.closeAllConnections()));
    const one = client(await front(targetPort)).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    expect(await one.until("\r\n\r\n")).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(await one.write("hello").until("hello")).toContain("HTTP/1.1 200 OK");
  });

  it("answers a client that has ended its side", async () => {
    const port = await beforeNode((_request, response) => setImmediate(() => response.end("late")));
    const one = client(port);
    one.socket.end(GET);
    expect(await one.untilClosed()).toContain("late");
  });

  it("loses no body that comes in many pieces while the target's connection is made", async () => {
    const port = await beforeNode((request, response) => void readAll(request).then((body) => response.end(body)));
    for (let round = 0; round < 20; round += 1) {
      const one = client(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n");
      for (const piece of "0123456789") {
        one.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await one.untilClosed()).toContain("0123456789");
    }
  });

  it("answers 408 to a client that ends its side in the middle of a body", async () => {
    const port = await beforeNode((request) => void request.on("error", () => undefined).resume());
    const one = client(port);
    one.socket.end("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    expect(await one.untilClosed()).toContain("408 REQUEST_TIMEOUT");
  });

  it("passes on a body that lasts until the target closes", async () => {
    const port = await before((socket) => {
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\n\r\nall of it"));
    });
    const reply = await client(port).write(GET).untilClosed();
    expect(reply).toBe("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
  });

  it("passes on an early answer, and closes as the rest of the request is not wanted", async () => {
    const port = await before((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"));
    });
    const reply = await client(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc").untilClosed();
    expect(reply).toContain("HTTP/1.1 413 Too Large");
  });
});

describe("a target that misbehaves", () => {
  it("gets 502 for a malformed answer", async () => {
    const port = await before((socket) => answering(socket, () => "nonsense\r\n\r\n"));
    expect(await client(port).write(GET).until("\r\n\r\n")).toBe("HTTP/1.1 502 BAD_GATEWAY\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  });

  it("gets 502 for contradicting lengths, and 504 for closing without an answer", async () => {
    const lying = await before((socket) => answering(socket, () => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"));
    expect(await client(lying).write(GET).until("\r\n\r\n")).toContain("502 BAD_GATEWAY");
    const closing = await before((socket) => socket.once("data", () => socket.end()));
    expect(await client(closing).write(GET).until("\r\n\r\n")).toContain("504 GATEWAY_TIMEOUT");
    const resetting = await before((socket) => socket.once("data", () => socket.resetAndDestroy()));
    expect(await client(resetting).write(GET).until("\r\n\r\n")).toContain("504 GATEWAY_TIMEOUT");
  });

  it("cuts the client off when it sends less than it said", async () => {
    const port = await before((socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")));
    const one = client(port).write(GET);
    await one.untilClosed();
    expect(one.wasReset || one.received.endsWith("abc")).toBe(true);
    expect(one.received).not.toContain("GATEWAY");
  });

  it("can't slip a second answer to the next request by sending more than it said", async () => {
    let asked = 0;
    const port = await before((socket) =>
      answering(socket, () => {
        asked += 1;
        return asked === 1 ? `${OK}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil` : OK;
      }),
    );
    const one = client(port);
    await one.write(GET).until("ok", 1);
    expect(await one.write(GET).until("ok", 2)).not.toContain("evil");
  });

  it("gets 504 when it stays silent past the idle timeout", async () => {
    const port = await before((socket) => socket.resume(), { idleTimeout: 200 });
    expect(await client(port).write(GET).untilClosed()).toContain("504 GATEWAY_TIMEOUT");
  });

  it("is asked again on a new connection when it dropped the kept one, but only for what may be sent twice", async () => {
    const asked: string[] = [];
    const port = await before((socket) => {
      let served = 0;
      socket.on("data", (bytes: Buffer) => {
        asked.push(bytes.toString().slice(0, 4));
        served += 1;
        if (served === 1) {
          socket.write(OK);
        } else {
          socket.resetAndDestroy();
        }
      });
    });
    const one = client(port);
    await one.write(GET).until("ok", 1);
    expect(await one.write(GET).until("ok", 2)).not.toContain("504");
    expect(asked).toEqual(["GET ", "GET ", "GET "]);
    await one.write("POST / HTTP/1.1\r\nHost: a\r\n\r\n").until("504 GATEWAY_TIMEOUT");
    expect(asked.slice(3)).toEqual(["POST"]);
  });
});

describe("a client that misbehaves", () => {
  it("gets 408 for a request that it doesn't finish, and is closed in silence when it asks nothing", async () => {
    const port = await before((socket) => void socket.resume(), { idleTimeout: 200 });
    expect(await client(port).write("GET / HTTP/1.1\r\nHo").untilClosed()).toContain("408 REQUEST_TIMEOUT");
    expect(await client(port).write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").untilClosed()).toContain("408 REQUEST_TIMEOUT");
    expect(await client(port).untilClosed()).toBe("");
  });

  it("gets 405 for a method of more than 127 characters, and 400 for CONNECT", async () => {
    const port = await before((socket) => answering(socket, () => OK));
    expect(await client(port).write(`${"A".repeat(128)} / HTTP/1.1\r\nHost: a\r\n\r\n`).untilClosed()).toContain("405 METHOD_NOT_ALLOWED");
    expect(await client(port).write("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n").untilClosed()).toContain("400 BAD_REQUEST");
  });

  it.each([
    ["conflicting lengths", "Content-Length: 4\r\nContent-Length: 44\r\n\r\nabcd"],
    ["a length and chunked", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["an obfuscated coding", "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"],
    ["white space before the colon", "Content-Length : 4\r\n\r\nabcd"],
    ["a folded coding", "X: a\r\n Transfer-Encoding: chunked\r\n\r\n"],
    ["a bare LF", "X: a\nContent-Length: 4\r\n\r\nabcd"],
  ])("smuggles no request by %s: 400, closed, and nothing reaches the target", async (_what, rest) => {
    const heads: string[] = [];
    const port = await before((socket) => answering(socket, (head) => (heads.push(head), OK)));
    const reply = await client(port).write(`POST / HTTP/1.1\r\nHost: a\r\n${rest}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`).untilClosed();
    expect(reply).toBe("HTTP/1.1 400 BAD_REQUEST\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n");
    expect(heads).toEqual([]);
  });

  it.each(["0x1\r\na\r\n0\r\n\r\n", "1\na\r\n0\r\n\r\n", "2\r\na\r\n0\r\n\r\n", "-1\r\n"])("gets 400 for the chunks %j", async (chunks) => {
    const port = await beforeNode((request, response) => void request.pipe(response));
    const reply = await client(port).write(`POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`).untilClosed();
    expect(reply).toContain("400 BAD_REQUEST");
    expect(reply.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});
