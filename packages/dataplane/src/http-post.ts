/** One POST over HTTP or HTTPS, for what the cloud sends of itself. */
import http from "node:http";
import https from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { OutgoingAnswer, OutgoingRequest } from "@hakoniwa/network";

/** So much of an answer is read; its status is all that counts. */
const MOST_READ = 64 * 1024;

/**
 * @param addressOf where a host's name leads; undefined when nowhere
 * @throws Error with the reason when there is no answer
 */
export function httpPost(request: OutgoingRequest, addressOf: (host: string) => string | undefined): Promise<OutgoingAnswer> {
  const url = new URL(request.url);
  const client = url.protocol === "https:" ? https : http;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = isIP(host) > 0 ? host : addressOf(host.toLowerCase().replace(/\.$/, ""));
  if (address === undefined) return Promise.reject(new Error(`${host} can't be resolved`));
  // The name stays in the Host header and in TLS; only where it leads is ours to say.
  const lookup: LookupFunction = (_host, options, found) => (options.all ? found(null, [{ address, family: isIP(address) }]) : found(null, address, isIP(address)));
  return new Promise((resolve, reject) => {
    const body = Buffer.from(request.body);
    const headers = { ...request.headers, "content-length": body.length, connection: "close" };
    const post = client.request(url, { method: "POST", headers, lookup, agent: false }, (response) => {
      let read = 0;
      response.on("data", (chunk: Buffer) => {
        read += chunk.length;
        if (read > MOST_READ) response.destroy();
      });
      response.on("error", () => undefined);
      response.on("close", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0 });
      });
    });
    const timer = setTimeout(() => post.destroy(new Error(`no answer within ${request.timeout / 1_000} s`)), request.timeout);
    post.on("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    post.end(body);
  });
}

/** This machine's own loopback, by name or address. */
export function loopbackOf(host: string): string | undefined {
  return host === "localhost" || host.endsWith(".localhost") ? "127.0.0.1" : undefined;
}

export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return loopbackOf(host) !== undefined || /^127(\.\d{1,3}){3}$/.test(host) || host === "[::1]";
}

/** A POST that stays on this machine. @throws Error for any other address */
export async function postOnThisMachine(request: OutgoingRequest): Promise<OutgoingAnswer> {
  if (!isLoopback(request.url)) throw new Error(`${new URL(request.url).hostname} is not this machine, and nothing leaves it`);
  return httpPost(request, loopbackOf);
}
