import { once } from "node:events";
import net from "node:net";
import { expect, it } from "vitest";
import { answering, LOOPBACK, rawServer, RawClient } from "../balancer/testing.js";
import { startEdge } from "./start.js";

it("S4-32 the edge's process accepts on a socket handed to it, follows its sites and frees the port when stopped", async () => {
  const { server: site, port: sitePort } = await rawServer((socket) => answering(socket, () => "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!"));
  const host = net.createServer();
  host.listen(0, LOOPBACK);
  await once(host, "listening");
  const port = (host.address() as net.AddressInfo).port;
  const edge = startEdge({ http: host });
  await edge.ready;
  const ask = (name: string): Promise<string> => {
    const client = new RawClient(port).write(`GET / HTTP/1.1\r\nHost: ${name}.localhost:${port}\r\n\r\n`);
    return client.until(name === "web" ? "hello!" : "\n").finally(() => client.socket.destroy());
  };
  edge.setSites(new Map([["Web", { addresses: [LOOPBACK], port: sitePort }]]));
  for (let i = 0; i < 20; i += 1) {
    expect(await ask("web")).toContain("hello!");
  }
  expect(await ask("other")).toContain("404 Not Found");
  await edge.stop();
  expect(await edge.exited).toBe("stopped");
  site.close();
  const again = net.createServer();
  again.listen(port, LOOPBACK);
  await once(again, "listening");
  again.close();
});

it("leaves nobody waiting who connects while it starts", async () => {
  const host = net.createServer();
  host.listen(0, LOOPBACK);
  await once(host, "listening");
  const port = (host.address() as net.AddressInfo).port;
  const edge = startEdge({ http: host });
  let starting = true;
  void edge.ready.then(() => (starting = false));
  const heard: Promise<unknown>[] = [];
  while (starting) {
    const client = net.connect(port, LOOPBACK, () => client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    client.on("error", () => undefined);
    heard.push(Promise.race([once(client, "data"), once(client, "close")]).finally(() => client.destroy()));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  expect(heard.length).toBeGreaterThan(3);
  await Promise.all(heard);
  await edge.stop();
}, 10_000);
