/** TLS on both sides of a node. */
import https from "node:https";
import tls from "node:tls";
import type { BalancerListener } from "@hakoniwa/network";
import { afterEach, describe, expect, it } from "vitest";
import { CERTIFICATE, PRIVATE_KEY } from "../../../../../tests/api/certificates.js";
import { ask, cleanUp, cleanups, forward, group, otherwise, run, site, spec, target, type Answer } from "./application-testing.js";
import { listen, LOOPBACK, PLAIN, rawServer } from "./testing.js";

const CERT = { certificate: CERTIFICATE, chain: undefined, privateKey: PRIVATE_KEY };

afterEach(cleanUp);

describe("TLS", () => {
  const listener = (change: Partial<NonNullable<BalancerListener["tls"]>> = {}): BalancerListener => ({
    port: 0,
    protocol: "HTTPS",
    tls: { certificates: [CERT], minVersion: "TLSv1.2", maxVersion: "TLSv1.3", ...change },
    rules: [otherwise(forward("g"))],
  });

  function secureAsk(port: number, servername = "www.example.com", options: https.RequestOptions = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const request = https.request({ host: LOOPBACK, port, servername, rejectUnauthorized: false, agent: false, ...options }, (response) => {
        let body = "";
        response.on("data", (bytes: Buffer) => (body += bytes.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
      });
      request.on("error", reject);
      request.end();
    });
  }

  it("S4-39 S4-42 ends at the balancer, and the target hears that it was there", async () => {
    const echo = await site("", (request, response) => void response.end(JSON.stringify(request.headers)));
    const { port } = await run(spec([group("g", [target(echo)])], [], { listeners: [listener()], http: { ...PLAIN, tlsHeaders: true } }));
    const { body } = await secureAsk(port);
    expect(JSON.parse(body)).toMatchObject({ "x-forwarded-proto": "https", "x-amzn-tls-version": "TLSv1.3", "x-amzn-tls-cipher-suite": expect.stringMatching(/^TLS_AES/) as string });
  });

  it("keeps to the policy's versions, and counts handshakes that fail", async () => {
    const { proxy, port } = await run(spec([group("g", [target(await site("x"))])], [], { listeners: [listener({ minVersion: "TLSv1.3" })] }));
    await expect(secureAsk(port, "a", { maxVersion: "TLSv1.2" })).rejects.toThrow();
    expect((await secureAsk(port)).body).toBe("x");
    await expect.poll(() => proxy.traffic().clientTlsErrors).toBe(1);
  });

  it("goes on with a new certificate without losing a connection", async () => {
    const { proxy, port } = await run(spec([group("g", [target(await site("x"))])], [], { listeners: [listener()] }));
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
    expect((await secureAsk(port, "www.example.com", { agent })).body).toBe("x");
    await proxy.update(spec([group("g", [target(await site("y"))])], [], { listeners: [listener({ certificates: [CERT, CERT] })] }));
    expect((await secureAsk(port, "www.example.com", { agent })).body).toBe("y");
  });

  it("is spoken with targets too, whatever certificate they show, and checked by HTTPS", async () => {
    const server = https.createServer({ cert: CERTIFICATE, key: PRIVATE_KEY }, (_request, response) => void response.end("secure"));
    const port = await listen(server);
    cleanups.push(() => (server.close(), server.closeAllConnections()));
    const healthCheck = { protocol: "HTTPS", port: undefined, path: "/", matcher: "200-299", interval: 5_000, timeout: 2_000, healthyThreshold: 1, unhealthyThreshold: 2 } as const;
    const { proxy, port: front } = await run(spec([group("g", [target(port)], { protocol: "HTTPS", healthCheck })], [otherwise(forward("g"))]));
    await expect.poll(async () => (await ask(front)).body).toBe("secure");
    expect(proxy.traffic().groups["g"]!.statuses[1]).toBeGreaterThan(0);
  });

  it("of an SSL listener passes bytes to a plain target", async () => {
    const { server, port } = await rawServer((socket) => socket.pipe(socket));
    cleanups.push(() => server.close());
    const { port: front } = await run(spec([group("g", [target(port)], { protocol: "TCP" })], [], { generation: "classic", listeners: [{ ...listener(), protocol: "SSL" }] }));
    const client = tls.connect({ host: LOOPBACK, port: front, rejectUnauthorized: false });
    cleanups.push(() => client.destroy());
    client.write("ping");
    await expect(new Promise<string>((resolve) => client.once("data", (bytes: Buffer) => resolve(bytes.toString())))).resolves.toBe("ping");
  });
});
