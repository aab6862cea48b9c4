/** Notes when access keys and roles are used, from the calls that are made with them. */
import type { Call, Store } from "@hakoniwa/kernel";
import { accessKeys, roles } from "./state.js";
import { uses } from "./state-credentials.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html: of the uses in such a span only the first is recorded. */
const SPAN = 15 * 60_000;

/** Services whose name in IAM is not ours. */
const NAMESPACES: Readonly<Record<string, string>> = { elb: "elasticloadbalancing", elbv2: "elasticloadbalancing", cloudwatch: "monitoring", "cloudwatch-logs": "logs" };

/** Writes at most four times an hour for each key and role. @param now cloud time */
export function noteKeyUse(store: Store, call: Call, now: number): void {
  const { accessKeyId, via, principal } = call.caller;
  if (accessKeyId === undefined || via.kind !== "user") return;
  const scope = { account: principal.account, region: "global" };
  const db = store.reader(scope);
  const isRole = principal.type === "assumed-role";
  const id = isRole ? principal.id.split(":")[0]! : accessKeyId;
  const before = db(uses).get(id);
  if (before && now - before.used < SPAN) return;
  const isThere = isRole ? db(roles).get(principal.name)?.id === id : db(accessKeys).get(id) !== undefined;
  if (!isThere) return;
  const service = NAMESPACES[call.service] ?? call.service;
  store.transaction((tx) => tx.db(scope)(uses).put({ id, used: now, region: call.region, service }));
}
