import type { Options } from "@hakoniwa/cloud/client";
import { AwsError } from "@hakoniwa/kernel";
import type { AsyncAws } from "@hakoniwa/wire";
import { describe, expect, it } from "vitest";
import { plainStack } from "./deployable.js";
import { deploy, remove } from "./deploy.js";
import type { Say } from "./say.js";

const TEMPLATE = JSON.stringify({ Resources: { Vpc: { Type: "AWS::EC2::VPC" } } });
const stack = plainStack("web", TEMPLATE, { file: "web.json", placeOf: (id) => `web.json:${id.length}` });

/** CloudFormation with one stack, whose operations end at once as they are told to. */
function cloudFormation(begin: string | undefined, ends: Readonly<Record<string, string>>) {
  let status = begin;
  const called: string[] = [];
  const operation = (name: string) => async (): Promise<object> => {
    called.push(name);
    const end = ends[name];
    if (end === "no updates") throw new AwsError("ValidationError", "No updates are to be performed.");
    status = end === "gone" ? undefined : end;
    return {};
  };
  const found = () => ({ StackName: "web", StackId: "arn:aws:cloudformation:r:1:stack/web/1", StackStatus: status, Parameters: [{ ParameterKey: "Kept", ParameterValue: "1" }] });
  const failed = { EventId: "1", LogicalResourceId: "Vpc", ResourceType: "AWS::EC2::VPC", ResourceStatus: "UPDATE_FAILED", ResourceStatusReason: "it is in use" };
  const inputs: Record<string, unknown>[] = [];
  const cloudformation = {
    DescribeStacks: async () => {
      if (status === undefined) throw new AwsError("ValidationError", "Stack with id web does not exist");
      return { Stacks: [found()] };
    },
    DescribeStackEvents: async () => ({ StackEvents: status?.includes("FAILED") || status?.includes("ROLLBACK") ? [failed] : [] }),
    DescribeStackResources: async () => ({ StackResources: [{ LogicalResourceId: "Logs", ResourceStatus: "DELETE_SKIPPED", PhysicalResourceId: "logs" }, { LogicalResourceId: "Vpc", ResourceStatus: "DELETE_COMPLETE", PhysicalResourceId: "vpc-1" }] }),
    GetTemplateSummary: async () => ({ Parameters: [{ ParameterKey: "Kept" }, { ParameterKey: "New" }] }),
    CreateStack: operation("CreateStack"),
    UpdateStack: async (input: Record<string, unknown>) => {
      inputs.push(input);
      return operation("UpdateStack")();
    },
    DeleteStack: operation("DeleteStack"),
    ContinueUpdateRollback: operation("ContinueUpdateRollback"),
  };
  return { aws: { cloudformation } as unknown as AsyncAws, called, inputs };
}

async function up(begin: string | undefined, ends: Readonly<Record<string, string>>, parameters: Readonly<Record<string, string>> = {}) {
  const { aws, called, inputs } = cloudFormation(begin, ends);
  const said: string[] = [];
  const say: Say = Object.assign((_event: object, line: string | undefined) => void said.push(line ?? ""), { underWay: undefined });
  await deploy(aws, {} as Options, stack, parameters, say);
  return { called, inputs, said: said.join("\n") };
}

describe("a stack that is", () => {
  it("not there is created", async () => {
    expect((await up(undefined, { CreateStack: "CREATE_COMPLETE" })).called).toEqual(["CreateStack"]);
  });

  it("there is updated; parameters that are not given keep their values, new ones their defaults", async () => {
    const { called, inputs } = await up("CREATE_COMPLETE", { UpdateStack: "UPDATE_COMPLETE" });
    expect(called).toEqual(["UpdateStack"]);
    expect(inputs[0]!["Parameters"]).toEqual([{ ParameterKey: "Kept", UsePreviousValue: true }]);
    expect((await up("CREATE_COMPLETE", { UpdateStack: "UPDATE_COMPLETE" }, { Kept: "2" })).inputs[0]!["Parameters"]).toEqual([{ ParameterKey: "Kept", ParameterValue: "2" }]);
  });

  it("as the template says is left alone", async () => {
    expect((await up("UPDATE_ROLLBACK_COMPLETE", { UpdateStack: "no updates" })).said).toContain("no changes");
  });

  it.each(["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])("%s goes before it is created again", async (status) => {
    const { called, said } = await up(status, { DeleteStack: "gone", CreateStack: "CREATE_COMPLETE" });
    expect(called).toEqual(["DeleteStack", "CreateStack"]);
    expect(said).toContain(`web is ${status}: its creation failed last time`);
  });

  it("UPDATE_ROLLBACK_FAILED is rolled back whole before it is updated, or its user is told what to leave out", async () => {
    const { called } = await up("UPDATE_ROLLBACK_FAILED", { ContinueUpdateRollback: "UPDATE_ROLLBACK_COMPLETE", UpdateStack: "UPDATE_COMPLETE" });
    expect(called).toEqual(["ContinueUpdateRollback", "UpdateStack"]);
    await expect(up("UPDATE_ROLLBACK_FAILED", { ContinueUpdateRollback: "UPDATE_ROLLBACK_FAILED" })).rejects.toThrow(/web is UPDATE_ROLLBACK_FAILED\n {2}Vpc \(AWS::EC2::VPC\): it is in use\n.*--resources-to-skip/);
  });

  it.each([
    ["CREATE_FAILED", /keeps what was made for you to look at.*hakoniwa down web/],
    ["DELETE_FAILED", /its deletion ended half-way.*hakoniwa down web/],
    ["UPDATE_FAILED", /rollback-stack --stack-name web/],
    ["REVIEW_IN_PROGRESS", /Execute it, or drop it with/],
  ])("%s is its user's to decide on", async (status, advice) => {
    await expect(up(status, {})).rejects.toThrow(advice);
  });

  it("updated in vain names what failed, with its place, and what to do", async () => {
    await expect(up("CREATE_COMPLETE", { UpdateStack: "UPDATE_ROLLBACK_COMPLETE" })).rejects.toThrow(
      "web ended as UPDATE_ROLLBACK_COMPLETE\n  Vpc (AWS::EC2::VPC): it is in use\n    at web.json:3\n  The stack is as it was before. Mend the template, and `up` again.",
    );
  });

  it("deleted tells what it leaves", async () => {
    const { aws } = cloudFormation("CREATE_COMPLETE", { DeleteStack: "gone" });
    const say: Say = Object.assign(() => undefined, { underWay: undefined });
    expect(await remove(aws, "web", say)).toMatchObject([{ LogicalResourceId: "Logs" }]);
    await expect(remove(aws, "web", say)).rejects.toThrow('there is no stack "web"');
  });
});
