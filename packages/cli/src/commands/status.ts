import { control, dataDirectory, type Options } from "@hakoniwa/cloud/client";
import type { AsyncAws } from "@hakoniwa/wire";
import { api } from "../api.js";
import { bold, columns, dim, green, optionsOf, red, yellow, type Given } from "../say.js";
import { defaultSiteAddress, siteAddress } from "../sites.js";
import { apiOf } from "./cloud.js";

export async function status(given: Given): Promise<void> {
  const options = optionsOf(given);
  const cloud = await control<{ options: typeof options; pid: number }>(dataDirectory(options.dataDir).controlSocket, { do: "status" });
  const running = { ...cloud.options, region: options.region };
  const aws = api(running);
  const stacks = (await aws.cloudformation.DescribeStacks({})).Stacks ?? [];
  const reservations = (await aws.ec2.DescribeInstances({})).Reservations ?? [];
  const balancers = (await aws.elb.DescribeLoadBalancers({})).LoadBalancerDescriptions ?? [];
  const instances = reservations.flatMap((reservation) => reservation.Instances ?? []);
  if (given.json) {
    console.log(JSON.stringify({ api: apiOf(running), options: running, stacks, instances, loadBalancers: balancers }));
    return;
  }
  console.log(`${bold("cloud")}     ${apiOf(running)}  ${dim(`${running.region}, ${running.dataplane}, data in ${running.dataDir}`)}`);
  show("stack", stacks.map((stack) => [stack.StackName ?? "", paintStatus(stack.StackStatus ?? ""), dim(stack.StackStatusReason ?? "")]));
  const living = instances.filter((i) => i.State?.Name !== "terminated");
  show(
    "instance",
    living.map((i) => [i.InstanceId ?? "", paintStatus(i.State?.Name ?? ""), i.PrivateIpAddress ?? "-", i.PublicIpAddress ?? "-", i.Tags?.find((tag) => tag.Key === "Name")?.Value ?? ""]),
  );
  for (const balancer of balancers) await showSite(aws, running, balancer);
  if (balancers.length > 0) console.log(`          ${defaultSiteAddress(running)}  ${dim(balancers.length === 1 ? "the same" : "the first")}`);
  if (stacks.length + living.length + balancers.length === 0) console.log("nothing is deployed: `./hakoniwa up` makes the first stage");
}

type LoadBalancer = NonNullable<Awaited<ReturnType<AsyncAws["elb"]["DescribeLoadBalancers"]>>["LoadBalancerDescriptions"]>[number];

/** The address, how many of its instances serve, and why the others don't. */
async function showSite(aws: AsyncAws, options: Options, balancer: LoadBalancer): Promise<void> {
  const { InstanceStates = [] } = await aws.elb.DescribeInstanceHealth({ LoadBalancerName: balancer.LoadBalancerName ?? "" });
  const others = InstanceStates.filter((state) => state.State !== "InService");
  const tally = `${InstanceStates.length - others.length} of ${InstanceStates.length} instances in service`;
  show("site", [[siteAddress(options, balancer.DNSName ?? ""), others.length === 0 && InstanceStates.length > 0 ? green(tally) : yellow(tally)]]);
  for (const line of columns(others.map((state) => [state.InstanceId ?? "", yellow(state.State ?? ""), dim(state.Description ?? "")]))) console.log(`          ${line}`);
}

function show(kind: string, rows: readonly (readonly string[])[]): void {
  for (const line of columns(rows)) console.log(`${bold(kind.padEnd(8))}  ${line}`);
}

function paintStatus(text: string): string {
  if (text.includes("ROLLBACK") || text.endsWith("_FAILED")) return red(text);
  return text === "running" || text.endsWith("_COMPLETE") ? green(text) : yellow(text);
}
