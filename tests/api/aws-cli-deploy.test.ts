/** `aws cloudformation deploy`, `package`, `wait` and `validate-template`; and what they call, by the SDK, where there is no CLI. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateChangeSetCommand, DeleteStackCommand, DescribeChangeSetCommand, DescribeStacksCommand, ExecuteChangeSetCommand, ListStackResourcesCommand, ValidateTemplateCommand,
  waitUntilStackCreateComplete, waitUntilStackDeleteComplete, waitUntilStackUpdateComplete, type Stack,
} from "@aws-sdk/client-cloudformation";
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { isAwsCliInstalled, useAwsCli, type CliOutcome } from "./aws-cli.js";
import { patience, useCloud, type Cloud } from "./cloud.js";

const TEMPLATE = `
Parameters:
  Color: { Type: String }
  Size: { Type: Number, Default: 1 }
Resources:
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: { Name: !Sub "/\${AWS::StackName}/value", Type: String, Value: !Sub "\${Color}-\${Size}" }
Outputs:
  Name: { Value: !Ref Parameter }
`;
const parent = (url: string): string => `
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: ${url}, Parameters: { Color: nested } }
`;
const Bucket = "artifacts";

const value = async (cloud: Cloud, Name: string): Promise<string | undefined> => (await cloud.ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;

const stackNamed = async (cloud: Cloud, StackName: string): Promise<Stack> => (await cloud.cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;

async function childOf(cloud: Cloud, StackName: string): Promise<string> {
  const { StackResourceSummaries } = await cloud.cloudformation.send(new ListStackResourcesCommand({ StackName }));
  const arn = StackResourceSummaries!.find(({ LogicalResourceId }) => LogicalResourceId === "Child")!.PhysicalResourceId!;
  return arn.split("/")[1]!;
}

/** The CLI names its change sets by the second, and two of a stack may not have the same name. */
async function nextSecond(): Promise<void> {
  const second = Math.floor(Date.now() / 1000);
  await vi.waitUntil(() => Math.floor(Date.now() / 1000) > second, { timeout: 2_000, interval: 20 });
}

