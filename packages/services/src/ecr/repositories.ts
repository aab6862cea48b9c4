/** Repositories: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
import { Ecr } from "@hakoniwa/wire";
import { requestTags } from "../access.js";
import { operations } from "../define.js";
import { pageOf } from "../paging.js";
import { accessTo, onRepository } from "./access.js";
import { invalidParameter, notYet, repositoryAlreadyExists, repositoryNotFound } from "./errors.js";
import { findRepository, registryOf } from "./find.js";
import { repositoryArn } from "./names.js";
import { checkMutability } from "./settings.js";
import { showRepository } from "./show.js";
import { repositories } from "./state.js";
import { checkTags, tagsOf } from "./tags.js";

const NAME = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
const PAGE = 100;
const LARGEST_PAGE = 1000;

export const repositoryOperations = operations(Ecr, {
  CreateRepository: {
    authorize: (input, asked) => {
      const access = accessTo("CreateRepository", input.repositoryName, asked);
      return { ...access, conditions: requestTags(input.tags) };
    },
    handle(ctx, input) {
      const { repositoryName: name, tags, encryptionConfiguration: encryption } = input;
      checkName(name);
      if (registryOf(ctx, input.registryId) !== ctx.account) throw invalidParameter("registryId", "must be the registry of the caller");
      checkEncryption(encryption?.encryptionType ?? "AES256", encryption?.kmsKey);
      checkTags(tags);
      const mutability = checkMutability(input.imageTagMutability ?? "MUTABLE", input.imageTagMutabilityExclusionFilters);
      if (ctx.db(repositories).get(name)) throw repositoryAlreadyExists(name, ctx.account);
      const made = ctx.db(repositories).put({
        name,
        arn: repositoryArn(ctx, name),
        created: ctx.now,
        ...mutability,
        scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
        tags: tagsOf(tags),
      });
      return { repository: showRepository(ctx, made) };
    },
  },

  DescribeRepositories: {
    authorize(input, asked) {
      const names = [...(input.repositoryNames ?? [])];
      return (names.length > 0 ? names : ["*"]).map((name) => accessTo("DescribeRepositories", name, asked));
    },
    handle(ctx, input) {
      const { repositoryNames: names, maxResults } = input;
      const account = registryOf(ctx, input.registryId);
      if (names && (names.length === 0 || names.length > 100)) throw invalidParameter("repositoryNames", "must have 1 to 100 members");
      if (names && (maxResults !== undefined || input.nextToken !== undefined)) throw invalidParameter("repositoryNames", "maxResults and nextToken can't be given with repositoryNames");
      if (maxResults !== undefined && (maxResults < 1 || maxResults > LARGEST_PAGE)) throw invalidParameter("maxResults", `must be 1 to ${LARGEST_PAGE}`);
      const own = account === ctx.account ? ctx.db(repositories).list() : [];
      const wanted = names ? names.map((name) => own.find((repository) => repository.name === name) ?? missing(name, account)) : own;
      const { records, next } = pageOf(wanted, {
        input,
        size: names ? undefined : (maxResults ?? PAGE),
        token: input.nextToken,
        key: ({ name }) => name,
        invalid: () => invalidParameter("nextToken", "Invalid token"),
      });
      return { repositories: records.map((repository) => showRepository(ctx, repository)), nextToken: next };
    },
  },

  DeleteRepository: {
    authorize: onRepository("DeleteRepository"),
    // Without `force` one with images stays; none has any.
    handle(ctx, input) {
      const repository = findRepository(ctx, input);
      ctx.db(repositories).delete(repository.name);
      return { repository: showRepository(ctx, repository) };
    },
  },
});

function missing(name: string, account: string): never {
  throw repositoryNotFound(name, account);
}

const WHOLE_NAME = new RegExp(`^${NAME}$`);

function checkName(name: string): void {
  if (name.length < 2 || name.length > 256) throw invalidParameter("repositoryName", "must have length between 2 and 256");
  if (!WHOLE_NAME.test(name)) throw invalidParameter("repositoryName", `must satisfy regular expression '${NAME}'`);
}

function checkEncryption(type: string, key: string | undefined): void {
  if (type === "KMS" || type === "KMS_DSSE") throw notYet(`encryptionType ${type}`);
  if (type !== "AES256") throw invalidParameter("encryptionConfiguration.encryptionType", "Member must satisfy enum value set: [AES256, KMS, KMS_DSSE]");
  if (key !== undefined) throw invalidParameter("encryptionConfiguration.kmsKey", "kmsKey can only be given with the encryptionType KMS");
}
