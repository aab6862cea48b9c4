/** Looks repositories up, or answers as AWS does. */
import type { Context } from "../define.js";
import { invalidParameter, repositoryNotFound } from "./errors.js";
import { nameIn, repositoryArn } from "./names.js";
import { repositories, type Repository } from "./state.js";

/** @throws AwsError RepositoryNotFoundException, also for another account's registry */
export function findRepository(ctx: Context, input: { readonly repositoryName: string; readonly registryId?: string | undefined }): Repository {
  const account = registryOf(ctx, input.registryId);
  const found = account === ctx.account ? ctx.db(repositories).get(input.repositoryName) : undefined;
  if (!found) throw repositoryNotFound(input.repositoryName, account);
  return found;
}

/** The account whose registry is meant: one's own unless another is named. */
export function registryOf(ctx: Context, registryId: string | undefined): string {
  if (registryId === undefined) return ctx.account;
  if (!/^\d{12}$/.test(registryId)) throw invalidParameter("registryId", "must satisfy regular expression '[0-9]{12}'");
  return registryId;
}

export function findByArn(ctx: Context, arn: string): Repository {
  const name = nameIn(arn);
  if (name === undefined) throw invalidParameter("resourceArn", "Invalid ARN");
  const found = ctx.db(repositories).get(name);
  if (!found || repositoryArn(ctx, name) !== arn) throw repositoryNotFound(name, arn.split(":")[4]!);
  return found;
}
