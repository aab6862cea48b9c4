import { Sts } from "@hakoniwa/wire";
import { operations } from "../define.js";

export const identity = operations(Sts, {
  GetCallerIdentity: {
    // Needs no permission, by AWS's word: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    authorize: () => [],
    handle(ctx) {
      const { principal } = ctx.caller;
      return { Account: principal.account, Arn: principal.arn, UserId: principal.id };
    },
  },
});
