import { metadataOf } from "@hakoniwa/cloudformation";
import { Cloudformation } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access } from "./access.js";
import { environmentOf } from "./environment.js";
import { noSuchResource, noSuchStack, validationError } from "./errors.js";
import { logicalResources, resourcesOf, stackNamed } from "./find.js";
import { page } from "./pages.js";
import { templateOf } from "./requests.js";
import { liveResources } from "./run.js";
import { showResource, showResourceDrift, timestamp } from "./show.js";
import { stackResources, stacks } from "./state.js";

export const resourceOperations = operations(Cloudformation, {
  DescribeStackResource: {
    authorize: access("DescribeStackResource"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName);
      const resource = logicalResources(ctx.db, stack.id).find((candidate) => candidate.logicalId === input.LogicalResourceId);
      if (!resource) throw noSuchResource(input.LogicalResourceId, stack.name);
      const { templateId, parameters, notificationArns } = stack.configuration;
      const sources = {
        template: templateOf(ctx.db, templateId),
        parameters: new Map(parameters.map((parameter) => [parameter.name, parameter])),
        environment: environmentOf(ctx, stack, notificationArns),
        live: liveResources(resourcesOf(ctx.db, stack.id)),
      };
      const metadata = metadataOf(sources, resource.logicalId);
      const { Timestamp: time, ...detail } = showResource(stack, resource);
      return {
        StackResourceDetail: {
          ...detail,
          LastUpdatedTimestamp: time,
          Metadata: metadata === undefined ? "{}" : JSON.stringify(metadata),
        },
      };
    },
  },

  DescribeStackResources: {
    authorize: access("DescribeStackResources"),
    handle(ctx, input) {
      const { StackName: name, PhysicalResourceId: physicalId, LogicalResourceId: logicalId } = input;
      if ((name === undefined) === (physicalId === undefined)) throw validationError("Exactly one of StackName and PhysicalResourceId must be specified.");
      const owner = physicalId === undefined ? undefined : ctx.db(stackResources).where("physical", physicalId).find((resource) => resource.status !== "DELETE_COMPLETE");
      if (physicalId !== undefined && !owner) throw validationError(`Stack for ${physicalId} does not exist`);
      const stack = owner ? ctx.db(stacks).get(owner.stackId) : stackNamed(ctx.db, name!);
      if (!stack) throw noSuchStack(physicalId ?? name!);
      const found = logicalResources(ctx.db, stack.id).filter((resource) => logicalId === undefined || resource.logicalId === logicalId);
      if (logicalId !== undefined && found.length === 0) throw noSuchResource(logicalId, stack.name);
      return { StackResources: found.map((resource) => showResource(stack, resource)) };
    },
  },

  ListStackResources: {
    authorize: access("ListStackResources"),
    handle(ctx, input) {
      const stack = stackNamed(ctx.db, input.StackName);
      const { items, next } = page(logicalResources(ctx.db, stack.id), input, { key: (resource) => resource.logicalId });
      return {
        StackResourceSummaries: items.map((resource) => ({
          LogicalResourceId: resource.logicalId,
          PhysicalResourceId: resource.physicalId,
          ResourceType: resource.type,
          LastUpdatedTimestamp: timestamp(resource.timestamp),
          ResourceStatus: resource.status,
          ResourceStatusReason: resource.statusReason,
          DriftInformation: showResourceDrift(resource),
        })),
        NextToken: next,
      };
    },
  },
});
