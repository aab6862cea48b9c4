/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-snapshotblockpublicaccess.html: one in a region. */
import type { Ec2Types } from "@hakoniwa/wire";
import { alreadyExists, resourceType } from "../resource-type.js";

interface BlockProperties {
  readonly State: Ec2Types.SnapshotBlockPublicAccessState;
}

const TYPE = "AWS::EC2::SnapshotBlockPublicAccess";

export const snapshotBlockPublicAccess = resourceType<BlockProperties>(TYPE, ["State"], {
  create(aws, { State }, request) {
    const account = request.stackId.split(":")[4]!;
    if (aws.ec2.GetSnapshotBlockPublicAccessState({}).State !== "unblocked") throw alreadyExists(TYPE, account);
    aws.ec2.EnableSnapshotBlockPublicAccess({ State });
    return account;
  },
  update: (aws, _id, { State }) => void aws.ec2.EnableSnapshotBlockPublicAccess({ State }),
  read(aws) {
    const { State } = aws.ec2.GetSnapshotBlockPublicAccessState({});
    return State === undefined || State === "unblocked" ? undefined : { State };
  },
  attributes: (_aws, AccountId) => ({ AccountId }),
  delete: (aws) => void aws.ec2.DisableSnapshotBlockPublicAccess({}),
});
