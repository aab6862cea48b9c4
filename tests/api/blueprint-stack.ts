/** A stage as a stack that stands: to change, to take down, and to ask who reaches whom in it. */
import {
  CreateStackCommand, DeleteStackCommand, DescribeStackEventsCommand, DescribeStackResourcesCommand, DescribeStacksCommand, UpdateStackCommand,
  waitUntilStackCreateComplete, waitUntilStackDeleteComplete, waitUntilStackUpdateComplete, type StackResource,
} from "@aws-sdk/client-cloudformation";
import { trace, type NetworkInterface, type Packet, type Place, type Trace, type Vpc } from "@hakoniwa/network";
import { patience, type Cloud } from "./cloud.js";
import { synthesize } from "./synthesis.js";

export type StageOptions = Readonly<Record<string, string | number | boolean>>;

export interface StageStack {
  /** Creates the stack, or updates it. Resolves when that is complete; fails with CloudFormation's first reason. */
  deploy(stage: string, options?: StageOptions): Promise<void>;
  /** By logical id. */
  resources(): Promise<ReadonlyMap<string, StackResource>>;
  physical(logicalId: string): Promise<string>;
  output(key: string): Promise<string>;
  network(): Promise<Vpc>;
  /** Deletes it. Resolves with the resources that are left, by logical id. */
  remove(): Promise<readonly string[]>;
}

export function stageStack(cloud: Cloud, StackName: string): StageStack {
  const waiting = () => ({ client: cloud.cloudformation, ...patience });
  const all = async () => (await cloud.cloudformation.send(new DescribeStackResourcesCommand({ StackName }))).StackResources!.filter((each) => each.ResourceStatus !== "DELETE_COMPLETE");
  const stack: StageStack = {
    async deploy(stage, options = {}) {
      const input = { StackName, TemplateBody: await synthesize(options, stage), Capabilities: ["CAPABILITY_NAMED_IAM" as const] };
      const exists = await cloud.cloudformation.send(new DescribeStacksCommand({ StackName })).then(() => true, () => false);
      await (exists ? cloud.cloudformation.send(new UpdateStackCommand(input)) : cloud.cloudformation.send(new CreateStackCommand(input)));
      try {
        await (exists ? waitUntilStackUpdateComplete(waiting(), { StackName }) : waitUntilStackCreateComplete(waiting(), { StackName }));
      } catch (error) {
        const { StackEvents } = await cloud.cloudformation.send(new DescribeStackEventsCommand({ StackName }));
        const failed = StackEvents!.filter((event) => event.ResourceStatus?.endsWith("_FAILED")).map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`);
        throw new Error(`${stage} ${JSON.stringify(options)} failed: ${failed.reverse().join("; ")}`, { cause: error });
      }
    },
    resources: async () => new Map((await all()).map((each) => [each.LogicalResourceId!, each])),
    physical: async (logicalId) => {
      const found = (await stack.resources()).get(logicalId)?.PhysicalResourceId;
      if (found === undefined) throw new Error(`the stack ${StackName} has no ${logicalId}`);
      return found;
    },
    async output(key) {
      const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({ StackName }));
      return Stacks![0]!.Outputs!.find((each) => each.OutputKey === key)!.OutputValue!;
    },
    async network() {
      const id = await stack.physical("Vpc");
      const found = cloud.paper.networkSpec(id);
      if (!found) throw new Error(`the data plane has no network ${id}`);
      return found;
    },
    async remove() {
      const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({ StackName }));
      const id = Stacks![0]!.StackId!;
      await cloud.cloudformation.send(new DeleteStackCommand({ StackName }));
      await waitUntilStackDeleteComplete(waiting(), { StackName: id });
      const { StackResources } = await cloud.cloudformation.send(new DescribeStackResourcesCommand({ StackName: id }));
      return StackResources!.filter((each) => each.ResourceStatus !== "DELETE_COMPLETE").map((each) => each.LogicalResourceId!);
    },
  };
  return stack;
}

/** Where a packet starts or ends: an interface, the internet, or an address of it. */
export type End = NetworkInterface | "internet";

/** An address on the box's internet, where `hakoniwa internet` lives. */
export const VISITOR = "203.0.113.1";

/** Whether a connection to the port comes through, there and back, and if not why. To the internet, port 0 is a ping. */
export function reach(vpc: Vpc, from: End, to: NetworkInterface | string, port: number, visitor = VISITOR): Trace {
  const source = from === "internet" ? visitor : from.addresses[0]!.private;
  const destination = typeof to === "string" ? (to === "internet" ? "8.8.8.8" : to) : (from === "internet" ? (to.addresses[0]!.public ?? to.addresses[0]!.private) : to.addresses[0]!.private);
  const packet: Packet = port === 0 ? { protocol: "icmp", source, destination, icmp: { type: 8, code: 0 } } : { protocol: "tcp", source, destination, sourcePort: 40_000, destinationPort: port };
  const place: Place = from === "internet" ? { kind: "internet" } : { kind: "network-interface", id: from.id };
  return trace(vpc, packet, place);
}

/** The interface of an instance, or the first one that a security group is on. */
export function interfaceOf(vpc: Vpc, id: string): NetworkInterface {
  const found = [...vpc.interfaces.values()].find((each) => each.attachment?.workload === id || each.securityGroups.includes(id));
  if (!found) throw new Error(`the network has no interface of ${id}`);
  return found;
}
