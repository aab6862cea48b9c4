/** AWS::EC2::KeyPair: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-keypair.html */
import { AwsError } from "@hakoniwa/kernel";
import type { ResourceRequest } from "@hakoniwa/cloudformation";
import type { AsyncAws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor } from "./cfn-tags.js";

interface KeyPairProperties {
  readonly KeyName: string;
  readonly KeyType?: Ec2Types.KeyType;
  readonly KeyFormat?: Ec2Types.KeyFormat;
  readonly PublicKeyMaterial?: string;
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** Where CloudFormation keeps the private key of a pair that it made. */
const parameterOf = (keyPairId: string): string => `/ec2/keypair/${keyPairId}`;

export const keyPair = resourceType<KeyPairProperties>("AWS::EC2::KeyPair", ["KeyName", "KeyType", "KeyFormat", "PublicKeyMaterial", "Tags"], {
  customName: "KeyName",
  async createAsync(aws, properties, request) {
    const { KeyName, KeyType, KeyFormat, PublicKeyMaterial } = properties;
    await dropHalfMade(aws, KeyName, request);
    const TagSpecifications = tagsFor("key-pair", properties.Tags, request);
    if (PublicKeyMaterial !== undefined) {
      await aws.ec2.ImportKeyPair({ KeyName, PublicKeyMaterial: Buffer.from(PublicKeyMaterial), TagSpecifications });
      return KeyName;
    }
    const made = await aws.ec2.CreateKeyPair({ KeyName, KeyType, KeyFormat, TagSpecifications });
    await keepPrivateKey(aws, made, properties);
    return KeyName;
  },
  read(aws, name, { KeyFormat, PublicKeyMaterial }) {
    const found = unlessGone(() => aws.ec2.DescribeKeyPairs({ KeyNames: [name] }))?.KeyPairs?.[0];
    return (
      found && {
        KeyName: name,
        KeyType: found.KeyType!,
        // Neither the form in which the private key was given out nor the public key as it was typed is told.
        ...(KeyFormat === undefined ? {} : { KeyFormat }),
        ...(PublicKeyMaterial === undefined ? {} : { PublicKeyMaterial }),
        Tags: found.Tags ?? [],
      }
    );
  },
  attributes(aws, name) {
    const found = aws.ec2.DescribeKeyPairs({ KeyNames: [name] }).KeyPairs?.[0];
    return { KeyPairId: found?.KeyPairId, KeyFingerprint: found?.KeyFingerprint };
  },
  delete(aws, name) {
    const found = unlessGone(() => aws.ec2.DescribeKeyPairs({ KeyNames: [name] }))?.KeyPairs?.[0];
    if (!found?.KeyPairId) return;
    const id = found.KeyPairId;
    unlessGone(() => aws.ssm.DeleteParameter({ Name: parameterOf(id) }));
    aws.ec2.DeleteKeyPair({ KeyPairId: id });
  },
});

/** An earlier try of the same creation may have been cut off before its private key was kept: its pair is of no use to anyone. */
async function dropHalfMade(aws: AsyncAws, name: string, request: ResourceRequest): Promise<void> {
  const found = (await aws.ec2.DescribeKeyPairs({ Filters: [{ Name: "key-name", Values: [name.replace(/[\\*?]/g, "\\$&")] }] })).KeyPairs?.[0];
  const tag = (key: string): string | undefined => found?.Tags?.find((each) => each.Key === key)?.Value;
  const mine = tag("aws:cloudformation:stack-id") === request.stackId && tag("aws:cloudformation:logical-id") === request.logicalId;
  if (found && mine) await aws.ec2.DeleteKeyPair({ KeyName: name });
}

async function keepPrivateKey(aws: AsyncAws, made: Ec2Types.KeyPair, properties: KeyPairProperties): Promise<void> {
  try {
    await aws.ssm.PutParameter({
      Name: parameterOf(made.KeyPairId ?? ""),
      Type: "SecureString",
      Value: made.KeyMaterial ?? "",
      Description: `Private key of the key pair ${properties.KeyName}`,
    });
  } catch (error) {
    // Without its private key the pair would be a door that nobody can open.
    await aws.ec2.DeleteKeyPair({ KeyPairId: made.KeyPairId });
    throw error instanceof AwsError ? new AwsError(error.code, `The private key could not be kept: ${error.message}`) : error;
  }
}
