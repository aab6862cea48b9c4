import { Ssm } from "@hakoniwa/wire";
import { operations, type Asked, type Context } from "../define.js";
import { invalidResourceId, notYet } from "./errors.js";
import { parameterArn } from "./names.js";
import { parameters, type Parameter } from "./state.js";
import { mergeTags, showTags } from "./tagging.js";

interface Resource {
  readonly ResourceType: string;
  readonly ResourceId: string;
}

const access = (operation: string) => (input: Resource, asked: Asked) => ({
  action: `ssm:${operation}`,
  resources: [input.ResourceType === "Parameter" ? parameterArn(asked, input.ResourceId) : "*"],
});

export const tagOperations = operations(Ssm, {
  AddTagsToResource: {
    authorize: access("AddTagsToResource"),
    handle(ctx, input) {
      const parameter = tagged(ctx, input);
      ctx.db(parameters).put({ ...parameter, tags: mergeTags(parameter.tags, input.Tags, ctx.caller) });
      return {};
    },
  },

  RemoveTagsFromResource: {
    authorize: access("RemoveTagsFromResource"),
    handle(ctx, input) {
      const parameter = tagged(ctx, input);
      const tags = Object.fromEntries(Object.entries(parameter.tags).filter(([key]) => !input.TagKeys.includes(key)));
      ctx.db(parameters).put({ ...parameter, tags });
      return {};
    },
  },

  ListTagsForResource: {
    authorize: access("ListTagsForResource"),
    handle: (ctx, input) => ({ TagList: showTags(tagged(ctx, input).tags) }),
  },
});

function tagged(ctx: Context, resource: Resource): Parameter {
  if (resource.ResourceType !== "Parameter") throw notYet(`tags of the resource type ${resource.ResourceType}`);
  const parameter = ctx.db(parameters).get(resource.ResourceId);
  if (!parameter) throw invalidResourceId(resource.ResourceId);
  return parameter;
}
