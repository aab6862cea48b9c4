/**
 * The way from the host's site ports to the public addresses inside. A connection is led to the site that its first
 * request names and stays there, with its bytes unchanged: browsers use a connection for one host only.
 */
import net from "node:net";
import { FramingError } from "../balancer/framing/errors.js";
import { HeadScanner } from "../balancer/framing/head-scanner.js";
import { parseRequestHead } from "../balancer/framing/request-head.js";
import { endInOrder } from "../balancer/linger.js";
import { BAD_REQUEST, pageFor, render, TOO_LARGE, TOO_SLOW, unreachablePage } from "./pages.js";
import { route, type Sites } from "./route.js";
import { readClientHello } from "./server-name.js";

export interface EdgeOptions {
  /** The address to connect from. @default the system's choice */
  readonly localAddress?: string | undefined;
  /** Milliseconds for the first request's head to come. @default 30,000 */
  readonly headTimeout?: number;
  /** Milliseconds for a site to accept a connection. @default 5,000 */
  readonly connectTimeout?: number;
}

export interface Edge {
  accept(socket: net.Socket, protocol: "http" | "https"): void;
  setSites(sites: Sites): void;
  /** Ends every connection at once. */
  close(): void;
}

const FIRST_LIMIT = 16 * 1024;
const HTTPS_PORT = 443;
const PROBE_DELAY = 60_000;
/** TLS alerts, fatal: unrecognized_name, internal_error, decode_error (RFC 8446, 6). */
const UNKNOWN_NAME = alert(112);
const INTERNAL_ERROR = alert(80);
const DECODE_ERROR = alert(50);

interface Destination {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly port: number;
}

/** What is to be done with a connection, once its first bytes have been read. */
type Decision = { readonly connect: Destination } | { readonly answer: string | Buffer };

export function createEdge(options: EdgeOptions = {}): Edge {
  const headTimeout = options.headTimeout ?? 30_000;
  const connectTimeout = options.connectTimeout ?? 5_000;
  const sockets = new Set<net.Socket>();
  let turn = 0;
  let known: Sites = { sites: new Map(), defaultSite: undefined };

  function accept(socket: net.Socket, protocol: "http" | "https"): void {
    sockets.add(socket);
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    const decide = protocol === "http" ? httpDecider(socket) : httpsDecide;
    let first: Buffer = Buffer.alloc(0);
    let read = false;
    const deadline = setTimeout(() => {
      read = true;
      if (first.length === 0 || protocol === "https") {
        socket.destroy();
      } else {
        answer(socket, render(TOO_SLOW, false));
      }
    }, headTimeout);
    socket.once("close", () => clearTimeout(deadline));
    socket.on("end", () => {
      if (!read) {
        socket.destroy();
      }
    });
    socket.on("data", onData);

    function onData(bytes: Buffer): void {
      if (read) {
        return;
      }
      first = Buffer.concat([first, bytes]);
      const decision = decide(bytes, first);
      if (decision === undefined) {
        return;
      }
      read = true;
      clearTimeout(deadline);
      if ("answer" in decision) {
        answer(socket, decision.answer);
      } else {
        socket.pause();
        socket.off("data", onData);
        connect(socket, first, decision.connect, protocol);
      }
    }
  }

  function httpDecider(socket: net.Socket): (bytes: Buffer, first: Buffer) => Decision | undefined {
    const scanner = new HeadScanner();
    return (bytes, first) => {
      try {
        const scanned = scanner.push(bytes);
        if (first.length - (scanned?.rest.length ?? 0) > FIRST_LIMIT) {
          return { answer: render(TOO_LARGE, false) };
        }
        if (scanned === undefined) {
          return undefined;
        }
        const head = parseRequestHead(scanned.lines);
        const found = route(head.host, known);
        if (found.kind === "site") {
          return { connect: { name: found.name, ...found.site } };
        }
        return { answer: render(pageFor(found, known, socket.localPort ?? 0), head.method === "HEAD") };
      } catch (error) {
        if (error instanceof FramingError) {
          return { answer: render(first.length > FIRST_LIMIT ? TOO_LARGE : BAD_REQUEST, false) };
        }
        throw error;
      }
    };
  }

  function httpsDecide(_bytes: Buffer, first: Buffer): Decision | undefined {
    const hello = readClientHello(first);
    if (hello.kind === "incomplete") {
      return undefined;
    }
    if (hello.kind === "invalid") {
      return { answer: DECODE_ERROR };
    }
    const found = route(hello.serverName, known);
    return found.kind === "site" ? { connect: { name: found.name, addresses: found.site.addresses, port: HTTPS_PORT } } : { answer: UNKNOWN_NAME };
  }

  /** Connects to the site's addresses in turn, and goes on to the next when one does not accept. */
  function connect(client: net.Socket, first: Buffer, to: Destination, protocol: "http" | "https"): void {
    const start = turn;
    turn += 1;
    const tried = to.addresses.map((_, index) => to.addresses[(start + index) % to.addresses.length] ?? "");
    attempt(0);

    function attempt(index: number): void {
      const address = tried[index] ?? "";
      let connected = false;
      let code: string | undefined;
      const site = net.connect({
        host: address,
        port: to.port,
        noDelay: true,
        allowHalfOpen: true,
        keepAlive: true,
        keepAliveInitialDelay: PROBE_DELAY,
        ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
      });
      const deadline = setTimeout(() => {
        code = "timeout";
        site.destroy();
      }, connectTimeout);
      const giveUp = (): void => void site.destroy();
      client.once("close", giveUp);
      site.on("connect", () => {
        connected = true;
        clearTimeout(deadline);
        site.write(first);
        client.pipe(site);
        site.pipe(client);
      });
      site.on("error", (error: NodeJS.ErrnoException) => {
        code ??= error.code ?? error.message;
      });
      site.on("close", () => {
        clearTimeout(deadline);
        if (client.destroyed) {
          return;
        }
        if (connected) {
          if (code !== undefined) {
            client.resetAndDestroy();
          }
          return;
        }
        client.off("close", giveUp);
        if (index + 1 < tried.length) {
          attempt(index + 1);
        } else {
          const page = unreachablePage(to.name, `${address}:${to.port}`, code ?? "the connection was closed");
          answer(client, protocol === "http" ? render(page, false) : INTERNAL_ERROR);
        }
      });
    }
  }

  function answer(socket: net.Socket, reply: string | Buffer): void {
    socket.on("data", () => undefined);
    socket.write(typeof reply === "string" ? Buffer.from(reply, "latin1") : reply);
    endInOrder(socket);
  }

  return {
    accept,
    setSites(sites) {
      known = sites;
    },
    close() {
      for (const socket of sockets) {
        socket.destroy();
      }
    },
  };
}

function alert(description: number): Buffer {
  return Buffer.from([21, 3, 1, 0, 2, 2, description]);
}
