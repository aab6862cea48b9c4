/** Kernel settings of one network namespace, as `sysctl` writes them (without needing the command). */
import { inNamespace } from "./namespaces.js";
import type { Namespace } from "./namespaces.js";
import { run } from "./run.js";

/** /proc/sys/net shows the namespace of the process that looks, so the writing happens in it. */
const WRITE = 'while read -r file value; do printf "%s" "$value" > "/proc/sys/net/$file" || exit 1; done';

/**
 * Writes settings below /proc/sys/net.
 * @param settings values by path, e.g. `{ "ipv4/ip_forward": "1" }`
 * @throws Error naming the file that could not be written
 */
export async function writeSettings(namespace: Namespace | undefined, settings: Readonly<Record<string, string>>): Promise<void> {
  const input = Object.entries(settings).map(([file, value]) => `${file} ${value}\n`).join("");
  await run(inNamespace(namespace, ["sh", "-c", WRITE]), input);
}