describe.skipIf(!isAwsCliInstalled())("aws cloudformation", { timeout: 90_000 }, () => {
  const cloud = useCloud();
  const { run, files } = useFiles(cloud);
  /** It looks only every 30 seconds whether a stack is there: both begin first and are asked last. */
  let deployed: Promise<CliOutcome>;
  let nested: Promise<CliOutcome>;

  beforeAll(async () => {
    await cloud.s3.send(new CreateBucketCommand({ Bucket }));
    files({ "template.yaml": TEMPLATE, "parent.yaml": parent("./template.yaml") });
    deployed = run("deploy", "--stack-name", "waited", "--template-file", "template.yaml", "--parameter-overrides", "Color=red", "--tags", "team=four", "--s3-bucket", Bucket, "--s3-prefix", "templates");
    const packaged = await run("package", "--template-file", "parent.yaml", "--s3-bucket", Bucket, "--output-template-file", "packaged.yaml");
    expect(packaged).toMatchObject({ code: 0, stdout: expect.stringContaining("Successfully packaged artifacts") });
    nested = run("deploy", "--stack-name", "nested", "--template-file", "packaged.yaml", "--capabilities", "CAPABILITY_AUTO_EXPAND");
  }, 60_000);

  it("deploy reviews first with --no-execute-changeset, and keeps the values that an update does not override", async () => {
    const deploy = async (...more: readonly string[]) => {
      await nextSecond();
      return run("deploy", "--stack-name", "reviewed", "--template-file", "template.yaml", ...more);
    };
    const execute = async ({ stdout }: CliOutcome) => {
      const changeSet = /arn:aws:cloudformation:\S+/.exec(stdout)![0];
      expect(await run("execute-change-set", "--change-set-name", changeSet)).toMatchObject({ code: 0, stderr: "" });
    };
    await execute(await deploy("--no-execute-changeset", "--parameter-overrides", "Color=red"));
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "reviewed" });
    expect(await value(cloud, "/reviewed/value")).toBe("red-1");
    await execute(await deploy("--no-execute-changeset", "--parameter-overrides", "Size=2"));
    await waitUntilStackUpdateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "reviewed" });
    expect(await value(cloud, "/reviewed/value")).toBe("red-2");
    expect(await run("wait", "stack-update-complete", "--stack-name", "reviewed")).toEqual({ code: 0, stdout: "", stderr: "" });

    const nothing = await deploy("--no-fail-on-empty-changeset");
    expect(nothing).toMatchObject({ code: 0, stdout: expect.stringContaining("No changes to deploy. Stack reviewed is up to date") });
    const strict = await deploy("--fail-on-empty-changeset");
    expect(strict.code).toBeGreaterThan(0);
    expect(strict.stderr).toContain("No changes to deploy. Stack reviewed is up to date");
  });

  it("deploy without a value for a parameter says which, and leaves no stack but one under review", async () => {
    const { code, stderr } = await run("deploy", "--stack-name", "missing", "--template-file", "template.yaml");
    expect(stderr).toContain("Parameters: [Color] must have values");
    expect(code).toBeGreaterThan(0);
    await expect(value(cloud, "/missing/value")).rejects.toMatchObject({ name: "ParameterNotFound" });
  });

  it("validate-template tells a template's parameters, and a mistake's place", async () => {
    const good = await run("validate-template", "--template-body", "file://template.yaml");
    expect((JSON.parse(good.stdout) as { readonly Parameters: readonly object[] }).Parameters).toMatchObject([{ ParameterKey: "Color" }, { ParameterKey: "Size", DefaultValue: "1" }]);
    files({ "broken.yaml": "Resources:\n  A: { Type: AWS::SSM::Parameter\n  B: {}\n", "lacking.yaml": "Resources:\n  Function:\n    Type: AWS::Lambda::Function\n" });
    expect(await run("validate-template", "--template-body", "file://broken.yaml")).toMatchObject({ code: 255, stderr: expect.stringMatching(/ValidationError.*line 3/s) });
    const lacking = await run("validate-template", "--template-body", "file://lacking.yaml");
    expect(lacking.stderr).toContain("Resource Function is of type AWS::Lambda::Function, which Hakoniwa does not implement yet [/Resources/Function/Type, line 3, column 5]");
  });

  it("wait says when a stack has become what it should not", async () => {
    const { code, stderr } = await run("wait", "stack-create-complete", "--stack-name", "none");
    expect(stderr).toContain("Waiter StackCreateComplete failed");
    expect(code).toBe(255);
  });

  it("deploy uploads a template to a bucket, and waits for its stack with tags and outputs", async () => {
    expect(await deployed).toMatchObject({ code: 0, stdout: expect.stringContaining("Successfully created/updated stack - waited") });
    expect(await stackNamed(cloud, "waited")).toMatchObject({ StackStatus: "CREATE_COMPLETE", Tags: [{ Key: "team", Value: "four" }], Outputs: [{ OutputKey: "Name", OutputValue: "/waited/value" }] });
    expect(await value(cloud, "/waited/value")).toBe("red-1");
  });

  it("package uploads the templates of nested stacks, from where deploy makes them", async () => {
    expect(await nested).toMatchObject({ code: 0 });
    expect(await value(cloud, `/${await childOf(cloud, "nested")}/value`)).toBe("nested-1");
    expect((await stackNamed(cloud, await childOf(cloud, "nested"))).RootId).toBe((await stackNamed(cloud, "nested")).StackId);
    expect(await run("delete-stack", "--stack-name", "nested")).toMatchObject({ code: 0, stderr: "" });
    await waitUntilStackDeleteComplete({ client: cloud.cloudformation, ...patience }, { StackName: "nested" });
  });
});

