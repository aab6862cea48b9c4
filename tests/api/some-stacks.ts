/** What is known of a stack beyond its making: whether it has drifted, and what may be changed in it. */
import { type CloudFormationClient, DescribeStackDriftDetectionStatusCommand, DetectStackDriftCommand, SetStackPolicyCommand } from "@aws-sdk/client-cloudformation";
import { expect, vi } from "vitest";

export interface Stacks {
  readonly driftDetection: string;
}

export const questionsAboutStacks: Readonly<Record<string, (ids: Stacks & { readonly changeSet: string }) => object>> = {
  "cloudformation:DescribeChangeSet": ({ changeSet }) => ({ ChangeSetName: changeSet }),
  "cloudformation:ListChangeSets": () => ({ StackName: "exporting" }),
  "cloudformation:DescribeStackResource": () => ({ StackName: "minimal", LogicalResourceId: "Vpc" }),
  "cloudformation:ListStackResources": () => ({ StackName: "minimal" }),
  "cloudformation:DescribeStackEvents": () => ({ StackName: "minimal" }),
  "cloudformation:ListImports": () => ({ ExportName: "parameter" }),
  "cloudformation:DescribeStackDriftDetectionStatus": ({ driftDetection }) => ({ StackDriftDetectionId: driftDetection }),
  "cloudformation:DescribeStackResourceDrifts": () => ({ StackName: "minimal" }),
  "cloudformation:GetStackPolicy": () => ({ StackName: "minimal" }),
};

/** Looks for drift in the stack, and protects it from nothing. */
export async function someDrift(cloudformation: CloudFormationClient, StackName: string): Promise<Stacks> {
  const everything = { Statement: [{ Effect: "Allow", Action: "Update:*", Principal: "*", Resource: "*" }] };
  await cloudformation.send(new SetStackPolicyCommand({ StackName, StackPolicyBody: JSON.stringify(everything) }));
  const { StackDriftDetectionId } = await cloudformation.send(new DetectStackDriftCommand({ StackName }));
  await vi.waitFor(async () => {
    const { DetectionStatus } = await cloudformation.send(new DescribeStackDriftDetectionStatusCommand({ StackDriftDetectionId }));
    expect(DetectionStatus).toBe("DETECTION_COMPLETE");
  }, 10_000);
  return { driftDetection: StackDriftDetectionId! };
}
