/** up, down, events and logs, with templates of one's own and with what the CDK writes, on paper. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CreateChangeSetCommand, DescribeStacksCommand, waitUntilChangeSetCreateComplete } from "@aws-sdk/client-cloudformation";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, root, run, until, type Garden, type Ran } from "./garden.js";

const APP = fileURLToPath(new URL("./commands-app.mjs", import.meta.url));

interface Told {
  readonly event: string;
  readonly [key: string]: unknown;
}

let garden: Garden;
let folder: string;
beforeAll(async () => {
  garden = await createGarden({ HAKONIWA_DATAPLANE: "paper" });
  folder = mkdtempSync(join(tmpdir(), "deploy-"));
  mkdirSync(join(folder, "site"));
  writeFileSync(join(folder, "site/index.html"), "hello!\n");
  expect((await garden.hakoniwa("start")).code).toBe(0);
}, 60_000);
afterAll(async () => {
  await garden.end();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const settings = () => ({ endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const statusOf = async (StackName: string) => (await garden.cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0]?.StackStatus;
const told = ({ stdout }: Ran): readonly Told[] => stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Told);

function template(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const network = (subnet: string): string => `Parameters:
  Range:
    Type: String
    Default: 10.7.0.0/16
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: !Ref Range }
  Subnet:
    Type: AWS::EC2::Subnet
    Properties:
      VpcId: !Ref Vpc
      CidrBlock: ${subnet}
Outputs:
  VpcId: { Value: !Ref Vpc }
`;

describe("a template", { timeout: 60_000 }, () => {
  it("that fails names the resource, the reason and the line; mended, it begins anew, and then has nothing to do", async () => {
    const path = template("net.yaml", network("192.168.0.0/24"));
    const failed = await garden.hakoniwa("up", path);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining(`net ended as ROLLBACK_COMPLETE\n  Subnet (AWS::EC2::Subnet): The CIDR '192.168.0.0/24' is invalid.\n    at ${path}:9\n`) });
    expect(failed.stderr).toContain("Mend the template, and `up` again");
    template("net.yaml", network("10.7.1.0/24"));
    const mended = await garden.hakoniwa("up", path);
    expect(mended.stderr).toBe("");
    expect(mended.stdout).toContain("net is ROLLBACK_COMPLETE: its creation failed last time");
    expect(mended.stdout).toMatch(/outputs +VpcId +vpc-[0-9a-f]{17}/);
    const again = await garden.hakoniwa("up", path, "--json");
    expect(told(again)).toMatchObject([{ event: "unchanged", stackName: "net" }, { event: "up", stackName: "net", outputs: { VpcId: expect.stringMatching(/^vpc-/) } }]);
  });

  it("that is wrong is refused with the file's line, before anything is touched", async () => {
    const path = template("net.yaml", network("10.7.1.0/24").replace("CidrBlock: 10.7.1.0/24", "CidrBlok: x"));
    const { code, stderr } = await garden.hakoniwa("up", path);
    expect(code).toBe(1);
    expect(stderr).toContain("CidrBlok");
    expect(stderr).toContain(`at ${path}:13`);
    expect(await statusOf("net")).toMatch(/_COMPLETE$/);
  });

  it("takes parameters; those that are not given keep their values", async () => {
    const path = template("net.yaml", network("10.8.1.0/24"));
    expect((await garden.hakoniwa("up", path, "--stack-name", "other", "--parameters", "Range=10.8.0.0/16")).code).toBe(0);
    expect((await garden.hakoniwa("up", path, "--stack-name", "other")).stdout).toContain("other is as the template says already: no changes");
    const wrong = await garden.hakoniwa("up", path, "--stack-name", "other", "--parameters", "Rang=10.8.0.0/16");
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining("Rang") });
  });

  it("whose stack waits for a change set is left to its user", async () => {
    const input = { StackName: "reviewed", ChangeSetName: "first", ChangeSetType: "CREATE" as const, TemplateBody: network("10.7.1.0/24") };
    await garden.cloudformation.send(new CreateChangeSetCommand(input));
    await waitUntilChangeSetCreateComplete({ client: garden.cloudformation, maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.1 }, input);
    const { code, stderr } = await garden.hakoniwa("up", template("net.yaml", network("10.7.1.0/24")), "--stack-name", "reviewed");
    expect(code).toBe(1);
    expect(stderr).toMatch(/reviewed is REVIEW_IN_PROGRESS\n +a change set that would create it waits to be executed/);
    expect((await garden.hakoniwa("down", "reviewed")).code).toBe(0);
  });

  it("may keep resources when it goes, and `down` says which", async () => {
    const path = template("kept.json", JSON.stringify({ Resources: { Logs: { Type: "AWS::S3::Bucket", DeletionPolicy: "Retain", Properties: { BucketName: "kept-logs" } }, Topic: { Type: "AWS::SNS::Topic" } } }));
    expect((await garden.hakoniwa("up", path)).code).toBe(0);
    const down = await garden.hakoniwa("down", "kept");
    expect(down.code).toBe(0);
    expect(down.stdout).toMatch(/kept, as the template's DeletionPolicy wants it:\n +Logs +AWS::S3::Bucket +kept-logs\nkept is gone/);
    // The name is taken now: the error names the resource and its line.
    const again = await garden.hakoniwa("up", path);
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining(`at ${path}:1`) });
    const gone = await garden.hakoniwa("down", "nope");
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no stack "nope"') });
  });
});

describe("what `cdk synth` writes", { timeout: 90_000 }, () => {
  let out: string;
  let broken: string;
  beforeAll(async () => {
    [out, broken] = [join(folder, "cdk.out"), join(folder, "broken.out")];
    for (const args of [[out, join(folder, "site")], [broken, join(folder, "site"), "broken"]]) {
      const made = await run(process.execPath, [APP, ...args], { ...garden.env, CDK_VALIDATION: "false" }, root);
      expect(made.code, made.stderr).toBe(0);
    }
  }, 60_000);

  it("is deployed with its assets, nested stacks and long templates, in the order that its stacks need", async () => {
    const up = await garden.hakoniwa("up", out, "--json");
    expect(up.stderr).toBe("");
    const events = told(up);
    expect(events.filter(({ event }) => event === "stack").map(({ stackName }) => stackName)).toEqual(["shop-network", "Web", "Long"]);
    const end = events.at(-1)!;
    expect(end).toMatchObject({ event: "up", stackNames: ["shop-network", "Web", "Long"] });
    const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec((end["outputs"] as Record<string, string>)["SiteAsset"]!)!;
    const s3 = new S3Client({ ...settings(), forcePathStyle: true });
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    expect(Buffer.from(await Body!.transformToByteArray()).subarray(0, 2).toString()).toBe("PK");
    s3.destroy();
    const { Stacks } = await garden.cloudformation.send(new DescribeStacksCommand({}));
    const named = new Map(Stacks!.map((stack) => [stack.StackName!, stack]));
    expect([...named.keys()].filter((name) => name.startsWith("Web-Nested"))).toHaveLength(1);
    expect(named.get("shop-network")!.Tags).toEqual([{ Key: "team", Value: "four" }]);
  });

  it("finds nothing to do a second time, nested stacks or not", async () => {
    const again = await garden.hakoniwa("up", out);
    for (const name of ["shop-network", "Web", "Long"]) expect(again.stdout).toContain(`${name} is as the template says already: no changes`);
  });

  it("takes parameters by stack, and one stack with those that it needs", async () => {
    const greeting = async () => {
      const ssm = new SSMClient(settings());
      const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/greeting" }));
      ssm.destroy();
      return Parameter!.Value;
    };
    const vague = await garden.hakoniwa("up", out, "--parameters", "Greeting=salut");
    expect(vague).toMatchObject({ code: 1, stderr: expect.stringContaining("say which with STACK:Greeting=…") });
    const up = await garden.hakoniwa("up", out, "--stack-name", "Web", "--parameters", "Web:Greeting=salut", "--json");
    expect(told(up).at(-1)).toMatchObject({ stackNames: ["shop-network", "Web"] });
    expect(await greeting()).toBe("salut");
    expect((await garden.hakoniwa("up", out)).code).toBe(0);
    expect(await greeting()).toBe("salut");
    const wrong = await garden.hakoniwa("up", out, "--stack-name", "Nope");
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('has no stack "Nope": it has shop-network, Web, Long') });
  });

  it("that fails names the construct and the line of the app", async () => {
    const { code, stderr } = await garden.hakoniwa("up", broken, "--stack-name", "Web");
    expect(code).toBe(1);
    expect(stderr).toMatch(/Web ended as UPDATE_ROLLBACK_COMPLETE\n +Subnet \(AWS::EC2::Subnet\): The CIDR '192\.168\.0\.0\/24' is invalid\.\n +at Web\/Subnet, .*commands-app\.mjs:\d+\n +The stack is as it was before/);
  });

  it("goes in the reverse order", async () => {
    const used = await garden.hakoniwa("down", "shop-network");
    expect(used).toMatchObject({ code: 1, stderr: expect.stringContaining("in use by Web") });
    const down = await garden.hakoniwa("down", out, "--json");
    expect(told(down).filter(({ event }) => event === "down").map(({ stackName }) => stackName)).toEqual(["Long", "Web", "shop-network"]);
    expect(await garden.hakoniwa("down", out)).toMatchObject({ code: 1, stderr: expect.stringContaining("none of the stacks") });
    expect(await garden.hakoniwa("up", folder)).toMatchObject({ code: 1, stderr: expect.stringContaining(`there is one inside, so \`./hakoniwa up ${out}\``) });
  });
});

describe("events and logs", { timeout: 60_000 }, () => {
  /** Runs a command that goes on, until it has said something. */
  async function following(args: readonly string[], pattern: RegExp, meanwhile: () => Promise<unknown>): Promise<string> {
    const child = spawn(join(root, "hakoniwa"), args, { env: garden.env, stdio: ["ignore", "pipe", "inherit"] });
    let said = "";
    child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    try {
      await until(`${args.join(" ")} says something`, 20, async () => said !== "");
      await meanwhile();
      return await until(`${args.join(" ")} says ${String(pattern)}`, 20, async () => pattern.test(said) && said);
    } finally {
      child.kill("SIGINT");
    }
  }

  it("tell what happened to a stack, oldest first, and go on with what happens", async () => {
    const path = template("topic.json", JSON.stringify({ Resources: { First: { Type: "AWS::SNS::Topic" } } }));
    expect((await garden.hakoniwa("up", path)).code).toBe(0);
    const history = told(await garden.hakoniwa("events", "topic", "--json"));
    expect(history[0]).toMatchObject({ event: "resource", stackName: "topic", logicalId: "topic", status: "CREATE_IN_PROGRESS", time: expect.stringMatching(/^\d{4}-/) });
    expect(history.at(-1)).toMatchObject({ logicalId: "topic", status: "CREATE_COMPLETE" });
    await following(["events", "--follow"], /UPDATE_IN_PROGRESS[\s\S]*CREATE_COMPLETE +Second[\s\S]*UPDATE_COMPLETE +topic/, async () => {
      template("topic.json", JSON.stringify({ Resources: { First: { Type: "AWS::SNS::Topic" }, Second: { Type: "AWS::SNS::Topic" } } }));
      expect((await garden.hakoniwa("up", path)).code).toBe(0);
    });
    expect(await garden.hakoniwa("events", "nope")).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no stack "nope"') });
  });

  it("the cloud's log is shown from its end, and goes on", async () => {
    const last = await garden.hakoniwa("logs", "--lines", "2");
    expect(last.stdout.trimEnd().split("\n")).toHaveLength(2);
    const said = await following(["logs", "--follow", "--lines", "1"], /cloudformation:DescribeStacks 200/, () => statusOf("topic"));
    expect(said).not.toContain("undefined");
    expect(told(await garden.hakoniwa("logs", "--lines", "1", "--json"))).toMatchObject([{ event: "log", line: expect.stringMatching(/^\d{4}-/) }]);
    expect(await garden.hakoniwa("logs", "--lines", "many")).toMatchObject({ code: 1, stderr: expect.stringContaining('--lines is "many"') });
    expect(await garden.hakoniwa("logs", "i-0123456789abcdef0")).toMatchObject({ code: 1, stderr: expect.stringContaining("does not exist") });
    expect(await garden.hakoniwa("logs", "web")).toMatchObject({ code: 1, stderr: expect.stringContaining('the instance is "web", but must be an id') });
  });
});
