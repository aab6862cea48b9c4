/** Letters to domains' owners: https://docs.aws.amazon.com/acm/latest/userguide/email-validation.html */
import type { Database, Ids } from "@hakoniwa/kernel";
import { mailboxesOf } from "./domains.js";
import { mails, type Certificate, type Domain } from "./state.js";

/** So many of the latest are kept. */
const MOST = 500;

interface Making {
  readonly db: Database;
  readonly ids: Ids;
  readonly now: number;
}

/** Asks the owners of the domains that nobody has approved. */
export function askOwners(making: Making, certificate: Certificate, domains: readonly Domain[]): void {
  for (const domain of domains) if (!domain.approved && domain.code !== undefined) send(making, certificate, domain, domain.code);
}

function send({ db, ids, now }: Making, { arn }: Certificate, { name, validationDomain }: Domain, code: string): void {
  const [, , , region = "", account = ""] = arn.split(":");
  const body = [
    `Amazon Web Services has received a request to issue an SSL/TLS certificate for ${name}.`,
    "",
    `Domain: ${name}`,
    `AWS account ID: ${account}`,
    `AWS Region name: ${region}`,
    `Certificate Identifier: ${arn.slice(arn.lastIndexOf("/") + 1)}`,
    "",
    "To approve this request, visit:",
    `https://acm.${region}.amazonaws.com/approvals?code=${code}`,
    "",
  ];
  const all = db(mails).list();
  for (const old of all.slice(0, Math.max(0, all.length + 1 - MOST))) db(mails).delete(old.id);
  db(mails).put({ id: ids.uuid(), at: now, to: mailboxesOf(validationDomain).join(", "), subject: `Certificate request for ${name}`, body: body.join("\n") });
}
