/** Makes a network smaller, as long as something about it stays so. */
import type { Vpc } from "@hakoniwa/network";

/**
 * A network with as few routes, rules and entries as `isStillSo` allows.
 * @param patience milliseconds after which what was found so far must do
 */
export async function minimal(models: readonly Vpc[], isStillSo: (models: readonly Vpc[]) => Promise<boolean>, patience: number): Promise<readonly Vpc[]> {
  let current = models;
  const deadline = performance.now() + patience;
  for (let again = true; again && performance.now() < deadline; ) {
    again = false;
    for (const candidate of smaller(current)) {
      if (performance.now() > deadline) break;
      if (!(await isStillSo(candidate))) continue;
      current = candidate;
      again = true;
      break;
    }
  }
  return current;
}

/** Every network that is less by one thing. */
function* smaller(models: readonly Vpc[]): Generator<readonly Vpc[]> {
  for (const vpc of models) for (const less of smallerVpcs(vpc)) yield models.map((one) => (one === vpc ? less : one));
}

function* smallerVpcs(vpc: Vpc): Generator<Vpc> {
  for (const [id, table] of vpc.routeTables) {
    // With an endpoint's last route its namespace goes, and who listens there.
    for (const route of table.routes.filter(({ target }) => id !== "rtb-public" || target.kind !== "gateway-endpoint")) {
      const routes = table.routes.filter((one) => one !== route);
      yield { ...vpc, routeTables: new Map(vpc.routeTables).set(id, { ...table, routes }) };
    }
  }
  for (const direction of ["ingress", "egress"] as const) {
    for (const [id, group] of vpc.securityGroups) {
      for (const rule of group[direction]) {
        yield { ...vpc, securityGroups: new Map(vpc.securityGroups).set(id, { ...group, [direction]: group[direction].filter((one) => one !== rule) }) };
      }
    }
    for (const [id, acl] of vpc.networkAcls) {
      for (const entry of acl[direction].filter((one) => one.number !== 100)) {
        yield { ...vpc, networkAcls: new Map(vpc.networkAcls).set(id, { ...acl, [direction]: acl[direction].filter((one) => one !== entry) }) };
      }
    }
  }
  for (const [id, one] of vpc.interfaces) {
    for (const group of one.securityGroups) {
      yield { ...vpc, interfaces: new Map(vpc.interfaces).set(id, { ...one, securityGroups: one.securityGroups.filter((other) => other !== group) }) };
    }
  }
}
