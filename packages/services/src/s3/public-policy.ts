/** The meaning of "public": https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status */

interface Statement {
  readonly Effect?: unknown;
  readonly Principal?: unknown;
  readonly NotPrincipal?: unknown;
  readonly Condition?: unknown;
}

/** Keys that, with a fixed value, keep a statement for everybody from being public. */
const NARROWING = new Set([
  "aws:sourceip", "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid", "aws:principalorgid",
  "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:calledvia", "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "s3:x-amz-server-side-encryption-aws-kms-key-id",
]);

/** Whether a bucket's policy lets in others than fixed principals. @param policy JSON that was validated when it came */
export function isPublic(policy: string): boolean {
  const { Statement: given } = JSON.parse(policy) as { Statement?: Statement | readonly Statement[] };
  return [given ?? []].flat().some((statement) => isPublicStatement(statement as Statement));
}

function isPublicStatement(statement: Statement): boolean {
  if (statement.Effect !== "Allow") return false;
  const forAll = statement.NotPrincipal !== undefined || isForAll(statement.Principal);
  return forAll && !isNarrowed(statement.Condition);
}

function isForAll(principal: unknown): boolean {
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null) return false;
  return Object.entries(principal).some(([kind, values]) => kind !== "Service" && [values].flat().some((value) => value === "*"));
}

function isNarrowed(condition: unknown): boolean {
  if (typeof condition !== "object" || condition === null) return false;
  return Object.entries(condition).some(([operator, keys]) => isPositive(operator) && Object.entries(keys as object).some(([key, values]) => NARROWING.has(key.toLowerCase()) && isFixed(key, values)));
}

/** What may also hold without the key narrows nothing. */
function isPositive(operator: string): boolean {
  return !/Not|IfExists$|^Null$/i.test(operator);
}

/** Without wildcards or policy variables; of addresses, a range of some size. */
function isFixed(key: string, values: unknown): boolean {
  const texts = [values].flat().map(String);
  if (key.toLowerCase() === "aws:sourceip") return texts.every(isNarrowRange);
  return texts.every((text) => !/[*?]|\$\{/.test(text));
}

/** AWS counts ranges of a /8 or narrower (IPv6: /32) as fixed. */
function isNarrowRange(range: string): boolean {
  const [address = "", length] = range.split("/");
  const least = address.includes(":") ? 32 : 8;
  return length === undefined || Number(length) >= least;
}
