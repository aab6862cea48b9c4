/** The sites of stacks: their load balancers, how the host reaches them, and whether all behind them serve. */
import type { Options } from "@hakoniwa/cloud/client";
import type { AsyncAws } from "@hakoniwa/wire";
import { dim, UserError, type Say } from "./say.js";

/** AWS's own name with `.localhost` behind it, which browsers and curl resolve to this machine. */
export function siteAddress(options: Pick<Options, "httpPort">, dnsName: string): string {
  return `http://${dnsName}.localhost:${options.httpPort}/`;
}

/** For programs that don't resolve `*.localhost`: the only, or first, site. */
export function defaultSiteAddress(options: Pick<Options, "httpPort">): string {
  return `http://127.0.0.1:${options.httpPort}/`;
}

/** A load balancer of either kind. */
export interface Site {
  readonly name: string;
  readonly dnsName: string;
  /** The ports of its listeners. */
  readonly ports: readonly number[];
  /** What is behind it, as it is now. */
  members(): Promise<readonly Member[]>;
}

export interface Member {
  /** An instance's id, or an address. */
  readonly id: string;
  readonly serves: boolean;
  /** InService, healthy, or what it is instead. */
  readonly state: string;
  readonly reason: string;
}

/** Every address at which the host reaches it. */
export function addressesOf({ dnsName, ports }: Site, options: Pick<Options, "httpPort" | "httpsPort">): readonly string[] {
  return [...(ports.includes(80) ? [siteAddress(options, dnsName)] : []), ...(ports.includes(443) ? [`https://${dnsName}.localhost:${options.httpsPort}/`] : [])];
}

/** @param only the names of Classic Load Balancers and ARNs of the others; all without */
export async function sitesOf(aws: AsyncAws, only?: ReadonlySet<string>): Promise<readonly Site[]> {
  const { LoadBalancerDescriptions: classics = [] } = await aws.elb.DescribeLoadBalancers({});
  const { LoadBalancers: others = [] } = await aws.elbv2.DescribeLoadBalancers({});
  const classic = classics
    .filter(({ LoadBalancerName = "" }) => only?.has(LoadBalancerName) ?? true)
    .map(({ LoadBalancerName: name = "", DNSName: dnsName = "", ListenerDescriptions = [] }): Site => ({
      name, dnsName, ports: ListenerDescriptions.map(({ Listener }) => Listener?.LoadBalancerPort ?? 0), members: () => instancesOf(aws, name),
    }));
  const application = await Promise.all(
    others
      .filter(({ LoadBalancerArn = "" }) => only?.has(LoadBalancerArn) ?? true)
      .map(async ({ LoadBalancerArn = "", LoadBalancerName: name = "", DNSName: dnsName = "" }): Promise<Site> => {
        const { Listeners = [] } = await aws.elbv2.DescribeListeners({ LoadBalancerArn });
        return { name, dnsName, ports: Listeners.map(({ Port = 0 }) => Port), members: () => targetsOf(aws, LoadBalancerArn) };
      }),
  );
  return [...classic, ...application];
}

async function instancesOf(aws: AsyncAws, name: string): Promise<readonly Member[]> {
  const { InstanceStates = [] } = await aws.elb.DescribeInstanceHealth({ LoadBalancerName: name });
  return InstanceStates.map(({ InstanceId: id = "", State: state = "", Description: reason = "" }) => ({ id, serves: state === "InService", state, reason }));
}

async function targetsOf(aws: AsyncAws, LoadBalancerArn: string): Promise<readonly Member[]> {
  const { TargetGroups = [] } = await aws.elbv2.DescribeTargetGroups({ LoadBalancerArn });
  const all = await Promise.all(TargetGroups.map(({ TargetGroupArn = "" }) => aws.elbv2.DescribeTargetHealth({ TargetGroupArn })));
  return all
    .flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
    // What leaves is nobody's to wait for.
    .filter(({ TargetHealth }) => TargetHealth?.State !== "draining")
    .map(({ Target, TargetHealth }) => ({ id: Target?.Id ?? "", serves: TargetHealth?.State === "healthy", state: TargetHealth?.State ?? "", reason: TargetHealth?.Description ?? "" }));
}

/** How long a site may take until it answers, in milliseconds. */
const PATIENCE = 180_000;
const LOOK_EVERY = 100;

/** Waits until everything behind a site serves. Returns one of the instances there. @throws UserError with who does not, and why */
export async function untilItServes({ name, members }: Site, say: Say): Promise<string | undefined> {
  const until = performance.now() + PATIENCE;
  let told = "";
  for (;;) {
    const all = await members();
    const serving = all.filter((member) => member.serves).length;
    const line = `${name}: ${serving} of ${all.length} instances in service`;
    if (line !== told) say({ event: "health", loadBalancer: name, inService: serving, instances: all.length }, dim(line));
    told = line;
    if (serving === all.length) return all.find(({ id }) => id.startsWith("i-"))?.id;
    if (performance.now() > until) {
      const reasons = all.filter((member) => !member.serves).map(({ id, reason }) => `  ${id}: ${reason}`);
      throw new UserError([`after ${PATIENCE / 1000} s not all instances of ${name} are in service:`, ...reasons, "  look inside with `./hakoniwa logs INSTANCE`"].join("\n"));
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
