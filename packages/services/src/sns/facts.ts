/** What other services may know of SNS, and what people may read of it. */
import type { Reader } from "@hakoniwa/kernel";
import { certificateName } from "./deliver.js";
import { mails, signingKeys, topics, type Mail } from "./state.js";

export interface SnsFacts {
  topic(arn: string): { readonly arn: string; readonly policy: string; readonly tags: Readonly<Record<string, string>> } | undefined;
  /** What mailboxes and telephones received, the latest last. */
  mails(): readonly Mail[];
  /** The certificate (PEM) of what is signed here, by its name in messages; undefined for any other name. */
  certificate(name: string): string | undefined;
}

export function snsFacts(db: Reader): SnsFacts {
  return {
    topic: (arn) => db(topics).get(arn),
    mails: () => db(mails).list(),
    certificate(name) {
      const certificate = db(signingKeys).get("signing-key")?.certificate;
      return certificate !== undefined && certificateName(certificate) === name ? certificate : undefined;
    },
  };
}
