/** What mailboxes and telephones received: no letter leaves this machine, so they are kept to be read. */
import type { Database } from "@hakoniwa/kernel";
import { mails, type Mail } from "./state.js";

/** So many of the latest are kept. */
const MOST = 500;

export function keepMail(db: Database, mail: Mail): void {
  const all = db(mails).list();
  for (const old of all.slice(0, Math.max(0, all.length + 1 - MOST))) db(mails).delete(old.id);
  db(mails).put(mail);
}
