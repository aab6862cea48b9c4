/** Services tell more of a resource than a template asks for, with other defaults and in another order: drift is only what contradicts the template. */

/**
 * What there is, in the template's words: where it is all that the template asks for, the template's own value; where it is not, the part of it that
 * the template speaks of.
 */
export function inWordsOf(given: unknown, live: unknown): unknown {
  if (given === undefined) return live;
  if (includes(live, given)) return given;
  if (Array.isArray(given) && Array.isArray(live)) {
    const left = [...(given as readonly unknown[])];
    return live.map((item: unknown) => {
      const at = left.findIndex((wanted) => includes(item, wanted));
      return at < 0 ? item : left.splice(at, 1)[0];
    });
  }
  if (!isMap(given) || !isMap(live)) return live;
  return Object.fromEntries(Object.keys(given).filter((name) => live[name] !== undefined).map((name) => [name, inWordsOf(given[name], live[name])]));
}

/** Whether `live` is what `given` asks for: lists have no order, and numbers may be text. */
function includes(live: unknown, given: unknown): boolean {
  if (Array.isArray(given)) {
    if (!Array.isArray(live) || live.length !== given.length) return false;
    const left = [...(live as readonly unknown[])];
    return given.every((wanted) => {
      const at = left.findIndex((item) => includes(item, wanted));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
  }
  if (isMap(given)) return isMap(live) && Object.entries(given).every(([name, wanted]) => wanted === undefined || includes(live[name], wanted));
  return isScalar(live) && isScalar(given) && String(live) === String(given);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
