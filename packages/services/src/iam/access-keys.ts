/** Long-term credentials of users, two a user at most (S3-12). */
import { Iam } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onUser } from "./access.js";
import { accessKeyNotFound, quotaExceeded } from "./errors.js";
import { userOf } from "./find.js";
import { showAccessKey } from "./show.js";
import { accessKeys, type AccessKey } from "./state.js";
import { uses } from "./state-credentials.js";
import { accessKeyId, checkOneOf, idOf, page, secretKey } from "./values.js";

const KEYS_PER_USER = 2;

export const accessKeyOperations = operations(Iam, {
  CreateAccessKey: {
    authorize: onUser("CreateAccessKey"),
    handle(ctx, input) {
      const user = userOf(ctx, input);
      if (ctx.db(accessKeys).where("user", user.name).length >= KEYS_PER_USER) throw quotaExceeded("AccessKeysPerUser", KEYS_PER_USER);
      const key = ctx.db(accessKeys).put({ id: accessKeyId(ctx.ids), secret: secretKey(ctx.ids), userName: user.name, active: true, created: ctx.now });
      return {
        AccessKey: { UserName: user.name, AccessKeyId: key.id, Status: "Active", SecretAccessKey: key.secret, CreateDate: new Date(key.created) },
      };
    },
  },

  ListAccessKeys: {
    authorize: onUser("ListAccessKeys"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(accessKeys).where("user", userOf(ctx, input).name), input, idOf);
      return { AccessKeyMetadata: records.map(showAccessKey), ...rest };
    },
  },

  UpdateAccessKey: {
    authorize: onUser("UpdateAccessKey"),
    handle(ctx, input) {
      const key = findKey(ctx, input);
      checkOneOf("status", input.Status, ["Active", "Inactive"]);
      ctx.db(accessKeys).put({ ...key, active: input.Status === "Active" });
      return {};
    },
  },

  GetAccessKeyLastUsed: {
    authorize: (input, asked) => ({ action: "iam:GetAccessKeyLastUsed", resources: [asked.facts.iam.accessKey(input.AccessKeyId)?.principal.arn ?? "*"] }),
    handle(ctx, input) {
      const key = ctx.db(accessKeys).get(input.AccessKeyId);
      if (!key) throw accessKeyNotFound(input.AccessKeyId);
      const use = ctx.db(uses).get(key.id);
      return {
        UserName: key.userName,
        AccessKeyLastUsed: use ? { LastUsedDate: new Date(use.used), ServiceName: use.service, Region: use.region } : { ServiceName: "N/A", Region: "N/A" },
      };
    },
  },

  DeleteAccessKey: {
    authorize: onUser("DeleteAccessKey"),
    handle(ctx, input) {
      const { id } = findKey(ctx, input);
      ctx.db(accessKeys).delete(id);
      ctx.db(uses).delete(id);
      return {};
    },
  },
});

function findKey(ctx: Context, input: { readonly UserName?: string | undefined; readonly AccessKeyId: string }): AccessKey {
  const user = userOf(ctx, input);
  const key = ctx.db(accessKeys).get(input.AccessKeyId);
  if (!key || key.userName !== user.name) throw accessKeyNotFound(input.AccessKeyId);
  return key;
}
