/** Lifecycle policies, which expire images: https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html */
import { Ecr } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onRepository } from "./access.js";
import { lifecyclePolicyNotFound, lifecyclePreviewNotFound } from "./errors.js";
import { findRepository } from "./find.js";
import { checkLifecyclePolicy } from "./lifecycle-policy.js";
import { inRegistry } from "./show.js";
import { repositories } from "./state.js";

export const lifecyclePolicyOperations = operations(Ecr, {
  PutLifecyclePolicy: {
    authorize: onRepository("PutLifecyclePolicy"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      checkLifecyclePolicy(input.lifecyclePolicyText);
      ctx.db(repositories).put({ ...repository, lifecyclePolicy: input.lifecyclePolicyText });
      return { ...inRegistry(ctx, repository), lifecyclePolicyText: input.lifecyclePolicyText };
    },
  },

  GetLifecyclePolicy: {
    authorize: onRepository("GetLifecyclePolicy"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      if (repository.lifecyclePolicy === undefined) throw lifecyclePolicyNotFound(repository.name, ctx.account);
      return { ...inRegistry(ctx, repository), lifecyclePolicyText: repository.lifecyclePolicy };
    },
  },

  DeleteLifecyclePolicy: {
    authorize: onRepository("DeleteLifecyclePolicy"),
    handle(ctx, input) {
      const { lifecyclePolicy, ...rest } = findRepository(ctx, input);
      if (lifecyclePolicy === undefined) throw lifecyclePolicyNotFound(rest.name, ctx.account);
      ctx.db(repositories).put(rest);
      return { ...inRegistry(ctx, rest), lifecyclePolicyText: lifecyclePolicy };
    },
  },

  StartLifecyclePolicyPreview: {
    authorize: onRepository("StartLifecyclePolicyPreview"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      const text = input.lifecyclePolicyText ?? repository.lifecyclePolicy;
      if (text === undefined) throw lifecyclePolicyNotFound(repository.name, ctx.account);
      checkLifecyclePolicy(text);
      ctx.db(repositories).put({ ...repository, previewed: text });
      return { ...inRegistry(ctx, repository), lifecyclePolicyText: text, status: "IN_PROGRESS" };
    },
  },

  GetLifecyclePolicyPreview: {
    authorize: onRepository("GetLifecyclePolicyPreview"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      if (repository.previewed === undefined) throw lifecyclePreviewNotFound(repository.name, ctx.account);
      // No image is there that a rule could expire.
      return { ...inRegistry(ctx, repository), lifecyclePolicyText: repository.previewed, status: "COMPLETE", previewResults: [], summary: { expiringImageTotalCount: 0 } };
    },
  },
});
