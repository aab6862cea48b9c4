import http from "node:http";
import net from "node:net";
import { expect, it } from "vitest";
import { HealthChecker } from "./checker.js";
import { listen } from "./testing.js";

it("S2-48 every failure an interval after the last one counts, though timers go off a little early", async () => {
  let asked = 0;
  const server = net.createServer((socket) => {
    asked += 1;
    socket.on("error", () => undefined).destroy();
  });
  const port = await listen(server);
  const unhealthyThreshold = 20;
  try {
    await new Promise<void>((resolve) => {
      const checker = new HealthChecker(1, "application", () => {
        if (checker.stateOf("i-1") === "unhealthy") {
          checker.close();
          resolve();
        }
      });
      const check = { protocol: "HTTP", port: undefined, path: "/", matcher: "200", interval: 10.7, timeout: 5, healthyThreshold: 2, unhealthyThreshold } as const;
      checker.update([{ id: "i-1", address: "127.0.0.1", port, workload: undefined, draining: false }], check);
    });
    expect(asked).toBe(unhealthyThreshold);
  } finally {
    server.close();
  }
});

it("S2-49 tells of a sick target that it answers again, before it counts as healthy", async () => {
  let status = 503;
  const server = http.createServer((_request, response) => void response.writeHead(status).end());
  const port = await listen(server);
  const told: string[] = [];
  try {
    await new Promise<void>((resolve) => {
      const checker = new HealthChecker(1, "application", () => {
        const found = checker.health().get("i-1")!;
        told.push(found.recovering === true ? "recovering" : found.state);
        if (found.state === "unhealthy") status = 200;
        if (found.state === "healthy") {
          checker.close();
          resolve();
        }
      });
      const check = { protocol: "HTTP", port: undefined, path: "/", matcher: "200", interval: 10, timeout: 1_000, healthyThreshold: 3, unhealthyThreshold: 2 } as const;
      checker.update([{ id: "i-1", address: "127.0.0.1", port, workload: undefined, draining: false }], check);
    });
    expect(told.slice(told.indexOf("unhealthy"))).toEqual(["unhealthy", "recovering", "healthy"]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
