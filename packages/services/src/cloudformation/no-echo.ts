/** Values of NoEcho parameters, which nothing shows: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html */
import type { ResolvedParameter } from "@hakoniwa/cloudformation";
import type { Reader } from "@hakoniwa/kernel";
import type { Mask } from "./records.js";
import { templateOf } from "./requests.js";
import { noEchoOf } from "./show.js";
import type { Configuration, Stack } from "./state.js";

const HIDDEN = "****";

/** @param noEcho the names of those that are not shown */
export function secretsAmong(parameters: readonly ResolvedParameter[], noEcho: ReadonlySet<string>): readonly string[] {
  return parameters.filter(({ name }) => noEcho.has(name)).flatMap(({ value }) => value);
}

/** What a configuration hides. A stack that was never more than a change set has no template. */
export function secretsOf(db: Reader, { templateId, parameters }: Configuration): readonly string[] {
  return templateId === "" ? [] : secretsAmong(parameters, noEchoOf(templateOf(db, templateId)));
}

/** All that a stack hides: of what it is, of what it was, and of what it tried to be. */
export function hiddenBy(db: Reader, { configuration, rollbackTo, hidden = [] }: Stack): readonly string[] {
  return [...secretsOf(db, configuration), ...(rollbackTo ? secretsOf(db, rollbackTo) : []), ...hidden];
}

/** Hides them in texts. The longest first, as one may hold another. */
export function hideIn(secrets: readonly string[]): (text: string) => string {
  const found = [...new Set(secrets)].filter((secret) => secret !== "").toSorted((a, b) => b.length - a.length);
  // In a text that is JSON itself they are written otherwise.
  const written = [...new Set(found.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  return (text) => written.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
}

/** Hides them in JSON, which stays JSON: in its values, numbers included. */
export function maskOf(secrets: readonly string[]): Mask {
  const hide = hideIn(secrets);
  const isHidden = new Set(secrets);
  if (isHidden.size === 0) return (text) => text;
  return (text) =>
    JSON.stringify(JSON.parse(text), (_key, value: unknown) => {
      if (typeof value === "string") return hide(value);
      return (typeof value === "number" || typeof value === "boolean") && isHidden.has(String(value)) ? HIDDEN : value;
    });
}
