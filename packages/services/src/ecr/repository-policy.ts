/** What a repository's policy may say: https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html Pure. */
import { isObject, parseJson } from "../json.js";
import { invalidParameter } from "./errors.js";

const LONGEST = 10_240;
const POLICY = new Set(["Version", "Id", "Statement"]);
/** It has no Resource: the policy is about its repository. */
const STATEMENT = new Set(["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"]);

/** @throws AwsError InvalidParameterException: AWS does not tell what is wrong with one */
export function checkRepositoryPolicy(text: string): void {
  if (text.length > LONGEST) throw invalidParameter("PolicyText", `must have length less than or equal to ${LONGEST}`);
  if (!isPolicy(parseJson(text))) throw invalidParameter("PolicyText", "Invalid repository policy provided");
}

function isPolicy(policy: unknown): boolean {
  if (!isObject(policy) || Object.keys(policy).some((name) => !POLICY.has(name))) return false;
  if (policy["Version"] !== undefined && policy["Version"] !== "2012-10-17" && policy["Version"] !== "2008-10-17") return false;
  const statements = [policy["Statement"] ?? []].flat();
  return statements.length > 0 && statements.every(isStatement);
}

function isStatement(statement: unknown): boolean {
  if (!isObject(statement) || Object.keys(statement).some((name) => !STATEMENT.has(name))) return false;
  if (statement["Effect"] !== "Allow" && statement["Effect"] !== "Deny") return false;
  const { Principal: principal, NotPrincipal: others, Action: actions, NotAction: except, Condition: condition } = statement;
  if ((principal === undefined) === (others === undefined) || !isPrincipal(principal ?? others)) return false;
  if ((actions === undefined) === (except === undefined) || !areActions(actions ?? except)) return false;
  return condition === undefined || (isObject(condition) && Object.values(condition).every(isObject));
}

function isPrincipal(principal: unknown): boolean {
  return principal === "*" || (isObject(principal) && Object.keys(principal).length > 0 && Object.values(principal).every(areTexts));
}

function areActions(actions: unknown): boolean {
  return areTexts(actions) && [actions].flat().every((action) => /^(\*|ecr:[A-Za-z*?]+)$/i.test(action as string));
}

function areTexts(value: unknown): boolean {
  const all = [value].flat();
  return all.length > 0 && all.every((text) => typeof text === "string" && text !== "");
}
