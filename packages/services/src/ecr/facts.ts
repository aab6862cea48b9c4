/** What other services may know of ECR. */
import type { Reader } from "@hakoniwa/kernel";
import { repositories, type Repository } from "./state.js";

export interface EcrFacts {
  repository(name: string): Repository | undefined;
}

export function ecrFacts(db: Reader): EcrFacts {
  return { repository: (name) => db(repositories).get(name) };
}
