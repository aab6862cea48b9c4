/** Names as the fourth article gives them (S4-43): `vpc-<service>-<env>`, `subnet-<service>-<env>-public`, … */
import { Tags, type Stack } from "aws-cdk-lib";

export type Naming = (kind: string, role?: string) => string;

export function naming(service: string, environment: string): Naming {
  return (kind, role) => [kind, service, environment, ...(role === undefined ? [] : [role])].join("-");
}

/** Tags everything with the stage's name. A key pair can't be given another tag without replacing it, and stages are deployed over each other. */
export function tagStage(stack: Stack, stage: string): void {
  Tags.of(stack).add("hakoniwa:stage", stage, { excludeResourceTypes: ["AWS::EC2::KeyPair"] });
}
