/** What repositories hold: nothing, as there is no registry that images could be pushed to; pushing is refused by name. */
import { Ecr } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onRepository } from "./access.js";
import { imageNotFound, invalidParameter } from "./errors.js";
import { findRepository } from "./find.js";

export const imageOperations = operations(Ecr, {
  ListImages: {
    authorize: onRepository("ListImages"),
    handle(ctx, input) {
      findRepository(ctx, input);
      refuseToken(input.nextToken);
      return { imageIds: [] };
    },
  },

  DescribeImages: {
    authorize: onRepository("DescribeImages"),
    handle(ctx, input) {
      const { name } = findRepository(ctx, input);
      refuseToken(input.nextToken);
      const [wanted] = input.imageIds ?? [];
      if (wanted) throw imageNotFound(wanted, name, ctx.account);
      return { imageDetails: [] };
    },
  },

  BatchGetImage: {
    authorize: onRepository("BatchGetImage"),
    handle(ctx, input) {
      findRepository(ctx, input);
      return { images: [], failures: input.imageIds.map((imageId) => ({ imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" })) };
    },
  },

  BatchDeleteImage: {
    authorize: onRepository("BatchDeleteImage"),
    handle(ctx, input) {
      findRepository(ctx, input);
      return { imageIds: [], failures: input.imageIds.map((imageId) => ({ imageId, failureCode: "ImageNotFound", failureReason: "Requested image not found" })) };
    },
  },

  DescribeRegistry: {
    authorize: onEverything("ecr:DescribeRegistry"),
    handle: (ctx) => ({ registryId: ctx.account, replicationConfiguration: { rules: [] } }),
  },
});

/** There is never a second page. */
function refuseToken(token: string | undefined): void {
  if (token !== undefined) throw invalidParameter("nextToken", "Invalid token");
}
