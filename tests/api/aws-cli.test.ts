/** The AWS CLI as it is installed, where it is. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntilStackCreateComplete, waitUntilStackDeleteComplete } from "@aws-sdk/client-cloudformation";
import { beforeAll, describe, expect, it } from "vitest";
import { isAwsCliInstalled, useAwsCli } from "./aws-cli.js";
import { ACCOUNT, patience, useCloud } from "./cloud.js";

const TEMPLATE = `
Parameters:
  Range: { Type: String, Default: 10.1.0.0/16 }
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !Ref Range
      Tags: [{ Key: Name, Value: !Sub "\${AWS::StackName}-vpc" }]
Outputs:
  VpcId: { Value: !GetAtt Vpc.VpcId }
`;

describe.skipIf(!isAwsCliInstalled())("the AWS CLI", { timeout: 60_000 }, () => {
  const cloud = useCloud();
  const cli = useAwsCli(cloud);
  const aws = (...args: readonly string[]) => cli.run(...args);
  beforeAll(() => writeFileSync(join(cli.folder, "vpc.yaml"), TEMPLATE));

  it("knows who calls", async () => {
    const { stdout, stderr } = await aws("sts", "get-caller-identity");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ UserId: expect.any(String), Account: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/admin` });
  });

  it("lists VPCs, by its filters and its query language", async () => {
    const { stdout } = await aws("ec2", "describe-vpcs", "--filters", "Name=is-default,Values=true", "--query", "Vpcs[].CidrBlock", "--output", "text");
    expect(stdout).toBe("172.31.0.0/16\n");
  });

  it("says what AWS says of a mistake, and exits so", async () => {
    const { code, stderr } = await aws("ec2", "describe-vpcs", "--vpc-ids", "vpc-0123456789abcdef0");
    expect(stderr).toContain("An error occurred (InvalidVpcID.NotFound) when calling the DescribeVpcs operation: The vpc ID 'vpc-0123456789abcdef0' does not exist");
    expect(code).toBeGreaterThan(0);
  });

  it("deploys a YAML template by a change set, finds nothing to do the second time, and deletes the stack", async () => {
    // Without its --no-execute-changeset, `deploy` looks only every 30 seconds whether the stack is there.
    const deploy = () => aws("cloudformation", "deploy", "--stack-name", "cli", "--template-file", "vpc.yaml", "--no-execute-changeset", "--no-fail-on-empty-changeset");
    const planned = await deploy();
    expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining("Changeset created successfully") });
    const changeSet = /arn:aws:cloudformation:\S+/.exec(planned.stdout)![0];
    expect(await aws("cloudformation", "execute-change-set", "--change-set-name", changeSet)).toMatchObject({ code: 0, stderr: "" });
    await waitUntilStackCreateComplete({ client: cloud.cloudformation, ...patience }, { StackName: "cli" });
    const { stdout: vpcs } = await aws("ec2", "describe-vpcs", "--filters", "Name=tag:Name,Values=cli-vpc", "--query", "Vpcs[].VpcId", "--output", "text");
    const { stdout: output } = await aws("cloudformation", "describe-stacks", "--stack-name", "cli", "--query", "Stacks[0].Outputs[0].OutputValue", "--output", "text");
    expect(vpcs).toMatch(/^vpc-[0-9a-f]{17}\n$/);
    expect(output).toBe(vpcs);
    expect(await deploy()).toMatchObject({ code: 0, stdout: expect.stringContaining("No changes to deploy") });
    expect(await aws("cloudformation", "delete-stack", "--stack-name", "cli")).toMatchObject({ code: 0, stderr: "" });
    await waitUntilStackDeleteComplete({ client: cloud.cloudformation, ...patience }, { StackName: "cli" });
  });
});
