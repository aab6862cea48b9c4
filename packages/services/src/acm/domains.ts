/** Names that certificates are requested for, and how their owners are asked. Pure. */
import { createHash } from "node:crypto";
import type { AcmTypes } from "@hakoniwa/wire";
import { invalidDomainValidation, invalidParameter, tooManyNames } from "./errors.js";

/** https://docs.aws.amazon.com/acm/latest/userguide/acm-limits.html */
const MOST_NAMES = 10;
const LONGEST_FIRST = 64;

/**
 * The names of a request, each once, its domain name first.
 * @throws AwsError InvalidParameterException, LimitExceededException
 */
export function checkedNames(domainName: string, others: readonly string[]): readonly string[] {
  const names = [...new Set([domainName, ...others].map((name) => name.toLowerCase()))];
  if (domainName.length > LONGEST_FIRST) throw invalidParameter(`The first domain name can be no longer than ${LONGEST_FIRST} bytes, which '${domainName}' is.`);
  const odd = names.find((name) => name.split(".").some((label) => /^..--/.test(label) && !label.startsWith("xn--")));
  if (odd !== undefined) throw invalidParameter(`A label of '${odd}' has hyphens as its third and fourth characters but does not begin with 'xn--'.`);
  if (names.length > MOST_NAMES) throw tooManyNames();
  return names;
}

/**
 * Whose mailboxes are asked for each name: its own, or one above it.
 * @throws AwsError InvalidDomainValidationOptionsException
 */
export function validationDomains(names: readonly string[], options: readonly AcmTypes.DomainValidationOption[]): ReadonlyMap<string, string> {
  const given = new Map(options.map(({ DomainName, ValidationDomain }) => [DomainName.toLowerCase(), ValidationDomain.toLowerCase()]));
  if (given.size < options.length) throw invalidDomainValidation();
  for (const [name, domain] of given) if (!names.includes(name) || !isAtOrAbove(domain, name)) throw invalidDomainValidation();
  return new Map(names.map((name) => [name, given.get(name) ?? apexOf(name)]));
}

export function isAtOrAbove(domain: string, name: string): boolean {
  return apexOf(name) === domain || name.endsWith(`.${domain}`);
}

/** A wildcard is validated as the domain that it stands under. */
function apexOf(name: string): string {
  return name.replace(/^\*\./, "");
}

/** The record that shows who owns a name: the same for each request of an account. */
export function validationRecord(account: string, name: string): AcmTypes.ResourceRecord {
  const apex = apexOf(name);
  const digest = (text: string): string => createHash("md5").update(`${text} ${account} ${apex}`).digest("hex");
  const zone = digest("zone").replace(/\d/g, (digit) => "ghijklmnop"[Number(digit)]!).slice(0, 10);
  return { Name: `_${digest("name")}.${apex}.`, Type: "CNAME", Value: `_${digest("value")}.${zone}.acm-validations.aws.` };
}

/** https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html */
export function mailboxesOf(domain: string): readonly string[] {
  return ["administrator", "hostmaster", "postmaster", "webmaster", "admin"].map((box) => `${box}@${domain}`);
}

/** Top levels that no public authority vouches under. Those that stand for examples are welcome here: a rehearsal needs names that nobody owns. */
const NOT_PUBLIC = new Set(["alt", "arpa", "internal", "invalid", "local", "onion"]);
const AMAZONS = ["amazonaws.com", "amazonaws.com.cn", "cloudfront.net", "elasticbeanstalk.com", "awsapprunner.com"];

/**
 * Why nobody can have a certificate for such names; undefined when one may.
 * https://docs.aws.amazon.com/acm/latest/userguide/troubleshooting-failed.html
 */
export function refusalOf(names: readonly string[]): AcmTypes.FailureReason | undefined {
  if (names.some((name) => NOT_PUBLIC.has(name.slice(name.lastIndexOf(".") + 1)))) return "INVALID_PUBLIC_DOMAIN";
  return names.some((name) => AMAZONS.some((domain) => isAtOrAbove(domain, name))) ? "ADDITIONAL_VERIFICATION_REQUIRED" : undefined;
}
