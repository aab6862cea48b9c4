/** What an instance gets to know at boot besides its network: files that `init` copies into the instance's /run/seed. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { InstanceWorkload, Vpc } from "@hakoniwa/network";
import { nthAddress } from "@hakoniwa/network";
import { STAGE } from "../sandbox/enter.js";

/** The files of one boot. */
export function seedFiles(id: string, spec: InstanceWorkload, vpc: Vpc): Readonly<Record<string, string | Uint8Array>> {
  const short = spec.hostname.split(".")[0] ?? spec.hostname;
  const names = short === spec.hostname ? short : `${spec.hostname} ${short}`;
  return {
    "instance-id": id,
    "resolv.conf": resolverFile(vpc),
    hosts: `127.0.0.1 localhost localhost.localdomain\n::1 localhost6\n${ownAddress(spec, vpc)} ${names}\n`,
    authorized_keys: spec.authorizedKeys.map((key) => `${key}\n`).join(""),
    "user-data": spec.userData ?? "",
  };
}

/** An instance knows its own name even in a VPC without a resolver, as with the NSS module `myhostname`. */
function ownAddress({ interfaces }: InstanceWorkload, vpc: Vpc): string {
  const [primary = ""] = interfaces;
  return vpc.interfaces.get(primary)?.addresses[0]?.private ?? "127.0.1.1";
}

/** What an instance's DHCP client writes (S2-22): https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSetConcepts.html */
function resolverFile(vpc: Vpc): string {
  const servers = vpc.dhcp?.domainNameServers ?? ["AmazonProvidedDNS"];
  const lines = servers.map((server) => `nameserver ${server === "AmazonProvidedDNS" ? resolverAddress(vpc) : server}\n`);
  return `${lines.join("")}${vpc.domainName === "" ? "" : `search ${vpc.domainName}\n`}`;
}

/** The VPC's resolver: the base of its primary range plus two (S2-22). */
export function resolverAddress(vpc: Vpc): string {
  const primary = vpc.cidrs[0];
  if (primary === undefined) {
    throw new Error(`the VPC ${vpc.id} has no range`);
  }
  return nthAddress(primary, 2);
}

/** Lies in the sandbox's own /run, which nobody outside sees, and which an instance leaves behind when it takes its own root. */
export function writeSeed(id: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const directory = join(STAGE, "seeds", id);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true, mode: 0o755 });
    writeFileSync(join(directory, name), content, { mode: 0o644 });
  }
}

export function removeSeed(id: string): void {
  rmSync(join(STAGE, "seeds", id), { recursive: true, force: true });
}
