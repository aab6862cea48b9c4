/** Whether a trust policy lets a principal assume its role. Conditions wait for the policy evaluator: a statement that has some is not met. */
import type { Principal } from "@hakoniwa/kernel";
import { parsePolicy, textList, type Statement } from "./documents.js";

/** `direct` names the principal itself, so that it needs no policy of its own; `account` leaves it to the account's policies. */
export type Trust = "direct" | "account" | "denied";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */
export function trust(document: string, principal: Principal): Trust {
  const { statements } = parsePolicy(document, "trust");
  const assuming = statements.filter(isAboutAssuming).map((statement) => ({ effect: statement.Effect, condition: statement.Condition, how: reach(statement, principal) }));
  // A condition that isn't understood must not weaken a Deny.
  if (assuming.some(({ effect, how }) => effect === "Deny" && how !== "denied")) return "denied";
  const allowing = assuming.filter(({ effect, condition }) => effect === "Allow" && condition === undefined).map(({ how }) => how);
  return allowing.find((how) => how === "direct") ?? allowing.find((how) => how === "account") ?? "denied";
}

function isAboutAssuming(statement: Statement): boolean {
  const named = (value: unknown): boolean => (textList(value) ?? []).some((action) => /^(\*|sts:(\*|assume\*|assumerole))$/i.test(action));
  return statement.Action !== undefined ? named(statement.Action) : !named(statement.NotAction);
}

function reach(statement: Statement, principal: Principal): Trust {
  const { Principal: named } = statement;
  // NotPrincipal with Deny reaches nearly all; with Allow it is what AWS advises against, and we never grant by it.
  if (named === undefined) return statement.Effect === "Deny" ? "direct" : "denied";
  if (named === "*") return "direct";
  const of = (type: string): readonly string[] => textList((named as Readonly<Record<string, unknown>>)[type]) ?? [];
  if (principal.type === "service") return of("Service").includes(principal.id) ? "direct" : "denied";
  const names = of("AWS");
  if (names.includes("*") || names.includes(principal.arn) || names.includes(roleArn(principal))) return "direct";
  return names.includes(principal.account) || names.includes(`arn:aws:iam::${principal.account}:root`) ? "account" : "denied";
}

/** A session stands for its role too. Roles with paths are named by them, which the session's ARN leaves out. */
function roleArn(principal: Principal): string {
  return principal.type === "assumed-role" ? `arn:aws:iam::${principal.account}:role/${principal.name}` : principal.arn;
}
