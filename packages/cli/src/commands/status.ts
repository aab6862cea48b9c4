import { control, dataDirectory } from "@hakoniwa/cloud/client";
import { api } from "../api.js";
import { bold, columns, dim, green, optionsOf, print, red, yellow, type Given } from "../say.js";
import { addressesOf, defaultSiteAddress, sitesOf, type Member, type Site } from "../sites.js";
import { apiOf } from "./cloud.js";

export async function status(given: Given): Promise<void> {
  const options = optionsOf(given);
  const cloud = await control<{ options: typeof options; pid: number }>(dataDirectory(options.dataDir).controlSocket, { do: "status" });
  const running = { ...cloud.options, region: options.region };
  const aws = api(running);
  const stacks = (await aws.cloudformation.DescribeStacks({})).Stacks ?? [];
  const reservations = (await aws.ec2.DescribeInstances({})).Reservations ?? [];
  const sites = await Promise.all((await sitesOf(aws)).map(async (site) => ({ site, members: await site.members() })));
  const instances = reservations.flatMap((reservation) => reservation.Instances ?? []);
  if (given.json) {
    const { LoadBalancerDescriptions: loadBalancers = [] } = await aws.elb.DescribeLoadBalancers({});
    const told = sites.map(({ site, members }) => ({ name: site.name, dnsName: site.dnsName, addresses: addressesOf(site, running), members }));
    console.log(JSON.stringify({ api: apiOf(running), options: running, stacks, instances, loadBalancers, sites: told }));
    return;
  }
  print(`${bold("cloud")}     ${apiOf(running)}  ${dim(`${running.region}, ${running.dataplane}, data in ${running.dataDir}`)}`);
  show("stack", stacks.map((stack) => [stack.StackName ?? "", paintStatus(stack.StackStatus ?? ""), dim(stack.StackStatusReason ?? "")]));
  const living = instances.filter((i) => i.State?.Name !== "terminated");
  show(
    "instance",
    living.map((i) => [i.InstanceId ?? "", paintStatus(i.State?.Name ?? ""), i.PrivateIpAddress ?? "-", i.PublicIpAddress ?? "-", i.Tags?.find((tag) => tag.Key === "Name")?.Value ?? ""]),
  );
  for (const { site, members } of sites) showSite(site, members, addressesOf(site, running));
  if (sites.length > 0) print(`          ${defaultSiteAddress(running)}  ${dim(sites.length === 1 ? "the same" : "the first")}`);
  if (stacks.length + living.length + sites.length === 0) print("nothing is deployed: `./hakoniwa up` makes the first stage");
}

/** The address, how many of its instances serve, and why the others don't. */
function showSite({ dnsName }: Site, members: readonly Member[], addresses: readonly string[]): void {
  const others = members.filter((member) => !member.serves);
  const tally = `${members.length - others.length} of ${members.length} instances in service`;
  const [first = dnsName, ...more] = addresses;
  show("site", [[first, others.length === 0 && members.length > 0 ? green(tally) : yellow(tally)]]);
  for (const address of more) print(`          ${address}`);
  for (const line of columns(others.map(({ id, state, reason }) => [id, yellow(state), dim(reason)]))) print(`          ${line}`);
}

function show(kind: string, rows: readonly (readonly string[])[]): void {
  for (const line of columns(rows)) print(`${bold(kind.padEnd(8))}  ${line}`);
}

function paintStatus(text: string): string {
  if (text.includes("ROLLBACK") || text.endsWith("_FAILED")) return red(text);
  return text === "running" || text.endsWith("_COMPLETE") ? green(text) : yellow(text);
}
