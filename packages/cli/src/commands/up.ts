/** up: from nothing to a site that answers. */
import { launch, type Options } from "@hakoniwa/cloud/client";
import { api } from "../api.js";
import { deploy } from "../deploy.js";
import type { Deployable } from "../deployable.js";
import { loginTo, type Login } from "../login.js";
import { bold, columns, dim, green, optionsOf, pairs, speaker, UserError, type Given, type Say } from "../say.js";
import { addressesOf, defaultSiteAddress, sitesOf, untilItServes } from "../sites.js";
import { deployables } from "../template.js";
import { apiOf, runningOptions } from "./cloud.js";

export async function up(what: string, given: Given): Promise<void> {
  const began = performance.now();
  const asked = optionsOf(given);
  const say = speaker(given.json);
  const parameters = pairs("--parameters", given.parameters);
  const running = await runningOptions(asked);
  const options = running ?? asked;
  // A wrong template is told before anything is started.
  const stacks = await deployables({ what, props: pairs("--set", given.set), stackName: given.stackName }, options);
  const parametersOf = sharedOut(parameters, stacks);
  if (!running) {
    await launch(options, "background");
    say({ event: "started", api: apiOf(options) }, dim(`the cloud runs: ${apiOf(options)}  (data in ${options.dataDir})`));
  }
  for (const [at, stack] of stacks.entries()) {
    const there = { ...options, region: stack.region ?? options.region };
    if (stacks.length > 1) say({ event: "stack", stackName: stack.stackName, region: there.region }, bold(`${stack.stackName} (${at + 1} of ${stacks.length})`));
    await deploy(api(there), there, stack, parametersOf(stack), say);
  }
  const results: Result[] = [];
  for (const stack of stacks) results.push(await resultOf(stack, options, say));
  farewell(options, results, { what, seconds: (performance.now() - began) / 1000 }, say);
}

/** `KEY=VALUE` is for every stack of a template's or stage's, `STACK:KEY=VALUE` for one of an assembly's, as the CDK has it. */
function sharedOut(parameters: Readonly<Record<string, string>>, stacks: readonly Deployable[]): (stack: Deployable) => Readonly<Record<string, string>> {
  const entries = Object.entries(parameters).map(([text, value]) => {
    const [, stackName, key = text] = /^([^:]+):(.+)$/.exec(text) ?? [];
    if (stackName !== undefined && !stacks.some((stack) => stack.stackName === stackName)) {
      throw new UserError(`--parameters names the stack "${stackName}", but what is deployed is ${stacks.map((stack) => stack.stackName).join(", ")}`);
    }
    if (stackName === undefined && stacks.length > 1) {
      throw new UserError(`--parameters is "${text}=…", but there are several stacks: say which with STACK:${text}=…`);
    }
    return { stackName, key, value };
  });
  return ({ stackName }) => Object.fromEntries(entries.filter((entry) => entry.stackName === undefined || entry.stackName === stackName).map(({ key, value }) => [key, value]));
}

interface Result {
  readonly stackName: string;
  /** Where the host reaches its sites. */
  readonly urls: readonly string[];
  /** Any of the instances behind them. */
  readonly instance: string | undefined;
  readonly login: Login | undefined;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Waits until the stack's sites answer, and tells where. */
async function resultOf({ stackName, region }: Deployable, options: Options, say: Say): Promise<Result> {
  const aws = api({ ...options, region: region ?? options.region });
  const { StackResources = [] } = await aws.cloudformation.DescribeStackResources({ StackName: stackName });
  const balancers = StackResources.filter(({ ResourceType }) => /^AWS::ElasticLoadBalancing(V2)?::LoadBalancer$/.test(ResourceType));
  const sites = balancers.length === 0 ? [] : await sitesOf(aws, new Set(balancers.map(({ PhysicalResourceId = "" }) => PhysicalResourceId)));
  let instance: string | undefined;
  for (const site of sites) {
    const one = await untilItServes(site, say);
    instance ??= one;
  }
  const { Outputs = [] } = (await aws.cloudformation.DescribeStacks({ StackName: stackName })).Stacks?.[0] ?? {};
  const outputs = Object.fromEntries(Outputs.map((output) => [output.OutputKey ?? "", output.OutputValue ?? ""]));
  return { stackName, urls: sites.flatMap((site) => addressesOf(site, options)), instance, login: await loginTo(aws, stackName, options), outputs };
}

/** An address inside that is shown in a command: people paste it into their shells. */
const TYPEABLE = /^https?:\/\/\d+\.\d+\.\d+\.\d+(?::\d+)?(?:\/[\w./-]*)?$/;

function farewell(options: Options, results: readonly Result[], { what, seconds }: { readonly what: string; readonly seconds: number }, say: Say): void {
  const urls = results.flatMap((result) => result.urls);
  const instance = results.find((result) => result.instance)?.instance;
  const login = results.find((result) => result.login)?.login;
  const outputs = Object.assign({}, ...results.map((result) => result.outputs)) as Readonly<Record<string, string>>;
  const inside = Object.values(outputs).find((value) => TYPEABLE.test(value));
  const names = results.map((result) => result.stackName);
  const lines = [
    "",
    `${green("✓")} ${bold(names.join(", "))} ${names.length === 1 ? "is" : "are"} up after ${seconds.toFixed(1)} s`,
    ...urls.map((url, at) => `${at === 0 ? "  the site           " : "                     "}${bold(url)}`),
    ...(urls.length > 0 ? [`                     ${defaultSiteAddress(options)}`] : []),
    // Of a site, its address is what people want.
    ...(urls.length > 0 ? [] : columns(Object.entries(outputs).map(([key, value], at) => [at === 0 ? "  outputs          " : "", key, value]))),
    ...(urls.length === 0 && inside !== undefined ? [`  look at it         ./hakoniwa internet curl ${inside}`] : []),
    `  for AWS clients    export AWS_ENDPOINT_URL=${apiOf(options)} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=${options.region}`,
    ...(login ? [`  log in             ./hakoniwa internet ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i ${login.key} ec2-user@${login.address}`] : []),
    `  look around        ./hakoniwa status`,
    ...(instance ? [`  break it           ./hakoniwa exec ${instance} systemctl stop httpd`, `                     and watch what happens with ./hakoniwa status`] : []),
    `  take it down       ./hakoniwa down ${names.length === 1 ? names[0] : what}`,
  ];
  const [only] = results;
  const facts = { sites: urls, login, outputs, api: apiOf(options), seconds };
  say(results.length === 1 ? { event: "up", stackName: only?.stackName, ...facts } : { event: "up", stackNames: names, stacks: results, ...facts }, lines.join("\n"));
}
