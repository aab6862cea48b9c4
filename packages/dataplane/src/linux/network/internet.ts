/** The box's internet: our own network namespace, where every VPC's internet gateway leads to. */
import { PUBLIC_POOL } from "@hakoniwa/network";
import { IpBatch } from "../tools/ip-batch.js";
import { writeSettings } from "../tools/kernel-settings.js";
import { run } from "../tools/run.js";
import { API_ADDRESS, EDGE_ADDRESS, INTERNET_CLIENT, SERVICE_ADDRESSES, WELL_KNOWN_HOST } from "./reserved.js";

const SETTINGS = {
  "ipv4/conf/all/rp_filter": "0",
  "ipv4/conf/default/rp_filter": "0",
  "ipv4/conf/all/send_redirects": "0",
  "ipv4/conf/default/send_redirects": "0",
  "ipv4/conf/all/accept_redirects": "0",
  "ipv4/ip_forward": "1",
  // As in the routers: nobody has a link-local address to be reached at.
  "ipv6/conf/all/disable_ipv6": "1",
  "ipv6/conf/default/disable_ipv6": "1",
};

/** Ranges that nobody routes on the internet. What is sent there is lost without a word. */
const PRIVATE_RANGES = ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * Makes this process's network namespace the internet. It must be one of its own: settings and routes of the machine must
 * never be touched, so it refuses one that has links already.
 * @throws Error naming what the kernel refused
 */
export async function setupInternet(): Promise<void> {
  const links = (await run(["ip", "-oneline", "link", "show", "up"])).split("\n").filter((line) => line !== "" && !line.includes(" lo: "));
  if (links[0] !== undefined) throw new Error(`this is a network namespace in use, not one of our own: it has ${links[0].split(": ")[1]}`);
  const ip = new IpBatch(undefined);
  try {
    await writeSettings(undefined, SETTINGS);
    await ip.run([
      "link set lo up",
      ...[INTERNET_CLIENT, EDGE_ADDRESS, WELL_KNOWN_HOST, API_ADDRESS, ...Object.values(SERVICE_ADDRESSES)].map((address) => `addr replace ${address}/32 dev lo`),
      ...[...PRIVATE_RANGES, ...PUBLIC_POOL].map((range) => `route replace blackhole ${range}`),
    ]);
  } finally {
    await ip.close();
  }
}
