/** What other services may know of Application Load Balancers and target groups. */
import type { Reader } from "@hakoniwa/kernel";
import { balancersOf } from "./find.js";
import { shortName } from "./names.js";
import { health, healthKey, listeners, loadBalancers, nodes, rules, targetGroups, type Listener, type TargetGroup, type TargetHealth } from "./state.js";

export interface Elbv2Facts {
  targetGroup(arn: string): TargetGroupFact | undefined;
  targetGroups(): readonly TargetGroupFact[];
  /** What a target group's health checks say of an instance, on its first port; undefined when it is not registered. */
  healthOf(targetGroupArn: string, instanceId: string): TargetHealth | undefined;
  /** By DNS name; with the ids of its nodes' workloads, which count its traffic. */
  loadBalancers(): readonly LoadBalancerFact[];
  /** The ARNs of the balancers whose listeners show the certificate. */
  certificateUsers(arn: string): readonly string[];
  /** The tags of a balancer, listener, rule or target group. */
  tags(arn: string): Readonly<Record<string, string>> | undefined;
}

export interface TargetGroupFact {
  readonly arn: string;
  readonly name: string;
  /** `targetgroup/name/0123456789abcdef`: its dimension in CloudWatch. */
  readonly shortName: string;
  readonly vpcId: string;
  readonly targetType: "instance" | "ip";
  readonly port: number;
  readonly health: readonly TargetHealth[];
  /** `app/name/0123456789abcdef` of the balancers that route to it. */
  readonly loadBalancers: readonly string[];
}

export interface LoadBalancerFact {
  readonly arn: string;
  readonly shortName: string;
  readonly nodes: readonly { readonly id: string; readonly availabilityZone: string }[];
}

/** Tables that other services may watch. */
export interface Elbv2Records {
  readonly "elbv2.health": TargetHealth;
  readonly "elbv2.listeners": Listener;
}

export function elbv2Facts(db: Reader): Elbv2Facts {
  const shown = ({ arn, name, vpcId, targetType, port }: TargetGroup): TargetGroupFact => {
    const found = db(health).where("targetGroup", arn);
    return { arn, name, shortName: shortName(arn), vpcId, targetType, port, health: found, loadBalancers: balancersOf(db, arn).map((b) => shortName(b.arn)) };
  };
  return {
    targetGroup(arn) {
      const group = db(targetGroups).get(arn);
      return group && shown(group);
    },
    targetGroups: () => db(targetGroups).list().map(shown),
    healthOf(targetGroupArn, instanceId) {
      const target = db(targetGroups).get(targetGroupArn)?.targets.find(({ id }) => id === instanceId);
      return target && db(health).get(healthKey({ targetGroupArn, id: instanceId, port: target.port }));
    },
    loadBalancers: () =>
      db(loadBalancers)
        .list()
        .map(({ arn, dnsName }) => ({
          arn,
          shortName: shortName(arn),
          nodes: db(nodes).where("dnsName", dnsName).map(({ id, availabilityZone }) => ({ id, availabilityZone })),
        })),
    certificateUsers: (arn) => [...new Set(db(listeners).where("certificate", arn).map(({ loadBalancerArn }) => loadBalancerArn))],
    tags(arn) {
      const found = db(loadBalancers).get(arn) ?? db(targetGroups).get(arn) ?? db(listeners).get(arn) ?? db(rules).get(arn);
      return found && Object.fromEntries(found.tags.map(({ key, value }) => [key, value]));
    },
  };
}
