/** The resource types that a template names: those that AWS does not have, and those that we lack. */
import { formatError, place, validationError } from "./errors.js";
import { registryTypes, type Schemas } from "./schema.js";
import type { ResourceDefinition, Template } from "./template.js";
import type { Path } from "./value.js";

/** How many places one error tells of. */
const TOLD = 20;

/**
 * Refuses types that AWS does not know, in its words, and says where they stand.
 * @throws AwsError ValidationError
 */
export function refuseUnknownTypes(template: Template, schemas: Schemas): void {
  const unknown = [...template.resources].filter(([, { type }]) => !schemas.has(type) && !isCustom(type) && !registryTypes().has(type));
  if (unknown.length === 0) return;
  const types = [...new Set(unknown.map(([, { type }]) => type))];
  const places = unknown.slice(0, TOLD).map(([logicalId]) => placeOfType(template, logicalId));
  throw formatError(`Unrecognized resource types: [${types.join(", ")}] ${places.join(" ")}`);
}

/**
 * Refuses AWS's types that have no behaviour here. Those whose conditions don't hold are never created, and do no harm: CDK's bootstrap
 * template has a key that it makes on demand.
 * @throws AwsError ValidationError with every place
 */
export function refuseMissingTypes(template: Template, definitions: readonly ResourceDefinition[], schemas: Schemas): void {
  const missing = definitions.filter(({ type }) => !schemas.has(type));
  if (missing.length === 0) return;
  const places = missing
    .slice(0, TOLD)
    .map(
      ({ logicalId, type }) =>
        `Resource ${logicalId} is of type ${type}, which Hakoniwa does not implement yet${isCustom(type) ? ": custom resources need Lambda" : ""} ${placeOfType(template, logicalId)}`,
    );
  throw validationError([...places, ...(missing.length > TOLD ? [`and ${missing.length - TOLD} more`] : [])].join("\n"));
}

function placeOfType(template: Template, logicalId: string): string {
  const path: Path = ["Resources", logicalId, "Type"];
  return place(path, template.parsed.position(path));
}

function isCustom(type: string): boolean {
  return type.startsWith("Custom::") || type === "AWS::CloudFormation::CustomResource";
}
