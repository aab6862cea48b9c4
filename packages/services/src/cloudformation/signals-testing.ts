/** What tests of signals and update policies stand on: stacks of instances and groups on paper. Not built. */
import type { CloudformationTypes } from "@hakoniwa/wire";
import { createTestCloud, type TestCloud } from "../testing.js";
import { receiveWaitSignal, type WaitReply } from "./wait-signals.js";
import { waitHost } from "./wait-url.js";

export interface SignalStage {
  readonly cloud: TestCloud;
  readonly image: string;
  create(resources: object, more?: Partial<CloudformationTypes.CreateStackInput>): Promise<void>;
  update(resources: object, more?: Partial<CloudformationTypes.UpdateStackInput>): Promise<void>;
  signal(logicalId: string, uniqueId: string, status?: "SUCCESS" | "FAILURE"): Promise<void>;
  /** What `curl -X PUT` at a wait condition's address does. */
  put(url: string, body: string, contentType?: string): WaitReply;
  status(): Promise<string>;
  /** `STATUS reason` of a resource's events, the oldest first; a stack's without a logical id. */
  events(logicalId?: string): Promise<readonly string[]>;
  physicalId(logicalId: string): Promise<string>;
  outputs(): Promise<Readonly<Record<string, string>>>;
}

export const STACK = "web";

let seeds = 0;

export async function createSignalStage(options: Parameters<typeof createTestCloud>[0] = {}): Promise<SignalStage> {
  // Stacks of different tests must not have the same id.
  const cloud = await createTestCloud({ seed: (seeds += 1), ...options });
  const { cloudformation, ec2 } = cloud.aws;
  const image = (await ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;
  const bodyOf = (resources: object): string => JSON.stringify("Resources" in resources ? resources : { Resources: resources });
  const describe = async (): Promise<CloudformationTypes.Stack> => (await cloudformation.DescribeStacks({ StackName: STACK })).Stacks![0]!;
  return {
    cloud,
    image,
    async create(resources, more = {}) {
      await cloudformation.CreateStack({ StackName: STACK, TemplateBody: bodyOf(resources), ...more });
      await cloud.advance("1s");
    },
    async update(resources, more = {}) {
      await cloudformation.UpdateStack({ StackName: STACK, TemplateBody: bodyOf(resources), ...more });
      await cloud.advance("1s");
    },
    async signal(LogicalResourceId, UniqueId, Status = "SUCCESS") {
      await cloudformation.SignalResource({ StackName: STACK, LogicalResourceId, UniqueId, Status });
      await cloud.settle();
    },
    put(url, body, contentType) {
      const { host, pathname, search } = new URL(url);
      return receiveWaitSignal(cloud.store, cloud.now(), { method: "PUT", region: waitHost(host)!, target: pathname + search, contentType, body: Buffer.from(body) });
    },
    status: async () => (await describe()).StackStatus,
    async events(logicalId = STACK) {
      const all: CloudformationTypes.StackEvent[] = [];
      let NextToken: string | undefined;
      do {
        const page = await cloudformation.DescribeStackEvents({ StackName: STACK, NextToken });
        all.push(...page.StackEvents!);
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return all
        .filter((event) => event.LogicalResourceId === logicalId)
        .reverse()
        .map((event) => [event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(" "));
    },
    async physicalId(LogicalResourceId) {
      return (await cloudformation.DescribeStackResource({ StackName: STACK, LogicalResourceId })).StackResourceDetail!.PhysicalResourceId!;
    },
    outputs: async () => Object.fromEntries((await describe()).Outputs!.map((output) => [output.OutputKey!, output.OutputValue!])),
  };
}
