/** `ip -batch` kept running in one namespace. */
import { LineHelper } from "./line-helper.js";
import { inNamespace } from "./namespaces.js";
import type { Namespace } from "./namespaces.js";
import { run } from "./run.js";

/** One line that `ip` could not carry out. */
export interface LineFailure {
  readonly index: number;
  readonly line: string;
  readonly reason: string;
}

export class IpBatch {
  readonly #helper: LineHelper;

  constructor(namespace: Namespace | undefined) {
    this.#helper = new LineHelper({
      namespace,
      command: "ip -force -oneline -batch -",
      sentinel: "link show dev lo",
      // The second half of the loopback's line; the first, with its name, is left in the output.
      sentinelOutput: "    link/loopback ",
    });
  }

  /**
   * Carries out every line (`link set lo up`), whether or not others fail.
   * @returns those that failed
   * @throws Error when `ip` ended over one (it does on arguments that it cannot read): which lines were carried out is then unknown
   */
  async attempt(lines: readonly string[]): Promise<readonly LineFailure[]> {
    if (lines.length === 0) return [];
    const { output, firstLine } = await this.#helper.request(lines);
    return failuresIn(output, firstLine, lines);
  }

  /** What `ip` answers to a question (`link show type veth`), without the loopback's line. */
  async ask(line: string): Promise<string> {
    const { output } = await this.#helper.request([line]);
    return output;
  }

  /**
   * Carries out every line, and
   * @throws Error naming the lines that failed, unless their reason matches `tolerated`
   */
  async run(lines: readonly string[], tolerated?: RegExp): Promise<void> {
    const failures = (await this.attempt(lines)).filter((failure) => !tolerated?.test(failure.reason));
    if (failures.length > 0) throw new Error(failures.map((failure) => `ip ${failure.line}: ${failure.reason}`).join("; "));
  }

  close(): Promise<void> {
    return this.#helper.close();
  }
}

/** As `IpBatch.attempt`, by a process for these lines alone: for namespaces that are rarely changed. */
export async function attemptOnce(namespace: Namespace, lines: readonly string[]): Promise<readonly LineFailure[]> {
  try {
    await run(inNamespace(namespace, ["ip", "-force", "-batch", "-"]), `${lines.join("\n")}\n`);
    return [];
  } catch (error) {
    const failures = failuresIn(error instanceof Error ? error.message : "", 1, lines);
    if (failures.length === 0) throw error;
    return failures;
  }
}

/** `ip` writes the reason and then `Command failed -:LINE`, counting lines since it started. */
export function failuresIn(output: string, firstLine: number, lines: readonly string[]): LineFailure[] {
  const failures: LineFailure[] = [];
  let reason: string[] = [];
  for (const text of output.split("\n")) {
    const failed = /^Command failed -:(\d+)$/.exec(text);
    if (failed === null) {
      if (text !== "" && !text.startsWith("1: lo: <")) reason.push(text);
      continue;
    }
    const index = Number(failed[1]) - firstLine;
    failures.push({ index, line: lines[index] ?? "?", reason: reason.join(" ") || "failed" });
    reason = [];
  }
  return failures;
}
