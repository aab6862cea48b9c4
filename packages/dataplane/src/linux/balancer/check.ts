/** One health check over the network, from the node's own address. */
import net from "node:net";
import { HeadScanner } from "./framing/head-scanner.js";
import { parseResponseHead } from "./framing/response-head.js";
import type { CheckResult } from "./health.js";

export interface Check {
  readonly protocol: "HTTP" | "TCP";
  readonly address: string;
  readonly port: number;
  readonly path: string | undefined;
  /** Milliseconds of wall time. */
  readonly timeout: number;
}

const PASSED: CheckResult = { passed: true };

/**
 * Checks a target once: TCP passes when the connection stands, HTTP when the answer is 200, nothing else.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 * @returns the verdict, and how to give up early (then nothing is reported)
 */
export function startCheck(check: Check, report: (result: CheckResult) => void): () => void {
  let open = true;
  const socket = net.connect({ host: check.address, port: check.port, noDelay: true });
  const deadline = setTimeout(() => finish({ passed: false, reason: "timeout" }), check.timeout);

  function finish(result: CheckResult): void {
    if (open) {
      cancel();
      report(result);
    }
  }
  function cancel(): void {
    open = false;
    clearTimeout(deadline);
    socket.destroy();
  }

  socket.on("error", (error: NodeJS.ErrnoException) => finish({ passed: false, reason: reasonOf(error) }));
  if (check.protocol === "TCP") {
    socket.on("connect", () => finish(PASSED));
    return cancel;
  }
  const scanner = new HeadScanner();
  socket.on("connect", () => socket.write(requestOf(check), "latin1"));
  socket.on("data", (bytes: Buffer) => {
    const verdict = judge(scanner, bytes);
    if (verdict !== undefined) {
      finish(verdict);
    }
  });
  socket.on("close", () => finish({ passed: false, reason: "connection closed before an answer" }));
  return cancel;
}

function requestOf(check: Check): string {
  const host = check.port === 80 ? check.address : `${check.address}:${check.port}`;
  return `GET ${check.path ?? "/"} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ELB-HealthChecker/1.0\r\nAccept: */*\r\nConnection: close\r\n\r\n`;
}

/** The verdict once the final head has come. */
function judge(scanner: HeadScanner, bytes: Buffer): CheckResult | undefined {
  try {
    let rest = bytes;
    for (;;) {
      const scanned = scanner.push(rest);
      if (scanned === undefined) {
        return undefined;
      }
      const { status } = parseResponseHead(scanned.lines, "GET");
      if (status >= 200) {
        return status === 200 ? PASSED : { passed: false, reason: `HTTP ${status}` };
      }
      rest = scanned.rest;
    }
  } catch (error) {
    return { passed: false, reason: `malformed answer: ${error instanceof Error ? error.message : String(error)}` };
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  EHOSTUNREACH: "host unreachable",
  ENETUNREACH: "network unreachable",
  ETIMEDOUT: "timeout",
};

function reasonOf(error: NodeJS.ErrnoException): string {
  return REASONS[error.code ?? ""] ?? error.message;
}
