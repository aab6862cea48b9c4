/** How fast networks are made and changed in the kernel, and what passes through a router. */
import { spawnSync } from "node:child_process";
import { median, print } from "./figures.mjs";
import { root } from "./garden.mjs";

/** Each in a throwaway world without privilege, as the packet tests have. */
export async function network() {
  const inside = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", process.execPath, "bench/network-world.mjs"];
  const { status, stdout } = spawnSync("unshare", inside, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (status !== 0) throw new Error("bench/network-world.mjs failed");
  const { vpc, attach, changes, ratios, logged, bare } = JSON.parse(stdout);
  print("VPC of 6 subnets with 2 NAT gateways", median(vpc), 150);
  print("attaching a network interface", median(attach), 10);
  for (const { members, rules, times } of changes) {
    print(`group change: ${members} members, ${rules} rules, 100 groups`, median(times), 5, { note: "from call to effect" });
  }
  print("throughput of a router, of a bare veth's", median(ratios), 0.6, { unit: "", atLeast: true, note: `bare: ${median(bare).toFixed(1)} Gbit/s` });
  print("throughput with flow logs, of without", median(logged), 0.8, { unit: "", atLeast: true });
}