/** The CLI's `cloudformation` commands, and files for it. */
function useFiles(cloud: Cloud) {
  const cli = useAwsCli(cloud);
  return {
    run: (...args: readonly string[]) => cli.run("cloudformation", ...args),
    files: (contents: Readonly<Record<string, string>>) => Object.entries(contents).forEach(([name, text]) => writeFileSync(join(cli.folder, name), text)),
  };
}

describe("what aws cloudformation calls", () => {
  const cloud = useCloud();
  const url = (key: string): string => `${cloud.url}/${Bucket}/${key}`;
  beforeAll(async () => {
    await cloud.s3.send(new CreateBucketCommand({ Bucket }));
    await cloud.s3.send(new PutObjectCommand({ Bucket, Key: "template.yaml", Body: TEMPLATE }));
    await cloud.s3.send(new PutObjectCommand({ Bucket, Key: "parent.yaml", Body: parent(url("template.yaml")) }));
  });
  const create = async (StackName: string, ChangeSetName: string, more: object) => {
    const { Id } = await cloud.cloudformation.send(new CreateChangeSetCommand({ StackName, ChangeSetName, ...more }));
    return cloud.cloudformation.send(new DescribeChangeSetCommand({ ChangeSetName: Id! }));
  };

  it("is change sets of templates in a bucket, with values that stay", async () => {
    await cloud.s3.send(new HeadObjectCommand({ Bucket, Key: "template.yaml" }));
    const StackName = "sdk";
    const first = await create(StackName, "first", { ChangeSetType: "CREATE", TemplateURL: url("template.yaml"), Parameters: [{ ParameterKey: "Color", ParameterValue: "red" }] });
    expect(first).toMatchObject({ Status: "CREATE_COMPLETE", ExecutionStatus: "AVAILABLE" });
    await cloud.cloudformation.send(new ExecuteChangeSetCommand({ ChangeSetName: first.ChangeSetId! }));
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName });
    const kept = { ParameterKey: "Color", UsePreviousValue: true };
    const second = await create(StackName, "second", { TemplateURL: url("template.yaml"), Parameters: [kept, { ParameterKey: "Size", ParameterValue: "2" }] });
    await cloud.cloudformation.send(new ExecuteChangeSetCommand({ ChangeSetName: second.ChangeSetId! }));
    await waitUntilStackUpdateComplete({ client: cloud.cloudformation, ...patience }, { StackName });
    expect(await value(cloud, "/sdk/value")).toBe("red-2");
    const third = await create(StackName, "third", { TemplateURL: url("template.yaml"), Parameters: [kept, { ParameterKey: "Size", UsePreviousValue: true }] });
    expect(third).toMatchObject({ Status: "FAILED", ExecutionStatus: "UNAVAILABLE", StatusReason: expect.stringContaining("The submitted information didn't contain changes.") });
  });

  it("is stacks nested by templates in a bucket", async () => {
    const StackName = "nested";
    const changeSet = await create(StackName, "only", { ChangeSetType: "CREATE", TemplateURL: url("parent.yaml"), Capabilities: ["CAPABILITY_AUTO_EXPAND"] });
    await cloud.cloudformation.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSet.ChangeSetId! }));
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName });
    expect(await value(cloud, `/${await childOf(cloud, StackName)}/value`)).toBe("nested-1");
    await cloud.cloudformation.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete({ client: cloud.cloudformation, ...patience }, { StackName });
  });

  it("is a validation that tells what is lacking, and where", async () => {
    const { Parameters } = await cloud.cloudformation.send(new ValidateTemplateCommand({ TemplateURL: url("template.yaml") }));
    expect(Parameters).toMatchObject([{ ParameterKey: "Color" }, { ParameterKey: "Size", DefaultValue: "1" }]);
    const lacking = cloud.cloudformation.send(new ValidateTemplateCommand({ TemplateBody: "Resources:\n  Function:\n    Type: AWS::Lambda::Function\n" }));
    await expect(lacking).rejects.toThrow("Resource Function is of type AWS::Lambda::Function, which Hakoniwa does not implement yet [/Resources/Function/Type, line 3, column 5]");
  });
});
