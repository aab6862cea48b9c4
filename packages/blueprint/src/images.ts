/** Images by the names that AWS publishes them under, so that a template works in every region. */
import { CfnParameter, type Stack } from "aws-cdk-lib";

const PUBLISHED = {
  al2023: { path: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", description: "Amazon Linux 2023" },
} as const;

/** https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html */
export function imageParameter(stack: Stack, id: string, image: keyof typeof PUBLISHED): CfnParameter {
  const { path, description } = PUBLISHED[image];
  return new CfnParameter(stack, id, { type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", default: path, description });
}
