/** The wordings that more than one protocol uses for what the wire itself refuses. */

export const MESSAGES = {
  absent: "Request is missing Authentication Token",
  unknownKey: "The security token included in the request is invalid.",
  mismatch:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
} as const;

/** "1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null" */
export function missingMembers(paths: readonly (readonly string[])[]): string {
  const errors = paths.map((path) => `Value null at '${path.map(lowerFirst).join(".")}' failed to satisfy constraint: Member must not be null`);
  return `${errors.length} validation error${errors.length === 1 ? "" : "s"} detected: ${errors.join("; ")}`;
}

function lowerFirst(step: string): string {
  return step.charAt(0).toLowerCase() + step.slice(1);
}
