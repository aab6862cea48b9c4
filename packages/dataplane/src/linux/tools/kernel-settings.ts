/** Kernel settings of one network namespace, as `sysctl` writes them (without needing the command). */
import { inNamespace } from "./namespaces.js";
import type { Namespace } from "./namespaces.js";
import { run } from "./run.js";

/** /proc/sys/net shows the namespace of the process that looks, so the writing happens in it. */
const WRITE = `while read -r file value; do
  # A kernel may be without IPv6, but not without IPv4.
  case $file in ipv6/*) [ -e "/proc/sys/net/$file" ] || continue ;; esac
  printf "%s" "$value" > "/proc/sys/net/$file" || exit 1
done`;

/** What a namespace that forwards needs: the reverse path may differ, and who hairpins must not tell workloads of a shorter way. */
export const FORWARDING = {
  "ipv4/conf/all/rp_filter": "0",
  "ipv4/conf/default/rp_filter": "0",
  "ipv4/conf/all/send_redirects": "0",
  "ipv4/conf/default/send_redirects": "0",
  "ipv4/ip_forward": "1",
  // Nothing filters it, and no address of a model is one: without it, nobody has a link-local address to be reached at.
  "ipv6/conf/all/disable_ipv6": "1",
  "ipv6/conf/default/disable_ipv6": "1",
};

/**
 * Writes settings below /proc/sys/net.
 * @param settings values by path, e.g. `{ "ipv4/ip_forward": "1" }`; those of IPv6 are left out on a kernel without it
 * @throws Error naming the file that could not be written
 */
export async function writeSettings(namespace: Namespace | undefined, settings: Readonly<Record<string, string>>): Promise<void> {
  const input = Object.entries(settings).map(([file, value]) => `${file} ${value}\n`).join("");
  await run(inNamespace(namespace, ["sh", "-c", WRITE]), input);
}
