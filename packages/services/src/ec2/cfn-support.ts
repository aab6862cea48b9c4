/** What EC2's CloudFormation resource types share. */
import { AwsError } from "@hakoniwa/kernel";

export type CfnTags = readonly { readonly Key: string; readonly Value: string }[] | undefined;

/** Runs a deletion that accepts that its resource is gone already. */
export function unlessGone(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AwsError) || !/NotFound$|^Gateway\.NotAttached$/.test(error.code)) throw error;
  }
}

/**
 * Refuses properties of AWS's that we don't carry out; `false` and empty lists ask for nothing.
 * @throws AwsError NotImplemented, naming the first
 */
export function refuseProperties(type: string, properties: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(properties)) {
    if (known.includes(name) || value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
    throw new AwsError("NotImplemented", `Hakoniwa does not implement the property ${name} of ${type} yet. docs/coverage.md lists what it does.`, { status: 501 });
  }
}
