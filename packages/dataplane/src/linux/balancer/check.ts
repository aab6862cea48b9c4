/** One health check over the network, from the node's own address. */
import type { HealthCheck } from "@hakoniwa/network";
import { HeadScanner } from "./framing/head-scanner.js";
import { parseResponseHead } from "./framing/response-head.js";
import type { CheckResult } from "./health.js";
import { passes } from "./matcher.js";
import type { Generation } from "./replies.js";
import { connectTo } from "./target-socket.js";

export interface Check extends Pick<HealthCheck, "protocol" | "path" | "matcher"> {
  readonly generation: Generation;
  readonly address: string;
  readonly port: number;
  /** Milliseconds of wall time. */
  readonly timeout: number;
}

const PASSED: CheckResult = { passed: true };

/**
 * Checks a target once: TCP passes when the connection stands, SSL when TLS was agreed on, HTTP and HTTPS when the answer's status matches.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-healthchecks.html
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
 * @returns the verdict, and how to give up early (then nothing is reported)
 */
export function startCheck(check: Check, report: (result: CheckResult) => void): () => void {
  let open = true;
  const secure = check.protocol === "HTTPS" || check.protocol === "SSL";
  const ready = secure ? "secureConnect" : "connect";
  const socket = connectTo(check.address, check.port, secure);
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
  socket.on("close", () => finish({ passed: false, reason: "connection closed before an answer" }));
  if (check.protocol === "TCP" || check.protocol === "SSL") {
    socket.on(ready, () => finish(PASSED));
    return cancel;
  }
  const scanner = new HeadScanner();
  socket.on(ready, () => socket.write(requestOf(check), "latin1"));
  socket.on("end", () => socket.destroy());
  socket.on("data", (bytes: Buffer) => {
    const verdict = judge(scanner, bytes, check.matcher);
    if (verdict !== undefined) {
      finish(verdict);
    }
  });
  return cancel;
}

function requestOf(check: Check): string {
  const standard = check.protocol === "HTTPS" ? 443 : 80;
  const host = check.port === standard ? check.address : `${check.address}:${check.port}`;
  const agent = `ELB-HealthChecker/${check.generation === "classic" ? "1.0" : "2.0"}`;
  const accept = check.generation === "classic" ? "Accept: */*\r\n" : "Accept-Encoding: gzip, compressed\r\n";
  return `GET ${check.path ?? "/"} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: ${agent}\r\n${accept}Connection: close\r\n\r\n`;
}

/** The verdict once the final head has come. */
function judge(scanner: HeadScanner, bytes: Buffer, matcher: string): CheckResult | undefined {
  try {
    let rest = bytes;
    for (;;) {
      const scanned = scanner.push(rest);
      if (scanned === undefined) {
        return undefined;
      }
      const { status } = parseResponseHead(scanned.lines, "GET");
      if (status >= 200) {
        return passes(matcher, status) ? PASSED : { passed: false, reason: `HTTP ${status}` };
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
