/** One policy embedded in one identity, as a resource of its own: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import { resource } from "@hakoniwa/cloudformation";
import type { Aws } from "@hakoniwa/wire";
import { unlessGone } from "../unless-gone.js";
import { documentText, ofGroup, ofRole, ofUser, type Verbs } from "./cfn-attached.js";

interface EmbeddedProperties {
  readonly PolicyName: string;
  readonly PolicyDocument?: unknown;
}

/** What the three types differ in: whose policy it is. */
function embedded<P extends EmbeddedProperties>(type: string, holder: (properties: P) => string, verbs: (aws: Aws, name: string) => Verbs) {
  const put = (aws: Aws, properties: P): void => verbs(aws, holder(properties)).put(properties.PolicyName, documentText(properties.PolicyDocument ?? {}));
  return resource<P>(type, {
    create(aws, properties) {
      put(aws, properties);
      return `${properties.PolicyName}|${holder(properties)}`;
    },
    update: (aws, _id, next) => put(aws, next),
    delete(aws, _id, properties) {
      unlessGone(() => verbs(aws, holder(properties)).remove(properties.PolicyName));
    },
  });
}

export const embeddedPolicies = [
  embedded<EmbeddedProperties & { readonly UserName: string }>("AWS::IAM::UserPolicy", (properties) => properties.UserName, ofUser),
  embedded<EmbeddedProperties & { readonly GroupName: string }>("AWS::IAM::GroupPolicy", (properties) => properties.GroupName, ofGroup),
  embedded<EmbeddedProperties & { readonly RoleName: string }>("AWS::IAM::RolePolicy", (properties) => properties.RoleName, ofRole),
];
