import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { trace } from "@hakoniwa/network";
import type { AclEntry, Route, SecurityGroupRule, Vpc } from "@hakoniwa/network";
import { rule, vpc } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const HOSTS = { one: "10.0.0.10", two: "10.0.0.11", three: "10.0.1.10", four: "10.0.1.11" };
const NAMES = Object.keys(HOSTS) as (keyof typeof HOSTS)[];
const GROUPS = ["sg-a", "sg-b", "sg-c"];
const INTERNET = "203.0.113.1";

const groupRule = fc.tuple(fc.constantFrom("0.0.0.0/0", "10.0.0.0/24", "10.0.1.10/32", ...GROUPS), fc.constantFrom<[SecurityGroupRule["protocol"], number?]>(["all"], ["tcp"], ["tcp", 80], ["udp"]))
  .map(([peer, [protocol, port]]) => rule(peer, protocol, port));
const group = fc.record({
  ingress: fc.array(groupRule, { maxLength: 3 }),
  egress: fc.oneof({ weight: 3, arbitrary: fc.constant([rule("0.0.0.0/0")]) }, { weight: 1, arbitrary: fc.array(groupRule, { maxLength: 3 }) }),
});
const aclEntry: fc.Arbitrary<AclEntry> = fc.record({
  number: fc.integer({ min: 1, max: 50 }),
  action: fc.constantFrom("allow", "deny"),
  protocol: fc.constantFrom("all", "tcp"),
  cidr: fc.constantFrom("0.0.0.0/0", "10.0.0.0/24", "10.0.1.11/32"),
  ports: fc.constantFrom(undefined, { from: 80, to: 80 }, { from: 1024, to: 65_535 }),
}).map((entry) => (entry.protocol === "all" ? { ...entry, ports: undefined } : entry));
const entries = fc.uniqueArray(aclEntry, { maxLength: 3, selector: (entry) => entry.number });
const acl = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ ingress: entries, egress: entries }).map(({ ingress, egress }) => {
    const rest = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" } as const;
    return { ingress: [...ingress, rest], egress: [...egress, rest] };
  }) },
);
const routes = fc.subarray<Route>([
  { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-test" } },
  { destination: "203.0.113.0/24", target: { kind: "blackhole" } },
  { destination: "10.0.1.10/32", target: { kind: "network-interface", id: "eni-one" } },
]);
const network = (id: string) => fc.record({
  left: fc.record({ routes, acl }), right: fc.record({ routes, acl }),
  groups: fc.tuple(group, group, group),
  memberships: fc.tuple(...NAMES.map(() => fc.subarray(GROUPS, { minLength: 1 }))),
  addresses: fc.tuple(...NAMES.map((_, at) => fc.constantFrom(undefined, `198.51.100.${at + 1}`))),
}).map(({ left, right, groups, memberships, addresses }): Vpc => vpc({
  id,
  subnets: {
    left: { cidr: "10.0.0.0/24", routes: left.routes, ...(left.acl && { acl: left.acl }) },
    right: { cidr: "10.0.1.0/24", routes: right.routes, ...(right.acl && { acl: right.acl }) },
  },
  groups: Object.fromEntries(GROUPS.map((name, at) => [name, groups[at] ?? { ingress: [], egress: [] }])),
  interfaces: Object.fromEntries(NAMES.map((name, at) => {
    const address = addresses[at];
    return [name, { subnet: at < 2 ? "left" : "right", address: HOSTS[name], groups: memberships[at] ?? [], ...(address !== undefined && { public: address }) }];
  })),
}));

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.listen(undefined, 80);
});
afterAll(() => world.close());

interface Attempt {
  readonly from: keyof typeof HOSTS | undefined;
  readonly to: string;
}

function attempts(model: Vpc): Attempt[] {
  const inside = NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => ({ from, to: HOSTS[to] })));
  const out = NAMES.map((from) => ({ from, to: INTERNET }));
  const addresses = [...model.interfaces.values()].flatMap((one) => one.addresses.map((address) => address.public)).filter((one) => one !== undefined);
  return [...inside, ...out, ...addresses.map((to) => ({ from: undefined, to }))];
}

function predicted(model: Vpc, { from, to }: Attempt): boolean {
  const source = from === undefined ? INTERNET : HOSTS[from];
  const packet = { protocol: "tcp", source, destination: to, sourcePort: 40_000, destinationPort: 80 } as const;
  return trace(model, packet, from === undefined ? { kind: "internet" } : { kind: "network-interface", id: `eni-${from}` }).reachable;
}

it("the model says reachable if and only if the packet arrives in the kernel", async () => {
  const models = fc.sample(network("vpc-random"), { numRuns: 12, seed: 20_250_101 });
  const seen = { reachable: 0, not: 0 };
  for (const model of models) {
    await world.ensure(model);
    if (model === models[0]) {
      await Promise.all(NAMES.map((name) => world.host(name)));
      await Promise.all(NAMES.map((name) => world.listen(name, 80)));
    }
    await Promise.all(attempts(model).map(async (attempt) => {
      const expected = predicted(model, attempt);
      const answer = await world.connect(attempt.from, attempt.to, 80);
      seen[expected ? "reachable" : "not"]++;
      expect({ ...attempt, arrives: / \d/.test(answer) }, `${answer}\n${describeModel(model)}`).toEqual({ ...attempt, arrives: expected });
    }));
  }
  // A test of networks where everything, or nothing, passes would prove little.
  expect(Math.min(seen.reachable, seen.not)).toBeGreaterThan(30);
}, 40_000);

function describeModel(model: Vpc): string {
  return JSON.stringify(model, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value), 1);
}
