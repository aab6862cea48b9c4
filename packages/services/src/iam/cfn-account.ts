/** Memberships, server certificates and service-linked roles: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import type { Aws, IamTypes } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { keys } from "./cfn.js";
import { without } from "./cfn-attached.js";

interface MembershipProperties {
  readonly GroupName: string;
  readonly Users: readonly string[];
}

export const userToGroupAddition = resourceType<MembershipProperties>("AWS::IAM::UserToGroupAddition", ["GroupName", "Users"], {
  create(aws, properties, request) {
    for (const UserName of properties.Users) aws.iam.AddUserToGroup({ GroupName: properties.GroupName, UserName });
    return request.physicalName(128);
  },

  update(aws, _id, next, previous) {
    const leaving = next.GroupName === previous.GroupName ? without(previous.Users, next.Users) : previous.Users;
    for (const UserName of leaving) unlessGone(() => aws.iam.RemoveUserFromGroup({ GroupName: previous.GroupName, UserName }));
    for (const UserName of next.Users) aws.iam.AddUserToGroup({ GroupName: next.GroupName, UserName });
  },

  read(aws, _id, { GroupName, Users }) {
    const isMember = (UserName: string): boolean =>
      unlessGone(() => aws.iam.ListGroupsForUser({ UserName }))?.Groups.some((group) => group.GroupName === GroupName) ?? false;
    const members = Users.filter(isMember);
    return members.length === 0 ? undefined : { GroupName, Users: members };
  },

  delete(aws, _id, properties) {
    for (const UserName of properties.Users) unlessGone(() => aws.iam.RemoveUserFromGroup({ GroupName: properties.GroupName, UserName }));
  },

  attributes: (_aws, id) => ({ Id: id }),
});

interface ServerCertificateProperties {
  readonly ServerCertificateName?: string;
  readonly Path?: string;
  readonly CertificateBody: string;
  readonly CertificateChain?: string;
  readonly PrivateKey: string;
  readonly Tags?: readonly IamTypes.Tag[];
}

export const serverCertificate = resourceType<ServerCertificateProperties>("AWS::IAM::ServerCertificate", ["ServerCertificateName", "Path", "CertificateBody", "CertificateChain", "PrivateKey", "Tags"], {
  customName: "ServerCertificateName",
  create(aws, properties, request) {
    const name = properties.ServerCertificateName ?? request.physicalName(128);
    aws.iam.UploadServerCertificate({
      ServerCertificateName: name,
      Path: properties.Path,
      CertificateBody: properties.CertificateBody,
      CertificateChain: properties.CertificateChain,
      PrivateKey: properties.PrivateKey,
      Tags: withStackTags(properties.Tags, request),
    });
    return name;
  },

  update(aws, name, next, previous, request) {
    if (next.Path !== previous.Path) aws.iam.UpdateServerCertificate({ ServerCertificateName: name, NewPath: next.Path ?? "/" });
    const wanted = withStackTags(next.Tags, request);
    const leaving = without(keys(aws.iam.ListServerCertificateTags({ ServerCertificateName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagServerCertificate({ ServerCertificateName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagServerCertificate({ ServerCertificateName: name, Tags: wanted });
  },

  read(aws, name, given) {
    const found = unlessGone(() => aws.iam.GetServerCertificate({ ServerCertificateName: name }))?.ServerCertificate;
    if (!found) return undefined;
    const { CertificateBody, CertificateChain, ServerCertificateMetadata, Tags = [] } = found;
    return {
      ServerCertificateName: name,
      Path: ServerCertificateMetadata.Path,
      // PEM without the blanks around it is the same certificate.
      CertificateBody: CertificateBody.trim() === given.CertificateBody?.trim() ? given.CertificateBody : CertificateBody,
      ...(CertificateChain === undefined ? {} : { CertificateChain: CertificateChain.trim() === given.CertificateChain?.trim() ? given.CertificateChain : CertificateChain }),
      // Nobody is told the private key.
      PrivateKey: given.PrivateKey,
      Tags,
    };
  },

  delete(aws, name) {
    unlessGone(() => aws.iam.DeleteServerCertificate({ ServerCertificateName: name }));
  },

  attributes: (aws, name) => ({ Arn: aws.iam.GetServerCertificate({ ServerCertificateName: name }).ServerCertificate.ServerCertificateMetadata.Arn }),
});

interface ServiceLinkedRoleProperties {
  readonly AWSServiceName: string;
  readonly CustomSuffix?: string;
  readonly Description?: string;
}

export const serviceLinkedRole = resourceType<ServiceLinkedRoleProperties>("AWS::IAM::ServiceLinkedRole", ["AWSServiceName", "CustomSuffix", "Description"], {
  create(aws, { AWSServiceName, CustomSuffix, Description }) {
    return aws.iam.CreateServiceLinkedRole({ AWSServiceName, CustomSuffix, Description }).Role!.RoleName;
  },
  update: (aws, name, next) => void aws.iam.UpdateRoleDescription({ RoleName: name, Description: next.Description ?? "" }),
  read(aws, RoleName) {
    const found = unlessGone(() => aws.iam.GetRole({ RoleName }))?.Role;
    if (!found) return undefined;
    const [, suffix] = /_(.+)$/.exec(RoleName) ?? [];
    return {
      AWSServiceName: found.Path.split("/")[2] ?? "",
      ...(suffix === undefined ? {} : { CustomSuffix: suffix }),
      ...(found.Description ? { Description: found.Description } : {}),
    };
  },
  delete(aws, name) {
    unlessGone(() => aws.iam.DeleteServiceLinkedRole({ RoleName: name }));
  },
  attributes: (_aws, name) => ({ RoleName: name }),
});

interface AccessKeyProperties {
  readonly UserName: string;
  readonly Status?: IamTypes.StatusType;
  /** To count up when a key is to be made anew. */
  readonly Serial?: number;
}

export const accessKey = resourceType<AccessKeyProperties>("AWS::IAM::AccessKey", ["UserName", "Status", "Serial"], {
  create(aws, { UserName, Status }) {
    const { AccessKeyId, SecretAccessKey } = aws.iam.CreateAccessKey({ UserName }).AccessKey;
    if (Status !== undefined && Status !== "Active") aws.iam.UpdateAccessKey({ UserName, AccessKeyId, Status });
    // The only time that the secret is told.
    return { physicalId: AccessKeyId, attributes: { SecretAccessKey } };
  },
  update: (aws, AccessKeyId, { UserName, Status = "Active" }) => void aws.iam.UpdateAccessKey({ UserName, AccessKeyId, Status }),
  read(aws, id, { UserName, Serial }) {
    const found = keysOf(aws, UserName).find(({ AccessKeyId }) => AccessKeyId === id);
    return found && { UserName, Status: found.Status!, ...(Serial === undefined ? {} : { Serial }) };
  },
  delete: (aws, AccessKeyId, { UserName }) => void unlessGone(() => aws.iam.DeleteAccessKey({ UserName, AccessKeyId })),
  attributes: (_aws, id) => ({ Id: id }),
});

function keysOf(aws: Aws, UserName: string): readonly IamTypes.AccessKeyMetadata[] {
  return unlessGone(() => aws.iam.ListAccessKeys({ UserName }))?.AccessKeyMetadata ?? [];
}
