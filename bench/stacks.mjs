/** How long stacks of many resources take on paper, and how their templates are checked. Prints one JSON object. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { administrator, createCore } from "@hakoniwa/cloud";
import { makeGoal, parse, readTemplate, registrySchemas } from "@hakoniwa/cloudformation";
import { createPaperDataPlane } from "@hakoniwa/dataplane";
import { createIds, systemClocks } from "@hakoniwa/kernel";
import { lmdbBackend } from "@hakoniwa/kernel/lmdb";

/** A network as stacks have them: each subnet and group hangs on the VPC, each rule on two groups, each output on a group. */
function template(count) {
  const resources = { Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16", Tags: [{ Key: "Name", Value: { Ref: "AWS::StackName" } }] } } };
  const groups = Math.floor((count - 1) / 2);
  for (let i = 0; i < groups; i++) {
    resources[`Group${i}`] = { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: { "Fn::Sub": `group ${i} of \${AWS::StackName}` }, VpcId: { Ref: "Vpc" } } };
  }
  for (let i = 0; Object.keys(resources).length < count; i++) {
    resources[`Rule${i}`] = {
      Type: "AWS::EC2::SecurityGroupIngress",
      Properties: {
        GroupId: { "Fn::GetAtt": [`Group${i % groups}`, "GroupId"] },
        IpProtocol: "tcp",
        FromPort: 1000 + i,
        ToPort: 1000 + i,
        SourceSecurityGroupId: { Ref: `Group${(i + 1) % groups}` },
      },
    };
  }
  return JSON.stringify({ Resources: resources });
}

async function deployed(count) {
  const folder = mkdtempSync(join(tmpdir(), "bench-stacks-"));
  const clocks = systemClocks();
  const dataPlane = createPaperDataPlane({ clock: clocks.cloud });
  const core = createCore({ clocks, ids: createIds(), dataPlane, backend: lmdbBackend(folder), account: "123456789012", log: (message) => console.error(message) });
  await core.start();
  const aws = core.calls.asyncCalls(administrator("123456789012"), "ap-northeast-1");
  const TemplateURL = await stored(aws, template(count));
  await core.driver.idle();
  const create = await lasting(core, () => aws.cloudformation.CreateStack({ StackName: "web", TemplateURL }));
  const { Stacks } = await aws.cloudformation.DescribeStacks({ StackName: "web" });
  if (Stacks[0].StackStatus !== "CREATE_COMPLETE") throw new Error(`the stack of ${count} resources is in ${Stacks[0].StackStatus}`);
  const remove = await lasting(core, () => aws.cloudformation.DeleteStack({ StackName: "web" }));
  await core.stop();
  await dataPlane.close();
  rmSync(folder, { recursive: true, force: true });
  return { create, remove };
}

async function stored(aws, text) {
  await aws.s3.CreateBucket({ Bucket: "bench-templates", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } });
  await aws.s3.PutObject({ Bucket: "bench-templates", Key: "template.json", Body: chunks(text), ContentLength: Buffer.byteLength(text) });
  return "https://bench-templates.s3.ap-northeast-1.amazonaws.com/template.json";
}

async function* chunks(text) {
  yield Buffer.from(text);
}

async function lasting(core, call) {
  const began = performance.now();
  await call();
  await core.driver.idle();
  return performance.now() - began;
}

const environment = {
  account: "123456789012",
  region: "ap-northeast-1",
  stackName: "web",
  stackId: "arn",
  notificationArns: [],
  availabilityZones: () => ["ap-northeast-1a"],
  ssm: () => undefined,
  exportValue: () => undefined,
  parameterAttribute: () => undefined,
};

function validated(count) {
  const text = template(count);
  const times = Array.from({ length: 7 }, () => {
    const began = performance.now();
    makeGoal(readTemplate(parse(text)), new Map(), environment, registrySchemas());
    return performance.now() - began;
  });
  return times.toSorted((a, b) => a - b)[3];
}

const validate = { 50: validated(50), 500: validated(500) };
await deployed(20);
console.log(JSON.stringify({ validate, stacks: { 50: await deployed(50), 200: await deployed(200), 500: await deployed(500) } }));
