/** up: from nothing to a site that answers. */
import { launch, type Options } from "@hakoniwa/cloud/client";
import type { AsyncAws } from "@hakoniwa/wire";
import { api } from "../api.js";
import { deploy } from "../deploy.js";
import { loginTo, type Login } from "../login.js";
import { bold, columns, dim, green, optionsOf, pairs, speaker, UserError, type Given, type Say } from "../say.js";
import { defaultSiteAddress, siteAddress } from "../sites.js";
import { template } from "../template.js";
import { apiOf, runningOptions } from "./cloud.js";

/** How long a site may take until it answers, in milliseconds. */
const PATIENCE = 180_000;
const LOOK_EVERY = 100;

export async function up(what: string, given: Given): Promise<void> {
  const began = performance.now();
  const options = optionsOf(given);
  const say = speaker(given.json);
  const parameters = pairs("--parameters", given.parameters);
  // A wrong template is told before anything is started.
  const { body, name } = await template(what, pairs("--set", given.set));
  const running = await runningOptions(options);
  if (!running) {
    await launch(options, "background");
    say({ event: "started", api: apiOf(options) }, dim(`the cloud runs: ${apiOf(options)}  (data in ${options.dataDir})`));
  }
  const aws = api(options);
  const stackName = given.stackName ?? name;
  await deploy(aws, { stackName, body, parameters }, say);
  const found = await waitForSites(aws, stackName, say);
  const { Outputs = [] } = (await aws.cloudformation.DescribeStacks({ StackName: stackName })).Stacks?.[0] ?? {};
  const outputs = Object.fromEntries(Outputs.map((output) => [output.OutputKey ?? "", output.OutputValue ?? ""]));
  const login = await loginTo(aws, stackName, running ?? options);
  const seconds = (performance.now() - began) / 1000;
  farewell(running ?? options, { stackName, sites: found, login, outputs, seconds }, say);
}

interface Sites {
  /** The load balancers' DNS names. */
  readonly names: readonly string[];
  /** Any of the instances that serve them. */
  readonly instance: string | undefined;
}

/** Waits until every load balancer of the stack has all its instances in service. */
async function waitForSites(aws: AsyncAws, stackName: string, say: Say): Promise<Sites> {
  const { StackResources = [] } = await aws.cloudformation.DescribeStackResources({ StackName: stackName });
  const names = StackResources.filter((r) => r.ResourceType === "AWS::ElasticLoadBalancing::LoadBalancer").map((r) => r.PhysicalResourceId ?? "");
  const sites: string[] = [];
  let instance: string | undefined;
  for (const name of names) {
    sites.push((await aws.elb.DescribeLoadBalancers({ LoadBalancerNames: [name] })).LoadBalancerDescriptions?.[0]?.DNSName ?? "");
    const one = await inService(aws, name, say);
    instance ??= one;
  }
  return { names: sites, instance };
}

/** Waits until all instances of a load balancer are in service. Returns one of them. */
async function inService(aws: AsyncAws, name: string, say: Say): Promise<string | undefined> {
  const until = performance.now() + PATIENCE;
  let told = "";
  for (;;) {
    const { InstanceStates = [] } = await aws.elb.DescribeInstanceHealth({ LoadBalancerName: name });
    const healthy = InstanceStates.filter((state) => state.State === "InService").length;
    const line = `${name}: ${healthy} of ${InstanceStates.length} instances in service`;
    if (line !== told) say({ event: "health", loadBalancer: name, inService: healthy, instances: InstanceStates.length }, dim(line));
    told = line;
    if (healthy === InstanceStates.length) return InstanceStates[0]?.InstanceId;
    if (performance.now() > until) {
      const reasons = InstanceStates.filter((state) => state.State !== "InService").map((state) => `  ${state.InstanceId}: ${state.Description}`);
      throw new UserError([`after ${PATIENCE / 1000} s not all instances of ${name} are in service:`, ...reasons, "  look inside with `./hakoniwa exec INSTANCE cat /var/log/cloud-init-output.log`"].join("\n"));
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

interface Result {
  readonly stackName: string;
  readonly sites: Sites;
  readonly login: Login | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly seconds: number;
}

function farewell(options: Options, { stackName, sites: { names: sites, instance }, login, outputs, seconds }: Result, say: Say): void {
  const urls = sites.map((site) => siteAddress(options, site));
  const lines = [
    "",
    `${green("✓")} ${bold(stackName)} is up after ${seconds.toFixed(1)} s`,
    ...urls.map((url) => `  the site           ${bold(url)}`),
    ...(sites.length > 0 ? [`                     ${defaultSiteAddress(options)}`] : []),
    // Of a site, its address is what people want.
    ...(sites.length > 0 ? [] : columns(Object.entries(outputs).map(([key, value], at) => [at === 0 ? "  outputs          " : "", key, value]))),
    `  for AWS clients    export AWS_ENDPOINT_URL=${apiOf(options)} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=${options.region}`,
    ...(login ? [`  log in             ./hakoniwa internet ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i ${login.key} ec2-user@${login.address}`] : []),
    `  look around        ./hakoniwa status`,
    ...(instance ? [`  break it           ./hakoniwa exec ${instance} systemctl stop httpd`, `                     and watch it heal with ./hakoniwa status`] : []),
    `  take it down       ./hakoniwa down ${stackName}`,
  ];
  say({ event: "up", stackName, sites: urls, login, outputs, api: apiOf(options), seconds }, lines.join("\n"));
}
