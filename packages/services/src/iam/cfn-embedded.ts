/** One policy embedded in one identity, as a resource of its own: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import type { Aws } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { ofGroup, ofRole, ofUser, type Verbs } from "./cfn-attached.js";

interface EmbeddedProperties {
  readonly PolicyName: string;
  readonly PolicyDocument?: unknown;
}

/** What the three types differ in: whose policy it is. */
function embedded<P extends EmbeddedProperties>(type: string, name: "UserName" | "GroupName" | "RoleName", holder: (properties: P) => string, verbs: (aws: Aws, name: string) => Verbs) {
  const put = (aws: Aws, properties: P): void => verbs(aws, holder(properties)).put(properties.PolicyName, documentText(properties.PolicyDocument ?? {}));
  return resourceType<P>(type, [name, "PolicyName", "PolicyDocument"], {
    create(aws, properties) {
      put(aws, properties);
      return `${properties.PolicyName}|${holder(properties)}`;
    },
    update: (aws, _id, next) => put(aws, next),
    read(aws, _id, properties) {
      const text = unlessGone(() => verbs(aws, holder(properties)).embedded(properties.PolicyName));
      if (text === undefined) return undefined;
      const { PolicyDocument } = properties;
      return { ...properties, ...(PolicyDocument === undefined ? {} : { PolicyDocument: documentAs(PolicyDocument, text) }) };
    },
    delete(aws, _id, properties) {
      unlessGone(() => verbs(aws, holder(properties)).remove(properties.PolicyName));
    },
  });
}

export const embeddedPolicies = [
  embedded<EmbeddedProperties & { readonly UserName: string }>("AWS::IAM::UserPolicy", "UserName", (properties) => properties.UserName, ofUser),
  embedded<EmbeddedProperties & { readonly GroupName: string }>("AWS::IAM::GroupPolicy", "GroupName", (properties) => properties.GroupName, ofGroup),
  embedded<EmbeddedProperties & { readonly RoleName: string }>("AWS::IAM::RolePolicy", "RoleName", (properties) => properties.RoleName, ofRole),
];
