/** Nested stacks by the CDK CLI: their templates are assets in S3, and their change sets are nested too. */
import { DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, it } from "vitest";
import { useCdk } from "./cdk-cli.js";
import { ACCOUNT, REGION, useCloud } from "./cloud.js";

describe("nested stacks of the CDK", { timeout: 120_000 }, () => {
  const cloud = useCloud();
  const cdk = useCdk(cloud);
  const APP = ["--app", "node nested.mjs"];

  const stacks = async (): Promise<readonly Stack[]> => {
    const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({}));
    return Stacks!.filter(({ StackName }) => StackName !== "CDKToolkit").toSorted((a, b) => a.StackName!.length - b.StackName!.length);
  };
  const parameter = async () => (await cloud.ssm.send(new GetParameterCommand({ Name: "/nested/topic" }))).Parameter;

  beforeAll(async () => {
    expect(await cdk.run("bootstrap", `aws://${ACCOUNT}/${REGION}`)).toMatchObject({ code: 0 });
  }, 60_000);

  it("come with their parent, and find nothing to do a second time", async () => {
    const { code, text } = await cdk.run("deploy", ...APP, "--require-approval", "never");
    expect(text).toContain("✅  Outer");
    expect(code).toBe(0);
    const [outer, middle, inner] = await stacks();
    expect([outer, middle, inner].map((stack) => stack!.StackStatus)).toEqual(Array.from({ length: 3 }, () => "CREATE_COMPLETE"));
    expect(middle).toMatchObject({ ParentId: outer!.StackId, RootId: outer!.StackId });
    expect(inner).toMatchObject({ ParentId: middle!.StackId, RootId: outer!.StackId });
    expect(outer!.Outputs).toMatchObject([{ OutputValue: "/nested/topic" }]);
    expect((await parameter())!.Value).toMatch(/^Outer-Topic/);
    expect(await cdk.run("diff", ...APP, "--fail")).toMatchObject({ code: 0 });
  });

  it("roll back with their parent when something fails, and are updated and destroyed with it", async () => {
    const broken = await cdk.run("deploy", ...APP, "--require-approval", "never", "--context", "broken=1");
    expect(broken.code).toBe(1);
    expect((await stacks()).map((stack) => stack.StackStatus)).toEqual(["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "CREATE_COMPLETE"]);
    expect(await cdk.run("deploy", ...APP, "--require-approval", "never", "--context", "note=second")).toMatchObject({ code: 0 });
    expect((await stacks()).map((stack) => stack.StackStatus)).toEqual(["UPDATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_COMPLETE"]);
    expect(await cdk.run("destroy", ...APP, "--force")).toMatchObject({ code: 0 });
    expect(await stacks()).toEqual([]);
    await expect(parameter()).rejects.toMatchObject({ name: "ParameterNotFound" });
  });
});
