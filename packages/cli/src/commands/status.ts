import { control, dataDirectory } from "@hakoniwa/cloud/client";
import { api } from "../api.js";
import { siteAddress } from "../sites.js";
import { bold, green, optionsOf, yellow, type Given } from "../say.js";
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
  console.log(`${bold("cloud")}      ${apiOf(running)}  ${running.region}, ${running.dataplane}, data in ${running.dataDir}`);
  for (const stack of stacks) console.log(`${bold("stack")}      ${stack.StackName}  ${paintStatus(stack.StackStatus ?? "")}`);
  for (const i of instances) {
    const name = i.Tags?.find((tag) => tag.Key === "Name")?.Value ?? "";
    console.log(`${bold("instance")}   ${i.InstanceId}  ${paintStatus(i.State?.Name ?? "")}  ${i.PrivateIpAddress ?? "-"}  ${i.PublicIpAddress ?? ""}  ${name}`);
  }
  for (const balancer of balancers) {
    const { InstanceStates = [] } = await aws.elb.DescribeInstanceHealth({ LoadBalancerName: balancer.LoadBalancerName ?? "" });
    const healthy = InstanceStates.filter((state) => state.State === "InService").length;
    console.log(`${bold("site")}       ${siteAddress(running, balancer.DNSName ?? "")}  ${healthy} of ${InstanceStates.length} instances in service`);
  }
}

function paintStatus(text: string): string {
  return /^(running|.*_COMPLETE)$/.test(text) && !text.includes("ROLLBACK") ? green(text) : yellow(text);
}
