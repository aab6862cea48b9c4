/** The CDK CLI as it is installed: bootstrap, deploy, diff, destroy. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  DeleteStackCommand, DescribeStacksCommand, ListStackResourcesCommand, SignalResourceCommand, waitUntilStackDeleteComplete, type Stack,
} from "@aws-sdk/client-cloudformation";
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { DescribeRepositoriesCommand, GetLifecyclePolicyCommand, GetRepositoryPolicyCommand } from "@aws-sdk/client-ecr";
import { DescribeNatGatewaysCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { GetRoleCommand } from "@aws-sdk/client-iam";
import { GetBucketEncryptionCommand, GetBucketPolicyCommand, GetBucketVersioningCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { useCdk } from "./cdk-cli.js";
import { ACCOUNT, patience, REGION, useCloud } from "./cloud.js";

const ENVIRONMENT = `aws://${ACCOUNT}/${REGION}`;
const ASSETS = `cdk-hnb659fds-assets-${ACCOUNT}-${REGION}`;

describe("the CDK CLI", { timeout: 120_000 }, () => {
  const cloud = useCloud();
  const cdk = useCdk(cloud);
  const PAIR = ["--app", "node pair.mjs"];
  /** The same, synthesized once. */
  const SYNTHESIZED = ["--app", "synthesized"];

  const stackNamed = async (StackName: string): Promise<Stack | undefined> => {
    const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({}));
    return Stacks?.find((stack) => stack.StackName === StackName);
  };
  const parameter = async (Name: string): Promise<string | undefined> => (await cloud.ssm.send(new GetParameterCommand({ Name }))).Parameter?.Value;

  beforeAll(async () => {
    const { code, text } = await cdk.run("bootstrap", ENVIRONMENT);
    expect(text).toContain(`✅  Environment ${ENVIRONMENT} bootstrapped.`);
    expect(code).toBe(0);
  }, 60_000);

  describe("bootstrap", () => {
    it("makes the bucket, the repository, the roles and the version that deployments look for", async () => {
      expect((await stackNamed("CDKToolkit"))?.StackStatus).toBe("CREATE_COMPLETE");
      expect(Number(await parameter("/cdk-bootstrap/hnb659fds/version"))).toBeGreaterThan(20);
      expect(await cloud.s3.send(new GetBucketVersioningCommand({ Bucket: ASSETS }))).toMatchObject({ Status: "Enabled" });
      const { ServerSideEncryptionConfiguration } = await cloud.s3.send(new GetBucketEncryptionCommand({ Bucket: ASSETS }));
      expect(ServerSideEncryptionConfiguration!.Rules).toMatchObject([{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } }]);
      expect((await cloud.s3.send(new GetBucketPolicyCommand({ Bucket: ASSETS }))).Policy).toContain("aws:SecureTransport");
      const repositoryName = `cdk-hnb659fds-container-assets-${ACCOUNT}-${REGION}`;
      const { repositories } = await cloud.ecr.send(new DescribeRepositoriesCommand({ repositoryNames: [repositoryName] }));
      expect(repositories).toMatchObject([{ imageTagMutability: "IMMUTABLE" }]);
      expect((await cloud.ecr.send(new GetLifecyclePolicyCommand({ repositoryName }))).lifecyclePolicyText).toContain("sinceImagePushed");
      expect((await cloud.ecr.send(new GetRepositoryPolicyCommand({ repositoryName }))).policyText).toContain("lambda.amazonaws.com");
      for (const role of ["cfn-exec", "deploy", "file-publishing", "image-publishing", "lookup"]) {
        await cloud.iam.send(new GetRoleCommand({ RoleName: `cdk-hnb659fds-${role}-role-${ACCOUNT}-${REGION}` }));
      }
    });

    it("leaves out the key that it makes on demand, and on demand is told where the type stands that we lack", async () => {
      const { StackResourceSummaries } = await cloud.cloudformation.send(new ListStackResourcesCommand({ StackName: "CDKToolkit" }));
      expect(StackResourceSummaries!.map(({ ResourceType }) => ResourceType)).not.toContain("AWS::KMS::Key");
      const { code, text } = await cdk.run("bootstrap", "--bootstrap-customer-key", ENVIRONMENT);
      expect(code).toBe(1);
      expect(text).toMatch(/Resource FileAssetsBucketEncryptionKey is of type AWS::KMS::Key, which Hakoniwa does not implement yet \[\/Resources\/FileAssetsBucketEncryptionKey\/Type, line \d+, column \d+\]/);
      expect((await stackNamed("CDKToolkit"))?.StackStatus).toBe("CREATE_COMPLETE");
    });
  });

  describe("two stacks with assets and a reference from one to the other", () => {
    it("lists them", async () => {
      expect(await cdk.run("list", ...PAIR, "--output", "synthesized")).toMatchObject({ code: 0, text: expect.stringMatching(/^First\nSecond\n/m) });
    });

    it("deploys them in their order, by the roles of the bootstrap", async () => {
      const { code, text } = await cdk.run("deploy", "--all", ...SYNTHESIZED, "--require-approval", "never", "--parameters", "First:Color=blue", "--outputs-file", "outputs.json");
      expect(text).toMatch(/✅ {2}First[^]*✅ {2}Second/);
      expect(code).toBe(0);
      const outputs = JSON.parse(readFileSync(join(cdk.folder, "outputs.json"), "utf8")) as { readonly First: { readonly FolderKey: string; readonly FileUrl: string } };
      expect(await parameter("/pair/color")).toBe("blue");
      expect(await parameter("/pair/topic")).toMatch(new RegExp(`^arn:aws:sns:${REGION}:${ACCOUNT}:First-Topic`));
      const file = await cloud.s3.send(new GetObjectCommand({ Bucket: ASSETS, Key: outputs.First.FileUrl.split("/").at(-1)! }));
      expect(await file.Body!.transformToString()).toBe("hello");
      expect(file).toMatchObject({ ServerSideEncryption: "aws:kms", SSEKMSKeyId: expect.stringContaining(`arn:aws:kms:${REGION}:${ACCOUNT}:key/`) });
      expect(await cloud.s3.send(new HeadObjectCommand({ Bucket: ASSETS, Key: outputs.First.FolderKey }))).toMatchObject({ ContentType: "application/zip" });
      expect((await stackNamed("First"))?.RoleARN).toBe(`arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`);
    });

    it("finds no differences, and nothing to do a second time", async () => {
      const diff = await cdk.run("diff", "Second", "--exclusively", ...SYNTHESIZED, "--fail");
      expect(diff.text).toContain("Number of stacks with differences: 0");
      // Otherwise it falls back to comparing templates, and says so.
      expect(diff.text).not.toContain("Could not create a change set");
      expect(diff.code).toBe(0);
      const again = await cdk.run("deploy", "--all", ...SYNTHESIZED, "--require-approval", "never");
      expect(again).toMatchObject({ code: 0, text: expect.stringMatching(/First \(no changes\)[^]*Second \(no changes\)/) });
    });

    it("shows what a change would do, and makes it in place at once with --method=direct", async () => {
      const changed = [...PAIR, "-c", "title=goodbye"];
      const diff = await cdk.run("diff", "First", ...changed, "--fail");
      expect(diff).toMatchObject({ code: 1, text: expect.stringMatching(/\[~\] AWS::SNS::Topic Topic[^]*DisplayName[^]*\[-\] hello[^]*\[\+\] goodbye/) });
      expect(diff.text).not.toContain("Could not create a change set");
      const TopicArn = await parameter("/pair/topic");
      const deployed = await cdk.run("deploy", "First", ...changed, "--method=direct", "--require-approval", "never");
      expect(deployed).toMatchObject({ code: 0, text: expect.stringContaining("✅  First") });
      expect((await cloud.sns.send(new GetTopicAttributesCommand({ TopicArn: TopicArn! }))).Attributes).toMatchObject({ DisplayName: "goodbye" });
    });

    it("rolls back what fails, and shows its reason at the construct", async () => {
      const before = await parameter("/pair/topic");
      const { code, text } = await cdk.run("deploy", "Second", "--exclusively", ...PAIR, "-c", "broken=true", "--require-approval", "never");
      expect(code).toBe(1);
      expect(text).toMatch(/Second\/TopicParameter\/Resource +\(AWS::SSM::Parameter TopicParameter/);
      expect(text).toContain("Standard tier parameters support a maximum parameter value of 4096 characters");
      expect((await stackNamed("Second"))?.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
      expect(await parameter("/pair/topic")).toBe(before);
    });

    it("leaves what fails as it is when asked to, and rolls it back when asked to", async () => {
      const before = await parameter("/pair/topic");
      const failed = await cdk.run("deploy", "Second", "--exclusively", ...PAIR, "-c", "broken=true", "--no-rollback", "--require-approval", "never");
      expect(failed.code).toBe(1);
      expect((await stackNamed("Second"))?.StackStatus).toBe("UPDATE_FAILED");
      const { code, text } = await cdk.run("rollback", "Second", ...SYNTHESIZED);
      expect(text).toMatch(/UPDATE_ROLLBACK_COMPLET/);
      expect(code).toBe(0);
      expect((await stackNamed("Second"))?.StackStatus).toBe("UPDATE_ROLLBACK_COMPLETE");
      expect(await parameter("/pair/topic")).toBe(before);
    });

    it("sees what was changed behind its back", async () => {
      await cloud.ssm.send(new PutParameterCommand({ Name: "/pair/color", Value: "green", Overwrite: true }));
      const { code, text } = await cdk.run("drift", "First", ...SYNTHESIZED, "--fail");
      expect(text).toMatch(/\[~\] AWS::SSM::Parameter[^]*\/Value[^]*\[-\] blue[^]*\[\+\] green/);
      expect(code).toBe(1);
    });

    it("destroys them, and leaves the assets", async () => {
      const { code, text } = await cdk.run("destroy", "--all", ...SYNTHESIZED, "--force");
      expect(text).toMatch(/Second: destroyed[^]*First: destroyed/);
      expect(code).toBe(0);
      expect(await stackNamed("First")).toBeUndefined();
      expect((await cloud.s3.send(new ListObjectsV2Command({ Bucket: ASSETS }))).KeyCount).toBeGreaterThan(2);
    });
  });

  describe("a site of the CDK's own constructs", () => {
    const WEB = ["--app", "node web.mjs"];

    it("names every type that needs Lambda with its place, and makes nothing", async () => {
      const { code, text } = await cdk.run("deploy", "Web", ...WEB, "-c", "custom=true", "--require-approval", "never");
      expect(code).toBe(1);
      for (const type of ["Custom::VpcRestrictDefaultSG", "Custom::S3AutoDeleteObjects"]) {
        expect(text).toMatch(new RegExp(`is of type ${type}, which Hakoniwa does not implement yet: custom resources need Lambda \\[/Resources/\\w+/Type, line \\d+, column \\d+\\]`));
      }
      expect(text).toMatch(/is of type AWS::Lambda::Function, which Hakoniwa does not implement yet \[/);
      expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs).toMatchObject([{ IsDefault: true }]);
    });

    it("deploys when its servers have signalled, and is destroyed without a trace", async () => {
      const deploying = cdk.run("deploy", "Web", ...WEB, "--require-approval", "never");
      const LogicalResourceId = await signalServers();
      const { code, text } = await deploying;
      expect(text).toMatch(/Web\.Url = http:\/\/Web-Balan/);
      expect(code).toBe(0);
      expect(LogicalResourceId).toContain("Servers");
      const { StackResourceSummaries } = await cloud.cloudformation.send(new ListStackResourcesCommand({ StackName: "Web" }));
      expect(StackResourceSummaries!.filter(({ ResourceStatus }) => ResourceStatus !== "CREATE_COMPLETE")).toEqual([]);
      expect(StackResourceSummaries!.map(({ ResourceType }) => ResourceType)).toContain("AWS::CDK::Metadata");
      const destroyed = await cdk.run("destroy", "Web", ...WEB, "--force");
      expect(destroyed).toMatchObject({ code: 0, text: expect.stringContaining("✅  Web: destroyed") });
      const { NatGateways } = await cloud.ec2.send(new DescribeNatGatewaysCommand({ Filter: [{ Name: "state", Values: ["available", "pending"] }] }));
      expect(NatGateways).toEqual([]);
      expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs).toMatchObject([{ IsDefault: true }]);
    });

    /** What `cfn-signal` does in instances that are none on paper. @returns the group's logical id */
    async function signalServers(): Promise<string> {
      return vi.waitFor(async () => {
        const { AutoScalingGroups } = await cloud.autoscaling.send(new DescribeAutoScalingGroupsCommand({}));
        const [group] = AutoScalingGroups!;
        const instances = group?.Instances ?? [];
        expect(instances).toHaveLength(2);
        const LogicalResourceId = group!.Tags!.find(({ Key }) => Key === "aws:cloudformation:logical-id")!.Value!;
        for (const { InstanceId } of instances) {
          await cloud.cloudformation.send(new SignalResourceCommand({ StackName: "Web", LogicalResourceId, UniqueId: InstanceId!, Status: "SUCCESS" }));
        }
        return LogicalResourceId;
      }, { timeout: 60_000, interval: 200 });
    }
  });

  it("bootstraps again what was taken away but for its bucket", async () => {
    await cloud.cloudformation.send(new DeleteStackCommand({ StackName: "CDKToolkit" }));
    await waitUntilStackDeleteComplete({ client: cloud.cloudformation, ...patience }, { StackName: "CDKToolkit" });
    const { code, text } = await cdk.run("bootstrap", ENVIRONMENT);
    expect(text).toContain(`✅  Environment ${ENVIRONMENT} bootstrapped.`);
    expect(text).toMatch(/IMPORT_COMPLETE +\| AWS::S3::Bucket +\| StagingBucket/);
    expect(code).toBe(0);
  });
});
