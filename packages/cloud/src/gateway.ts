/** The API's door: loopback only, no foreign web pages, then the AWS protocols. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface GatewayOptions {
  /** Answers AWS requests. */
  endpoint(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers GET /_hakoniwa/health. */
  health(): Record<string, unknown>;
  /** The host's ports that lead to the sites inside. */
  readonly sitePorts: readonly number[];
  /** Answers POST /_hakoniwa/reset; absent when it is not allowed. */
  reset?: () => Promise<void>;
}

/** The keys `test` / `test` are known to all, so whoever reaches the port could run code: only this machine's own programs may. */
export function createGateway(options: GatewayOptions): Server {
  // No limit on a whole request: an object of 5 GB takes its time, and the endpoint watches over bodies itself.
  return createServer({ requestTimeout: 0, headersTimeout: 20_000, keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 }, (request, response) => {
    const refused = refusal(request, options.sitePorts);
    if (refused) {
      answer(response, 403, { message: refused });
      return;
    }
    if (request.url?.startsWith("/_hakoniwa/")) {
      void own(options, request, response);
      return;
    }
    void options.endpoint(request, response);
  });
}

async function own(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  if (request.method === "GET" && request.url === "/_hakoniwa/health") {
    answer(response, 200, options.health());
  } else if (request.method === "POST" && request.url === "/_hakoniwa/reset") {
    if (!options.reset) {
      answer(response, 403, { message: "resetting over HTTP is off: start with --allow-reset, or use `hakoniwa reset`" });
      return;
    }
    await options.reset();
    answer(response, 200, { reset: true });
  } else {
    answer(response, 404, { message: `there is no ${request.method} ${request.url}: GET /_hakoniwa/health and POST /_hakoniwa/reset are all` });
  }
}

/**
 * Why a request may not come in; undefined when it may. A page of a site inside is as foreign as any, though its host is ours:
 * whoever broke into a rehearsed web server must not become the administrator in a visitor's browser.
 */
export function refusal(request: Pick<IncomingMessage, "headers">, sitePorts: readonly number[]): string | undefined {
  const { host, origin } = request.headers;
  const name = hostName(host ?? "");
  if (!isOurs(name)) return `the Host "${host ?? ""}" is not this machine's: use 127.0.0.1, localhost, *.localhost or an amazonaws.com name`;
  if (origin !== undefined && !isLocalPage(origin, sitePorts)) return `the Origin "${origin}" is foreign: web pages of other sites may not call this API`;
  const site = request.headers["sec-fetch-site"];
  // Ports don't make another site for a browser, and images and links come without an Origin.
  if (site === "cross-site" || (site === "same-site" && origin === undefined)) return "a web page of another site may not call this API";
  return undefined;
}

function hostName(host: string): string {
  return (/^\[[^\]]*\]|^[^:]*/.exec(host)?.[0] ?? "").toLowerCase().replace(/\.$/, "");
}

function isLocalPage(origin: string, sitePorts: readonly number[]): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname, port, protocol } = new URL(origin);
  return isLoopback(hostname.toLowerCase()) && !sitePorts.includes(Number(port || (protocol === "https:" ? 443 : 80)));
}

function isLoopback(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}

function isOurs(name: string): boolean {
  return isLoopback(name) || name === "amazonaws.com" || name.endsWith(".amazonaws.com") || name.endsWith(".api.aws");
}

function answer(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json", connection: status === 403 ? "close" : "keep-alive" });
  response.end(`${JSON.stringify(body)}\n`);
}
