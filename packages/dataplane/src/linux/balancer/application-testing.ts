/** A node of an Application Load Balancer for tests, web servers behind it, and what they share. */
import http from "node:http";
import type { BalancerRule, BalancerSpec, BalancerTarget, TargetGroup } from "@hakoniwa/network";
import { createProxy, type Proxy, type ProxyOptions } from "./proxy.js";
import { groupTo, listen, LOOPBACK, specTo, targetAt } from "./testing.js";

export const cleanups: (() => unknown)[] = [];
/** Undoes what a test has set up, the last first. */
export async function cleanUp(): Promise<void> {
  for (const clean of cleanups.splice(0).reverse()) {
    await clean();
  }
}

/** A web server that says who it is; `serve` may say something else. */
export async function site(name: string, serve?: http.RequestListener): Promise<number> {
  const server = http.createServer(serve ?? ((_request, response) => void response.end(name)));
  const port = await listen(server);
  cleanups.push(() => (server.close(), server.closeAllConnections()));
  return port;
}

export function target(port: number, change: Partial<BalancerTarget> = {}): BalancerTarget {
  return targetAt({ id: `t-${port}`, port, ...change });
}

export function group(id: string, targets: readonly BalancerTarget[], change: Partial<TargetGroup> = {}): TargetGroup {
  return groupTo(targets, { id, algorithm: "round-robin", ...change });
}

export const forward = (...groups: readonly string[]): BalancerRule["action"] => ({ kind: "forward", to: groups.map((id) => ({ group: id, weight: 1 })) });
export const otherwise = (action: BalancerRule["action"]): BalancerRule => ({ priority: 0, conditions: [], action });

export function spec(groups: readonly TargetGroup[], rules: readonly BalancerRule[], change: Partial<BalancerSpec> = {}): BalancerSpec {
  return { ...specTo(1), generation: "application", groups, listeners: [{ port: 0, protocol: "HTTP", rules }], ...change };
}

export async function run(wanted: BalancerSpec, options: Partial<ProxyOptions> = {}): Promise<{ proxy: Proxy; port: number }> {
  const proxy = createProxy({ host: LOOPBACK, onHealth: () => undefined, ...options });
  cleanups.push(() => proxy.close());
  await proxy.update(wanted);
  return { proxy, port: proxy.portOf(0)! };
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export function ask(port: number, path = "/", options: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: LOOPBACK, port, path, agent: false, ...options }, (response) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    request.on("error", reject);
    request.end();
  });
}
