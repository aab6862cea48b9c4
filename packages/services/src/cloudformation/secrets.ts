/** Secrets that templates name: read as the stack's caller right before they are used, and kept nowhere. */
import { secretsIn, withSecrets, type ValueMap } from "@hakoniwa/cloudformation";
import type { Run } from "./run.js";

/**
 * The properties as a resource of that type is made from them.
 * @throws AwsError of Systems Manager, such as that there is no such parameter; ValidationError for a secret where CloudFormation takes none
 */
export async function revealed(run: Run, type: string, properties: ValueMap): Promise<ValueMap> {
  const names = [...new Set(secretsIn(properties, `${type}/Properties`))];
  if (names.length === 0) return properties;
  const found = await Promise.all(names.map(async (Name) => [Name, (await run.jobs.aws.ssm.GetParameter({ Name, WithDecryption: true })).Parameter?.Value ?? ""] as const));
  return withSecrets(properties, new Map(found));
}
