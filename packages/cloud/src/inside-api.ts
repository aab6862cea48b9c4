/** The AWS API to machines inside the box: over TLS with our own authority's certificates, or plainly as S3 allows. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { SecureContext } from "node:tls";
import type { ApiEntrance, InsideApi } from "@hakoniwa/dataplane";
import { AwsError, type Origin } from "@hakoniwa/kernel";
import { MODELS, type ServiceId } from "@hakoniwa/wire";
import type { Authority } from "./certificate-authority.js";

/** Answers AWS requests. */
export type Endpoint = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const LIMITS = { requestTimeout: 0, headersTimeout: 20_000, keepAliveTimeout: 20_000, maxHeaderSize: 64 * 1024 } as const;

/** The endpoint for what comes in at an entrance, over TLS or not. */
export type EndpointAt = (entrance: ApiEntrance, secure: boolean) => Endpoint;

export function createInsideApi(authority: Authority, endpointAt: EndpointAt): InsideApi {
  return {
    trusted: authority.certificate,
    serve(socket, protocol, entrance) {
      const endpoint = endpointAt(entrance, protocol === "https");
      const handle = (request: IncomingMessage, response: ServerResponse): void => {
        const host = hostOf(request);
        if (isAmazons(host)) void endpoint(request, response);
        else refuse(response, host);
      };
      const server = protocol === "http" ? createServer(LIMITS, handle) : secured(authority, handle);
      server.maxConnections = socket.maxConnections;
      server.on("clientError", (_error, connection) => connection.destroy());
      server.listen(socket);
      return () => {
        server.close();
        server.closeAllConnections();
      };
    },
  };
}

/** The keys `test` / `test` are for this machine's own programs: an instance that somebody broke into must not be the administrator. */
export function isKnownToAll(accessKeyId: string): boolean {
  return accessKeyId === "test";
}

/**
 * What is known of a call by where it came in.
 * @throws AwsError when it is for another service than the one that the endpoint leads to
 */
export function originOf({ entrance, secure }: { readonly entrance: ApiEntrance; readonly secure: boolean }, service: string): Origin {
  if (entrance.kind === "internet") return { secure };
  const called = MODELS[service as ServiceId].signingName;
  if (called !== entrance.service) {
    throw new AwsError("AccessDenied", `The VPC endpoint ${entrance.endpoint} leads to ${entrance.service}, not to ${called}.`, { status: 403 });
  }
  return { secure, endpoint: { id: entrance.endpoint, vpc: entrance.vpc } };
}

function secured(authority: Authority, handle: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const contextFor = async (name: string): Promise<SecureContext> => {
    if (!isAmazons(name)) throw new Error(`${name} is not a name of the API`);
    return authority.contextFor(name);
  };
  const choose = (name: string, done: (error: Error | null, context?: SecureContext) => void): void => {
    contextFor(name.toLowerCase()).then((context) => done(null, context), done);
  };
  return createTlsServer({ ...LIMITS, SNICallback: choose }, handle);
}

function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? "").replace(/:\d{1,5}$/, "").replace(/\.$/, "").toLowerCase();
}

/** A web page that had its own name resolve to us (DNS rebinding) gets nothing; nor is there anything but AWS's API here. */
function isAmazons(name: string): boolean {
  return /^(?:[a-z0-9._-]{1,200}\.)?(?:amazonaws\.com|api\.aws)$/.test(name);
}

function refuse(response: ServerResponse, host: string): void {
  response.writeHead(403, { "content-type": "text/plain", connection: "close" });
  response.end(`the Host "${host}" is not a name of the AWS API\n`);
}
