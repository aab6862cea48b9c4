/** For tests: an endpoint on a loopback port, carrying calls out with whatever the test says. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createEndpoint } from "./endpoint.js";
import type { EndpointOptions } from "./endpoint-options.js";
import type { WireCall } from "./call.js";
import { MODELS } from "./models.gen.js";

export type Handle = (call: WireCall) => unknown;

export interface Fixture {
  readonly url: string;
  readonly port: number;
  /** What was asked of `invoke`, in order. */
  readonly calls: WireCall[];
  readonly bugs: unknown[];
  /** What the next calls are carried out with. */
  handle: Handle;
  close(): Promise<void>;
}

export const SECRETS: Readonly<Record<string, { secret: string; sessionToken?: string }>> = {
  test: { secret: "test" },
  ASIATEMPORARY: { secret: "temporary", sessionToken: "the-token" },
};

export async function startFixture(options: Partial<EndpointOptions> = {}): Promise<Fixture> {
  let serial = 0;
  const endpoint = createEndpoint({
    models: Object.values(MODELS),
    region: "ap-northeast-1",
    verify: "strict",
    secretOf: (accessKeyId) => (Object.hasOwn(SECRETS, accessKeyId) ? SECRETS[accessKeyId] : undefined),
    now: () => [Date.now()],
    date: () => new Date(),
    newRequestId: () => `request-${++serial}`,
    invoke: async (call) => {
      fixture.calls.push(call);
      return fixture.handle(call) as Record<string, unknown>;
    },
    strictOutput: true,
    onBug: (error) => fixture.bugs.push(error),
    ...options,
  });
  const server = createServer((request, response) => void endpoint(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const fixture: Fixture = {
    url: `http://127.0.0.1:${port}`,
    port,
    calls: [],
    bugs: [],
    handle: () => ({}),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return fixture;
}
