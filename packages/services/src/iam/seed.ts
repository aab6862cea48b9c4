/** Every account begins with the user `admin`, who has AdministratorAccess and the well-known key `test` / `test`. */
import type { Context } from "../define.js";
import { ADMINISTRATOR_ACCESS } from "./aws-managed.js";
import { accessKeys, users } from "./state.js";

export function seedAdministrator(ctx: Context): void {
  if (ctx.db(users).get("admin")) return;
  ctx.db(users).put({
    name: "admin",
    id: "AIDAHAKONIWAADMIN0000",
    path: "/",
    arn: `arn:aws:iam::${ctx.account}:user/admin`,
    created: ctx.now,
    policies: [ADMINISTRATOR_ACCESS],
    inline: {},
    tags: {},
  });
  ctx.db(accessKeys).put({ id: "test", secret: "test", userName: "admin", active: true, created: ctx.now });
}
