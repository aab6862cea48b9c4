import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import { operations, prepared } from "../define.js";
import { access } from "./access.js";
import { validationError } from "./errors.js";
import { stackNamed } from "./find.js";
import { checkPolicy } from "./stack-policy.js";
import { stacks } from "./state.js";
import { fetchAll, type Fetched } from "./template-source.js";

export const stackPolicyOperations = operations(Cloudformation, {
  SetStackPolicy: prepared({
    authorize: access("SetStackPolicy"),
    prepare: fetchAll,
    handle(ctx, input: CloudformationTypes.SetStackPolicyInput, fetched: Fetched) {
      const stack = stackNamed(ctx.db, input.StackName);
      const policy = policyIn(input.StackPolicyBody, fetched.policy);
      if (policy === undefined) throw validationError("You must specify either StackPolicyBody or StackPolicyURL");
      ctx.db(stacks).put({ ...stack, policy });
      return {};
    },
  }),

  GetStackPolicy: {
    authorize: access("GetStackPolicy"),
    handle: (ctx, input) => ({ StackPolicyBody: stackNamed(ctx.db, input.StackName).policy }),
  },
});

/** The stack policy that a request says, or names by a URL. */
export function policyIn(body: string | undefined, fetched: string | undefined): string | undefined {
  if (body !== undefined && fetched !== undefined) throw validationError("You cannot specify both StackPolicyURL and StackPolicyBody");
  const policy = body ?? fetched;
  return policy === undefined ? undefined : checkPolicy(policy);
}
