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

/** Part of every resource's name, of which a load balancer's allows least: 32 letters, digits and hyphens. */
export const namePart: Rule = (value) =>
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,11}[A-Za-z0-9])?$/.test(String(value)) ? undefined : "must be at most 13 letters, digits and hyphens, with no hyphen at an end";

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
