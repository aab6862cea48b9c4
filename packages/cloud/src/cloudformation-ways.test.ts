/** Instances that call as themselves, and what is put to wait conditions' addresses: who may, and who may not. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ApiEntrance } from "@hakoniwa/dataplane";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withOtherWays } from "./cloudformation-ways.js";
import { createTestCloud, type TestCloud } from "./testing.js";

let cloud: TestCloud;
let servers: Server[] = [];
let seed = 700;

beforeEach(async () => {
  cloud = await createTestCloud({ seed: (seed += 1) });
});

afterEach(async () => {
  for (const server of servers) server.close();
  servers = [];
  await cloud.close();
});

/** A door like those inside; what is meant for AWS's protocols answers 418. */
async function open(entrance?: ApiEntrance): Promise<string> {
  const endpoint = withOtherWays(
    { account: "123456789012", core: async () => cloud.core, now: () => cloud.now(), newRequestId: () => "11111111-2222-3333-4444-555555555555" },
    async (_request, response) => void response.writeHead(418).end(),
    entrance && { entrance, secure: true },
  );
  const server = createServer((request, response) => void endpoint(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const image = async (): Promise<string> => (await cloud.aws.ec2.DescribeImages({ Owners: ["amazon"] })).Images![0]!.ImageId!;

async function createStack(StackName: string, metadata: object = {}): Promise<string> {
  const Web = { Type: "AWS::EC2::Instance", Properties: { ImageId: await image(), InstanceType: "t3.micro" }, CreationPolicy: { ResourceSignal: { Count: 1, Timeout: "PT5M" } }, Metadata: metadata };
  await cloud.aws.cloudformation.CreateStack({ StackName, TemplateBody: JSON.stringify({ Parameters: { Color: { Type: "String", Default: "blue" } }, Resources: { Web } }) });
  await cloud.advance("1s");
  return (await cloud.aws.cloudformation.DescribeStackResource({ StackName, LogicalResourceId: "Web" })).StackResourceDetail!.PhysicalResourceId!;
}

/** The header that the instance's own program sends. */
function identity(instance: string, change: (document: string) => string = (document) => document): string {
  const spec = cloud.paper.workloadSpec(instance)!;
  if (spec.kind !== "instance") throw new Error(`${instance} is no instance`);
  const { "dynamic/instance-identity/document": document, "dynamic/instance-identity/signature": signature } = spec.metadata;
  return `CFN_V1 ${Buffer.from(change(document!)).toString("base64")}:${signature}`;
}

async function call(url: string, authorization: string, parameters: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url, { method: "POST", headers: { authorization }, body: new URLSearchParams(parameters) });
  return { status: response.status, body: await response.text() };
}

const describeWeb = (StackName: string) => ({ Action: "DescribeStackResource", StackName, LogicalResourceId: "Web" });
const signalWeb = (StackName: string) => ({ Action: "SignalResource", StackName, LogicalResourceId: "Web", UniqueId: "i-1", Status: "SUCCESS" });

describe("an instance as itself", () => {
  it("reads its own stack's metadata, functions carried out, and signals its resources, without any role", async () => {
    const id = await createStack("mine", { color: { Ref: "Color" }, region: { "Fn::Sub": "in ${AWS::Region}" } });
    const url = await open({ kind: "internet" });
    const found = await call(url, identity(id), describeWeb("mine"));
    expect(found.status, found.body).toBe(200);
    const { StackResourceDetail: detail } = JSON.parse(found.body).DescribeStackResourceResponse.DescribeStackResourceResult;
    expect(JSON.parse(detail.Metadata)).toEqual({ color: "blue", region: "in ap-northeast-1" });
    expect(detail).toMatchObject({ PhysicalResourceId: id, LastUpdatedTimestamp: expect.any(Number) });
    expect((await call(url, identity(id), signalWeb("mine"))).status).toBe(200);
    await cloud.settle();
    expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "mine" })).Stacks![0]!.StackStatus).toBe("CREATE_COMPLETE");
    expect((await call(url, identity(id), signalWeb("mine"))).body).toContain('"Code":"ValidationError","Message":"Stack arn:aws:cloudformation:');
  });

  it("reaches no other stack, and nothing else of CloudFormation", async () => {
    const id = await createStack("mine");
    await createStack("theirs", { secret: "yes" });
    const url = await open({ kind: "internet" });
    for (const [parameters, code] of [
      [describeWeb("theirs"), "AccessDenied"],
      [signalWeb("theirs"), "AccessDenied"],
      [{ Action: "DeleteStack", StackName: "mine" }, "AccessDenied"],
      [{ Action: "constructor", StackName: "mine" }, "AccessDenied"],
      [{ ...signalWeb("mine"), Status: "MAYBE" }, "ValidationError"],
    ] as const) {
      const { status, body } = await call(url, identity(id), parameters);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(JSON.parse(body).Error.Code, body).toBe(code);
      expect(body).not.toContain("secret");
    }
  });

  it("must be what its document says", async () => {
    const id = await createStack("mine");
    const other = await createStack("theirs");
    const url = await open({ kind: "internet" });
    const forged = [
      identity(id, (document) => document.replace(id, other)),
      identity(id, (document) => document.replace("ap-northeast-1", "us-east-1")),
      identity(id, (document) => document.replace("123456789012", "999999999999")),
      identity(id).replace(/:.*/, ":AAAA"),
      "CFN_V1 bm8ganNvbg==:AAAA",
      "CFN_V1 x",
    ];
    for (const header of forged) expect((await call(url, header, describeWeb("theirs"))).status, header).toBe(403);
  });

  it("is nobody any more when it has ended", async () => {
    const id = await createStack("mine");
    const header = identity(id);
    await cloud.aws.ec2.TerminateInstances({ InstanceIds: [id] });
    await cloud.advance("10s");
    expect((await call(await open({ kind: "internet" }), header, describeWeb("mine"))).status).toBe(403);
  });

  it("comes from inside only, and through an endpoint of CloudFormation's or the internet", async () => {
    const header = identity(await createStack("mine"));
    expect((await call(await open(), header, describeWeb("mine"))).status).toBe(418);
    const through = (service: string) => open({ kind: "endpoint", vpc: "vpc-1", endpoint: "vpce-1", service });
    expect((await call(await through("ssm"), header, describeWeb("mine"))).status).toBe(403);
    expect((await call(await through("cloudformation"), header, describeWeb("mine"))).status).toBe(200);
  });
});

