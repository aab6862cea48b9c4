/** Who one is, whose a key is, and why something was denied. */
import { Sts } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { decodeMessage } from "../authorization-message.js";
import { operations } from "../define.js";
import { invalidMessage, validation } from "./errors.js";

export const identity = operations(Sts, {
  GetCallerIdentity: {
    // Needs no permission, and a Deny does not reach it: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    authorize: () => [],
    handle(ctx) {
      const { principal } = ctx.caller;
      return { Account: principal.account, Arn: principal.arn, UserId: principal.id };
    },
  },

  GetAccessKeyInfo: {
    authorize: onEverything("sts:GetAccessKeyInfo"),
    handle(ctx, input) {
      const principal = (ctx.facts.iam.accessKey(input.AccessKeyId) ?? ctx.facts.sts.credentials(input.AccessKeyId))?.principal;
      if (!principal) throw validation(`Access Key ID ${input.AccessKeyId.slice(0, 128)} is not valid`);
      return { Account: principal.account };
    },
  },

  DecodeAuthorizationMessage: {
    authorize: onEverything("sts:DecodeAuthorizationMessage"),
    handle(_ctx, input) {
      const DecodedMessage = decodeMessage(input.EncodedMessage);
      if (DecodedMessage === undefined) throw invalidMessage();
      return { DecodedMessage };
    },
  },
});
