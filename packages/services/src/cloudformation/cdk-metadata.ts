/** What the CDK adds to templates to be counted by AWS; nobody counts here. https://docs.aws.amazon.com/cdk/v2/guide/usage-data.html */
import { resource } from "@hakoniwa/cloudformation";

interface MetadataProperties {
  readonly Analytics?: unknown;
}

export const cdkMetadata = resource<MetadataProperties>("AWS::CDK::Metadata", {
  create: (_aws, _properties, request) => request.token,
  update() {
    // It is kept with the stack, which is all that AWS does with it too.
  },
  delete() {
    // There is nothing of it but its row in the stack.
  },
  read: (_aws, _id, properties) => properties,
});