describe("a wait condition's address", () => {
  async function handle(): Promise<URL> {
    await cloud.aws.cloudformation.CreateStack({
      StackName: "waits",
      TemplateBody: JSON.stringify({ Resources: { Handle: { Type: "AWS::CloudFormation::WaitConditionHandle" }, Ready: { Type: "AWS::CloudFormation::WaitCondition", Properties: { Handle: { Ref: "Handle" }, Timeout: "60" } } } }),
    });
    await cloud.settle();
    return new URL((await cloud.aws.cloudformation.DescribeStackResource({ StackName: "waits", LogicalResourceId: "Handle" })).StackResourceDetail!.PhysicalResourceId!);
  }

  /** `fetch` does not let us say who is called. */
  async function put(base: string, { host, pathname, search }: URL, body: string): Promise<{ readonly status: number; readonly body: string }> {
    const { request } = await import("node:http");
    return new Promise((resolve, reject) => {
      const sent = request(base, { method: "PUT", path: pathname + search, headers: { host, "content-length": Buffer.byteLength(body) } }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, body: text }));
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  const message = JSON.stringify({ Status: "SUCCESS", Reason: "", UniqueId: "a", Data: "" });

  it("is answered like S3's, on this machine and inside", async () => {
    const url = await handle();
    expect(await put(await open(), url, message)).toEqual({ status: 200, body: "" });
    await cloud.settle();
    expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: "waits" })).Stacks![0]!.StackStatus).toBe("CREATE_COMPLETE");
    expect((await put(await open({ kind: "internet" }), url, message)).status).toBe(200);
    expect((await put(await open({ kind: "endpoint", vpc: "vpc-1", endpoint: "vpce-1", service: "ssm" }), url, message)).status).toBe(403);
  });

  it("takes no message without its signature, nor one that is too large", async () => {
    const url = await handle();
    const base = await open();
    const refused = await put(base, new URL(url.href.replace(/Signature=[^&]*/, "Signature=AAAA")), message);
    expect(refused.status).toBe(403);
    expect(refused.body).toContain("<Code>SignatureDoesNotMatch</Code>");
    const large = await put(base, url, "x".repeat(5000));
    expect(large).toMatchObject({ status: 400, body: expect.stringContaining("<Code>EntityTooLarge</Code>") });
    expect((await put(base, new URL("https://bucket.s3.ap-northeast-1.amazonaws.com/key"), "x")).status).toBe(418);
  });
});
