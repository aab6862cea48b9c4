/** CloudFormation's own resource types. */
import type { Resource } from "@hakoniwa/cloudformation";
import { cdkMetadata } from "./cdk-metadata.js";
import { nestedStack } from "./nested.js";
import { waitCondition, waitConditionHandle } from "./wait-resources.js";

export const cloudformationResources: readonly Resource[] = [cdkMetadata, nestedStack, waitCondition, waitConditionHandle];
