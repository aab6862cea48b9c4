/** What the owner of a domain says by visiting the link of a letter. */
import type { Store } from "@hakoniwa/kernel";
import { certificates, type Certificate } from "./state.js";

/**
 * Approves the name that a letter's code is for.
 * @returns the name; undefined when nobody was asked with this code, or no longer
 */
export function approveCertificate(store: Store, code: string): string | undefined {
  for (const scope of store.scopes()) {
    const [found] = store.reader(scope)(certificates).where("code", code);
    const domain = found && isAsked(found) ? found.request?.domains.find((each) => each.code === code) : undefined;
    if (!found?.request || !domain) continue;
    const domains = found.request.domains.map((each) => (each.code === code ? { ...each, approved: true } : each));
    const request = { ...found.request, domains };
    store.transaction((tx) => tx.db(scope)(certificates).put({ ...found, request }));
    return domain.name;
  }
  return undefined;
}

function isAsked({ status, renewal }: Certificate): boolean {
  return status === "PENDING_VALIDATION" || (status === "ISSUED" && renewal?.status === "PENDING_VALIDATION");
}
