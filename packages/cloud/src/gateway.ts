/** The API's door: loopback only, no foreign web pages, then the AWS protocols. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface GatewayOptions {
  /** Answers AWS requests. */
  endpoint(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Answers for websites in buckets, and says whether the request was for one. What they show is open to all. */
  website?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Answers GET /_hakoniwa/health. */
  health(): Record<string, unknown>;
  /** Answers GET /_hakoniwa/outbox: the letters and text messages that were sent, the latest last. */
  outbox?(): readonly object[];
  /** The certificate (PEM) of what topics sign, by the name that their messages give it. */
  certificate?(name: string): string | undefined;
  /** Approves a certificate request by the code of a letter's link; says for which name, once that is certain to last. */
  approve?(code: string): Promise<string | undefined>;
  /** Whether a bucket's CORS configuration lets in what a web page of another site asks. */
  isInvited?(request: IncomingMessage): boolean;
  /** The host's ports that lead to the sites inside. */
  readonly sitePorts: readonly number[];
  /** Answers POST /_hakoniwa/reset; absent when it is not allowed. */
  reset?: () => Promise<void>;
}

/** The keys `test` / `test` are known to all, so whoever reaches the port could run code: only this machine's own programs may. */
export function createGateway(options: GatewayOptions): Server {
  // No limit on a whole request: an object of 5 GB takes its time, and the endpoint watches over bodies itself.
  return createServer({ requestTimeout: 0, headersTimeout: 20_000, keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 }, (request, response) => {
    if (options.website?.(request, response)) return;
    const refused = refusal(request, options.sitePorts, () => options.isInvited?.(request) ?? false);
    if (refused) {
      answer(response, 403, { message: refused });
      return;
    }
    if (request.url?.startsWith("/_hakoniwa/")) {
      void own(options, request, response);
      return;
    }
    const certificate = certificateFor(options, request);
    if (certificate !== undefined) {
      request.resume();
      response.writeHead(200, { "content-type": "application/x-pem-file" }).end(certificate);
      return;
    }
    const code = approvalIn(request);
    if (code !== undefined && options.approve) {
      request.resume();
      options.approve(code).then((name) => answerApproval(response, name), () => response.destroy());
      return;
    }
    void options.endpoint(request, response);
  });
}

function answerApproval(response: ServerResponse, name: string | undefined): void {
  const said = name === undefined ? "Nobody waits for an approval with this code." : `You have approved the certificate request for ${name}.`;
  response.writeHead(name === undefined ? 404 : 200, { "content-type": "text/plain; charset=utf-8" }).end(`${said}\n`);
}

/** What the link of a letter to a domain's owner says. */
function approvalIn({ method, url = "" }: IncomingMessage): string | undefined {
  return method === "GET" ? /^\/approvals\?code=([0-9a-f-]{36})$/.exec(url)?.[1] : undefined;
}

function certificateFor(options: GatewayOptions, { method, url = "" }: IncomingMessage): string | undefined {
  const [, name] = /^\/(SimpleNotificationService-[0-9a-f]{32}\.pem)$/.exec(url) ?? [];
  return method === "GET" && name !== undefined ? options.certificate?.(name) : undefined;
}

async function own(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  if (request.method === "GET" && request.url === "/_hakoniwa/health") {
    answer(response, 200, options.health());
  } else if (request.method === "GET" && request.url === "/_hakoniwa/outbox" && options.outbox) {
    answer(response, 200, { outbox: options.outbox() });
  } else if (request.method === "POST" && request.url === "/_hakoniwa/reset") {
    if (!options.reset) {
      answer(response, 403, { message: "resetting over HTTP is off: start with --allow-reset, or use `hakoniwa reset`" });
      return;
    }
    await options.reset();
    answer(response, 200, { reset: true });
  } else {
    answer(response, 404, { message: `there is no ${request.method} ${request.url}: GET /_hakoniwa/health, GET /_hakoniwa/outbox and POST /_hakoniwa/reset are all` });
  }
}

/**
 * Why a request may not come in; undefined when it may. A page of a site inside is as foreign as any, though its host is ours:
 * whoever broke into a rehearsed web server must not become the administrator in a visitor's browser.
 * @param isInvited asked only about what would be refused for its origin
 */
export function refusal(request: Pick<IncomingMessage, "headers" | "url">, sitePorts: readonly number[], isInvited: () => boolean = () => false): string | undefined {
  const { host, origin } = request.headers;
  const name = hostName(host ?? "");
  if (!isOurs(name)) return `the Host "${host ?? ""}" is not this machine's: use 127.0.0.1, localhost, *.localhost or an amazonaws.com name`;
  if (origin !== undefined && !isLocalPage(origin, sitePorts)) {
    if (isInvited()) return undefined;
    return `the Origin "${origin}" is foreign: web pages of other sites may not call this API`;
  }
  const site = request.headers["sec-fetch-site"];
  // A page of our own origin is an object in a bucket. A browser names no Origin when such a page reads.
  if (site === "same-origin" && isSigned(request)) return "a web page may not sign calls of this API";
  if (site === "same-origin" && isUnsigned(request)) return "a web page may load objects of this API, and nothing else";
  // Ports don't make another site for a browser, and images and links come without an Origin.
  if (site === "cross-site" || (site === "same-site" && origin === undefined)) return "a web page of another site may not call this API";
  return undefined;
}

function isSigned({ headers, url = "" }: Pick<IncomingMessage, "headers" | "url">): boolean {
  return headers.authorization !== undefined || /[?&](X-Amz-Signature|Signature)=/i.test(url);
}

/** What is done or told without a signature: to whoever is at this machine, not to what they look at. */
function isUnsigned({ url = "" }: Pick<IncomingMessage, "url">): boolean {
  const [path = ""] = url.split("?", 1);
  return path.startsWith("/_hakoniwa/") || path === "/approvals" || new URLSearchParams(url.slice(path.length + 1)).has("Action");
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
