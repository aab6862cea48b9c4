/** Memberships, server certificates and service-linked roles: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import { resource } from "@hakoniwa/cloudformation";
import type { IamTypes } from "@hakoniwa/wire";
import { unlessGone } from "../unless-gone.js";
import { allTags, keys } from "./cfn.js";
import { without } from "./cfn-attached.js";

interface MembershipProperties {
  readonly GroupName: string;
  readonly Users: readonly string[];
}

export const userToGroupAddition = resource<MembershipProperties>("AWS::IAM::UserToGroupAddition", {
  create(aws, properties, request) {
    for (const UserName of properties.Users) aws.iam.AddUserToGroup({ GroupName: properties.GroupName, UserName });
    return request.physicalName(128);
  },

  update(aws, _id, next, previous) {
    const leaving = next.GroupName === previous.GroupName ? without(previous.Users, next.Users) : previous.Users;
    for (const UserName of leaving) unlessGone(() => aws.iam.RemoveUserFromGroup({ GroupName: previous.GroupName, UserName }));
    for (const UserName of next.Users) aws.iam.AddUserToGroup({ GroupName: next.GroupName, UserName });
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

export const serverCertificate = resource<ServerCertificateProperties>("AWS::IAM::ServerCertificate", {
  create(aws, properties, request) {
    const name = properties.ServerCertificateName ?? request.physicalName(128);
    aws.iam.UploadServerCertificate({
      ServerCertificateName: name,
      Path: properties.Path,
      CertificateBody: properties.CertificateBody,
      CertificateChain: properties.CertificateChain,
      PrivateKey: properties.PrivateKey,
      Tags: allTags(properties.Tags, request.tags),
    });
    return name;
  },

  update(aws, name, next, previous, request) {
    if (next.Path !== previous.Path) aws.iam.UpdateServerCertificate({ ServerCertificateName: name, NewPath: next.Path ?? "/" });
    const wanted = allTags(next.Tags, request.tags);
    const leaving = without(keys(aws.iam.ListServerCertificateTags({ ServerCertificateName: name }).Tags), keys(wanted));
    if (leaving.length > 0) aws.iam.UntagServerCertificate({ ServerCertificateName: name, TagKeys: leaving });
    if (wanted.length > 0) aws.iam.TagServerCertificate({ ServerCertificateName: name, Tags: wanted });
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

export const serviceLinkedRole = resource<ServiceLinkedRoleProperties>("AWS::IAM::ServiceLinkedRole", {
  create(aws, { AWSServiceName, CustomSuffix, Description }) {
    return aws.iam.CreateServiceLinkedRole({ AWSServiceName, CustomSuffix, Description }).Role!.RoleName;
  },
  update: (aws, name, next) => void aws.iam.UpdateRoleDescription({ RoleName: name, Description: next.Description ?? "" }),
  delete(aws, name) {
    unlessGone(() => aws.iam.DeleteServiceLinkedRole({ RoleName: name }));
  },
  attributes: (_aws, name) => ({ RoleName: name }),
});
