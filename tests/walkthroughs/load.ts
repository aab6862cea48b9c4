/** Clients that ask a site again and again, and remember what each answer was. */
import http from "node:http";
import https from "node:https";

export interface Answer {
  /** The response's status; undefined when there was none. */
  readonly status: number | undefined;
  /** The body, or what went wrong. */
  readonly body: string;
  /** When it was complete, by `performance.now()`. */
  readonly at: number;
}

export interface Site {
  /** The host's port that leads to sites. */
  readonly port: number;
  /** The balancer's DNS name. */
  readonly name: string;
  readonly secure?: boolean;
}

/**
 * Asks once, on a connection of its own unless an agent keeps some; never rejects. An answer that breaks off is none.
 * @param options.linger how many milliseconds it stops reading after the head
 */
export function ask(site: Site, path = "/", { linger = 0, ...options }: http.RequestOptions & { readonly linger?: number } = {}): Promise<Answer> {
  const host = `${site.name}.localhost`;
  const where = { host: "127.0.0.1", port: site.port, path, agent: false as const, timeout: 30_000 };
  return new Promise((resolve) => {
    const headers = { host };
    const asked = site.secure === true ? https.request({ ...where, servername: host, rejectUnauthorized: false, ...options, headers }) : http.request({ ...where, ...options, headers });
    const failed = (error: Error): void => resolve({ status: undefined, body: error.message, at: performance.now() });
    asked.on("response", (response) => {
      let body = "";
      response.on("data", (bytes: Buffer) => (body += bytes.toString()));
      response.on("end", () => resolve({ status: response.statusCode, body, at: performance.now() }));
      response.on("error", failed);
      if (linger > 0) {
        response.pause();
        setTimeout(() => response.resume(), linger);
      }
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 30 s")));
    asked.on("error", failed);
    asked.end();
  });
}

export interface Load {
  /** Everything but a 200, so far. */
  readonly failures: readonly Answer[];
  /** Good answers so far, by their bodies, or the length of large ones. */
  readonly served: ReadonlyMap<string, number>;
  /** Ends it, when every request that is under way has been answered. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly path?: string;
  /** Milliseconds between an answer and the next request. */
  readonly pause?: number;
  readonly linger?: number;
}

/** Keeps so many connections busy, each with one request after the other. */
export function startLoad(site: Site, connections = 32, { path = "/", pause = 0, linger = 0 }: LoadOptions = {}): Load {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  const failures: Answer[] = [];
  const served = new Map<string, number>();
  let running = true;
  const client = async (): Promise<void> => {
    while (running) {
      const answer = await ask(site, path, { agent, linger });
      if (answer.status === 200) served.set(keyOf(answer), (served.get(keyOf(answer)) ?? 0) + 1);
      else failures.push(answer);
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };
  const clients = Array.from({ length: connections }, client);
  return {
    failures,
    served,
    async stop() {
      running = false;
      await Promise.all(clients);
      agent.destroy();
    },
  };
}

/** Large bodies are told by their length. */
function keyOf({ body }: Answer): string {
  return body.length > 1000 ? `${body.length} characters` : body;
}

/** How many requests a load made that were answered well. */
export function countServed({ served }: Load): number {
  return [...served.values()].reduce((sum, count) => sum + count, 0);
}
