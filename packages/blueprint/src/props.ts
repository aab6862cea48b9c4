/** A stage's properties as they come from a command line: checked here, so that a slip is told and not deployed. */

/** What may stand in a property. Returns what must be, when the value is not that. */
type Rule = (value: unknown) => string | undefined;

export const flag: Rule = (value) => (typeof value === "boolean" ? undefined : "must be true or false");

export const oneOf =
  (...choices: readonly string[]): Rule =>
  (value) =>
    choices.includes(value as string) ? undefined : `must be ${choices.join(" or ")}`;

export const count =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most ? undefined : `must be a whole number from ${least} to ${most}`;

const matching =
  (pattern: RegExp, description: string): Rule =>
  (value) =>
    typeof value === "string" && pattern.test(value) ? undefined : `must be ${description}`;

/** Part of every resource's name, of which a load balancer's allows least: 32 letters, digits and hyphens. */
export const namePart: Rule = (value) =>
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,11}[A-Za-z0-9])?$/.test(String(value)) ? undefined : "must be at most 13 letters, digits and hyphens, with no hyphen at an end";

export const imageId = matching(/^ami-[0-9a-f]{8,17}$/, "an image's id, e.g. ami-0123456789abcdef0");
export const certificateArn = matching(/^arn:aws[\w-]*:(acm|iam):[\w-]*:\d{12}:(certificate|server-certificate)\/[\w+=,.@/-]+$/, "the ARN of a certificate in ACM or IAM");
export const domainName = matching(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i, "a domain name, e.g. www.example.com");
export const urlPath = matching(/^\/[!-~]{0,1023}$/, "a path that begins with /, e.g. /index.html");
export const subscriber = matching(/^(https?:\/\/\S+|[^@\s]+@[^@\s]+)$/, "an e-mail address or the URL of a webhook");

const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ADDRESSES = new RegExp(`^${OCTET}(\\.${OCTET}){3}/(3[0-2]|[12]?\\d)$`);

/** As AWS takes it: the bits beyond the prefix are zero. */
export const addressRange: Rule = (value) => {
  const [address = "", bits = ""] = String(value).split("/");
  const number = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return ADDRESSES.test(String(value)) && number % 2 ** (32 - Number(bits)) === 0 ? undefined : "must be a range of addresses, e.g. 198.51.100.7/32";
};

/** @throws Error that names the property and the value */
export function checkProps<Props>(stage: string, props: Record<string, unknown>, rules: Readonly<Record<keyof Props & string, Rule>>): Props {
  for (const [name, value] of Object.entries(props)) {
    if (!Object.hasOwn(rules, name)) {
      throw new Error(`the stage ${stage} has no property "${name}": it has ${Object.keys(rules).join(", ")}`);
    }
    const problem = rules[name as keyof Props & string](value);
    if (problem !== undefined) throw new Error(`${name} is "${String(value)}", but ${problem}`);
  }
  return props as Props;
}
