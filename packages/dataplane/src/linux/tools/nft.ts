/** `nft -i` kept running in one namespace. */
import { LineHelper } from "./line-helper.js";
import type { Namespace } from "./namespaces.js";

export class Nft {
  readonly #helper: LineHelper;

  constructor(namespace: Namespace | undefined) {
    this.#helper = new LineHelper({
      namespace,
      command: "nft -i",
      sentinel: "describe udp length",
      sentinelOutput: "payload expression, datatype",
    });
  }

  /**
   * Carries out the statements as one transaction: all of them, or none.
   * @throws Error naming the statement that the kernel refused
   */
  async transaction(statements: readonly string[]): Promise<void> {
    if (statements.length === 0) return;
    // One line is one transaction; a line break inside a statement would end it early.
    const line = statements.join("; ");
    if (line.includes("\n")) throw new RangeError("an nft statement holds a line break");
    const { output } = await this.#helper.request([line]);
    const reason = refusalIn(output);
    if (reason !== undefined) throw new Error(reason);
  }

  close(): Promise<void> {
    return this.#helper.close();
  }
}

/**
 * What nft said against a transaction; undefined when it took it. It repeats the whole line, of up to 64 kB, and marks the
 * place with carets: only the statement there is kept.
 */
export function refusalIn(output: string): string | undefined {
  const lines = output.split("\n");
  const at = lines.findIndex((line) => /Error: |Message too long|Operation not permitted|netlink: /.test(line));
  if (at < 0) return undefined;
  const message = lines[at] ?? "";
  const source = lines[at + 1];
  const caret = lines[at + 2]?.indexOf("^") ?? -1;
  if (source === undefined || caret < 0) return `nft: ${message.trim()}`;
  const from = source.lastIndexOf("; ", caret);
  const to = source.indexOf("; ", caret);
  return `nft: ${message.trim()} in: ${source.slice(from < 0 ? 0 : from + 2, to < 0 ? undefined : to).slice(0, 300)}`;
}
