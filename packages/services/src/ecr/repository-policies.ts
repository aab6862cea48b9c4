/** Policies on repositories: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html */
import { Ecr } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { accessTo, onRepository } from "./access.js";
import { invalidParameter, repositoryPolicyNotFound } from "./errors.js";
import { findRepository } from "./find.js";
import { checkRepositoryPolicy } from "./repository-policy.js";
import { inRegistry } from "./show.js";
import { repositories } from "./state.js";

export const repositoryPolicyOperations = operations(Ecr, {
  SetRepositoryPolicy: {
    authorize: onRepository("SetRepositoryPolicy"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      checkRepositoryPolicy(input.policyText);
      const afterwards = { ...accessTo("SetRepositoryPolicy", repository.name, ctx), resourcePolicy: input.policyText };
      if (!input.force && !ctx.judge(afterwards).allowed) {
        throw invalidParameter("PolicyText", "The policy would keep the caller from setting another policy in the future; force it if that is meant");
      }
      ctx.db(repositories).put({ ...repository, policy: input.policyText });
      return { ...inRegistry(ctx, repository), policyText: input.policyText };
    },
  },

  GetRepositoryPolicy: {
    authorize: onRepository("GetRepositoryPolicy"),
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      if (repository.policy === undefined) throw repositoryPolicyNotFound(repository.name, ctx.account);
      return { ...inRegistry(ctx, repository), policyText: repository.policy };
    },
  },

  DeleteRepositoryPolicy: {
    authorize: onRepository("DeleteRepositoryPolicy"),
    handle(ctx, input) {
      const { policy, ...rest } = findRepository(ctx, input);
      if (policy === undefined) throw repositoryPolicyNotFound(rest.name, ctx.account);
      ctx.db(repositories).put(rest);
      return { ...inRegistry(ctx, rest), policyText: policy };
    },
  },
});
