/** https://docs.aws.amazon.com/acm/latest/APIReference/API_PutAccountConfiguration.html */
import { Acm } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { validation } from "./errors.js";
import { accounts } from "./state.js";

const USUAL = 45;
const MOST = 90;

export const accountOperations = operations(Acm, {
  GetAccountConfiguration: {
    authorize: onEverything("acm:GetAccountConfiguration"),
    handle: (ctx) => ({ ExpiryEvents: { DaysBeforeExpiry: ctx.db(accounts).get("account")?.daysBeforeExpiry ?? USUAL } }),
  },

  PutAccountConfiguration: {
    authorize: onEverything("acm:PutAccountConfiguration"),
    handle(ctx, input) {
      const days = input.ExpiryEvents?.DaysBeforeExpiry;
      if (days === undefined) return {};
      if (!Number.isInteger(days) || days < 1 || days > MOST) throw validation(`DaysBeforeExpiry must be between 1 and ${MOST}, which ${days} is not.`);
      ctx.db(accounts).put({ id: "account", daysBeforeExpiry: days });
      return {};
    },
  },
});
