/** How to log in to what a stack made: its key pair's private key, kept as a file, and an instance that the internet reaches. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Options } from "@hakoniwa/cloud/client";
import type { AsyncAws } from "@hakoniwa/wire";

export interface Login {
  /** The private key's file, as ssh takes it with `-i`. */
  readonly key: string;
  /** A public address. */
  readonly address: string;
}

/**
 * Undefined when the stack has no key pair that it made itself, or no instance with that key and a public address. CloudFormation keeps
 * such a key in a parameter: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html
 */
export async function loginTo(aws: AsyncAws, stackName: string, options: Options): Promise<Login | undefined> {
  const { StackResources = [] } = await aws.cloudformation.DescribeStackResources({ StackName: stackName });
  const idsOf = (type: string): string[] => StackResources.filter((resource) => resource.ResourceType === type).map((resource) => resource.PhysicalResourceId ?? "");
  const [instances, keys] = [idsOf("AWS::EC2::Instance"), idsOf("AWS::EC2::KeyPair")];
  if (instances.length === 0 || keys.length === 0) return undefined;
  const { Reservations = [] } = await aws.ec2.DescribeInstances({ InstanceIds: instances });
  const instance = Reservations.flatMap(({ Instances = [] }) => Instances).find((one) => one.PublicIpAddress !== undefined && keys.includes(one.KeyName ?? ""));
  const pair = instance && (await aws.ec2.DescribeKeyPairs({ KeyNames: [instance.KeyName ?? ""] })).KeyPairs?.[0];
  const { Parameters = [] } = await aws.ssm.GetParameters({ Names: [`/ec2/keypair/${pair?.KeyPairId ?? "none"}`], WithDecryption: true });
  const material = Parameters[0]?.Value;
  if (instance?.PublicIpAddress === undefined || material === undefined) return undefined;
  return { key: keep(options.dataDir, pair?.KeyPairId ?? "", material), address: instance.PublicIpAddress };
}

/** In one step, so that ssh never reads half of it. */
function keep(dataDir: string, id: string, material: string): string {
  const folder = join(dataDir, "keys");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${id.replace(/[^A-Za-z0-9-]/g, "")}.pem`);
  writeFileSync(`${file}.${process.pid}`, material, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
  return file;
}
