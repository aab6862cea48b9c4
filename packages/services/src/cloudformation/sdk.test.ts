import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackDriftDetectionStatusCommand,
  DescribeStackResourceDriftsCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  DetectStackDriftCommand,
  ExecuteChangeSetCommand,
  GetStackPolicyCommand,
  SetStackPolicyCommand,
  UpdateStackCommand,
  waitUntilChangeSetCreateComplete,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackExists,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import { Cloudformation, createEndpoint } from "@hakoniwa/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStackCloud, type StackCloud } from "./testing.js";

let cloud: StackCloud;
let client: CloudFormationClient;
let close: () => void;

beforeEach(async () => {
  cloud = createStackCloud();
  const calls = cloud.aws.cloudformation as unknown as Readonly<Record<string, (input: object) => Promise<Record<string, unknown>>>>;
  const endpoint = createEndpoint({
    models: [Cloudformation],
    region: "ap-northeast-1",
    verify: "open",
    secretOf: () => undefined,
    now: () => [0],
    date: () => new Date(),
    newRequestId: () => "request",
    invoke: (call) => calls[call.operation]!(call.input),
    strictOutput: true,
  });
  const server = createServer((request, response) => void endpoint(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = new CloudFormationClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: "ap-northeast-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  close = () => {
    client.destroy();
    server.closeAllConnections();
    server.close();
  };
});

afterEach(() => close());

const body = (size: number): string => JSON.stringify({ Resources: { A: { Type: "Test::Thing", Properties: { Size: size } } } });

test("the SDK's waiters see a stack come, change and go", async () => {
  const waiting = { client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 };
  const StackName = "web";
  const { StackId: id } = await client.send(new CreateStackCommand({ StackName, TemplateBody: body(1), Tags: [{ Key: "team", Value: "four" }] }));
  await waitUntilStackExists(waiting, { StackName });
  await waitUntilStackCreateComplete(waiting, { StackName });
  await client.send(new UpdateStackCommand({ StackName, TemplateBody: body(2) }));
  await waitUntilStackUpdateComplete(waiting, { StackName });
  const { Stacks: stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  expect(stacks).toMatchObject([{ StackId: id, StackStatus: "UPDATE_COMPLETE", Tags: [{ Key: "team", Value: "four" }] }]);
  expect((await client.send(new DescribeStackEventsCommand({ StackName }))).StackEvents!.length).toBe(10);
  await client.send(new DeleteStackCommand({ StackName }));
  await waitUntilStackDeleteComplete(waiting, { StackName });
  await expect(client.send(new DescribeStacksCommand({ StackName }))).rejects.toMatchObject({ name: "ValidationError", message: "Stack with id web does not exist" });
});

test("the SDK names the modelled errors", async () => {
  await client.send(new CreateStackCommand({ StackName: "web", TemplateBody: body(1) }));
  await expect(client.send(new CreateStackCommand({ StackName: "web", TemplateBody: body(1) }))).rejects.toMatchObject({ name: "AlreadyExistsException" });
});

test("the SDK reads what change sets, drift and policies tell", async () => {
  const StackName = "web";
  const Child = { Type: "AWS::CloudFormation::Stack", Properties: { TemplateURL: "https://templates.s3.amazonaws.com/child.json" } };
  const nested = (size: number): string => JSON.stringify({ Resources: { Child, A: { Type: "Test::Thing", Properties: { Size: size } } } });
  cloud.objects.set("templates/child.json", body(1));
  await client.send(new CreateChangeSetCommand({ StackName, ChangeSetName: "new", ChangeSetType: "CREATE", TemplateBody: nested(1), IncludeNestedStacks: true }));
  await waitUntilChangeSetCreateComplete({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { StackName, ChangeSetName: "new" });
  const shown = await client.send(new DescribeChangeSetCommand({ StackName, ChangeSetName: "new", IncludePropertyValues: true }));
  expect(shown).toMatchObject({ Status: "CREATE_COMPLETE", IncludeNestedStacks: true, Changes: [{ ResourceChange: { Action: "Add", LogicalResourceId: "Child", ChangeSetId: expect.stringContaining(":changeSet/") } }, { ResourceChange: { AfterContext: '{"Properties":{"Size":1}}' } }] });
  await client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName: "new" }));
  await cloud.settle();
  const stacks = (await client.send(new DescribeStacksCommand({}))).Stacks!;
  expect(stacks.map((stack) => stack.StackStatus)).toEqual(["CREATE_COMPLETE", "CREATE_COMPLETE"]);
  const policy = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" }] });
  await client.send(new SetStackPolicyCommand({ StackName, StackPolicyBody: policy }));
  expect((await client.send(new GetStackPolicyCommand({ StackName }))).StackPolicyBody).toBe(policy);
  cloud.drop(cloud.things().find((thing) => thing.name.startsWith("web-A-"))!.id);
  const { StackDriftDetectionId } = await client.send(new DetectStackDriftCommand({ StackName }));
  await cloud.settle();
  expect(await client.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }))).toMatchObject({ DetectionStatus: "DETECTION_COMPLETE", StackDriftStatus: "DRIFTED", DriftedStackResourceCount: 1 });
  const drifts = (await client.send(new DescribeStackResourceDriftsCommand({ StackName }))).StackResourceDrifts!;
  expect(drifts).toMatchObject([{ LogicalResourceId: "A", StackResourceDriftStatus: "DELETED", ExpectedProperties: '{"Size":1}' }]);
  expect(drifts[0]!.Timestamp).toBeInstanceOf(Date);
});
