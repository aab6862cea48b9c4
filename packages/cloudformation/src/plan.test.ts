import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diff, needsReplacement } from "./diff.js";
import { cycle, type Graph } from "./graph.js";
import { physicalName } from "./names.js";
import { planApply, planRemove, type Plan } from "./plan.js";
import { registrySchemas } from "./schema.js";
import type { ResourceState } from "./state.js";

/** Any graph without cycles: each needs earlier ones. */
const graphs = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { minLength: 1, maxLength: 25 }).map(
  (needs): Graph => new Map(needs.map((of, i) => [`R${i}`, [...new Set(of.filter((j) => j < i).map((j) => `R${j}`))]])),
);

function resource(logicalId: string, dependsOn: readonly string[], changes: Partial<ResourceState> = {}): ResourceState {
  return {
    logicalId,
    incarnation: 1,
    type: "Test::Thing",
    status: "CREATE_COMPLETE",
    statusReason: undefined,
    role: "current",
    physicalId: logicalId,
    properties: {},
    attributes: {},
    dependsOn,
    deletionPolicy: "Delete",
    updateReplacePolicy: "Delete",
    createdBy: 1,
    operation: 1,
    before: undefined,
    ...changes,
  };
}

/** Carries out plans until they end or `failAt` fails; whoever is `slow` takes one more round. */
function create(graph: Graph, failAt: string | undefined, slow: ReadonlySet<string>): { readonly states: readonly ResourceState[]; readonly plan: Plan } {
  const states = new Map<string, ResourceState>();
  for (;;) {
    const plan = planApply(graph, [...states.values()], 1);
    if (plan.outcome !== "going") return { states: [...states.values()], plan };
    expect(plan.steps.length).toBeGreaterThan(0);
    for (const step of plan.steps) {
      if (step.do === "settle") states.set(step.resource.logicalId, { ...step.resource, status: "CREATE_COMPLETE" });
      if (step.do !== "apply") continue;
      const needs = graph.get(step.logicalId)!;
      for (const need of needs) expect(states.get(need)?.status).toBe("CREATE_COMPLETE");
      const status = step.logicalId === failAt ? "CREATE_FAILED" : slow.has(step.logicalId) ? "CREATE_IN_PROGRESS" : "CREATE_COMPLETE";
      states.set(step.logicalId, resource(step.logicalId, needs, { status }));
    }
  }
}

describe("plans", () => {
  test("create everything, each after all that it depends on", () => {
    fc.assert(
      fc.property(graphs, fc.array(fc.nat(25)), (graph, slow) => {
        const { states, plan } = create(graph, undefined, new Set(slow.map((i) => `R${i}`)));
        expect(plan).toEqual({ outcome: "complete" });
        expect(states.length).toBe(graph.size);
      }),
    );
  });

  test("roll any failed creation back to nothing, each before all that it depends on", () => {
    fc.assert(
      fc.property(graphs, fc.nat(25), fc.array(fc.nat(25)), (graph, at, slow) => {
        const failAt = `R${at % graph.size}`;
        const { states, plan } = create(graph, failAt, new Set(slow.map((i) => `R${i}`)));
        expect(plan.outcome).toBe("failed");
        const left = new Map(states.map((state) => [state.logicalId, { ...state, role: "leaving" } as ResourceState]));
        for (;;) {
          const next = planRemove([...left.values()]);
          if (next.outcome === "complete") break;
          if (next.outcome !== "going") throw new Error("the rollback failed");
          for (const step of next.steps) {
            if (step.do !== "remove") throw new Error(`unexpected ${step.do}`);
            const dependents = [...left.values()].filter((other) => other.dependsOn.includes(step.resource.logicalId));
            expect(dependents).toEqual([]);
          }
          for (const step of next.steps) if (step.do === "remove") left.delete(step.resource.logicalId);
        }
        expect(left.size).toBe(0);
      }),
    );
  });

  test("start at once whatever does not depend on each other", () => {
    const plan = planApply(new Map([["A", []], ["B", []], ["C", ["A", "B"]]]), [], 1);
    expect(plan).toEqual({ outcome: "going", steps: [{ do: "apply", logicalId: "A" }, { do: "apply", logicalId: "B" }] });
  });

  test("go on deleting what does not hang on a failed deletion, then fail", () => {
    const failed = resource("B", ["A"], { role: "leaving", status: "DELETE_FAILED" });
    const a = resource("A", [], { role: "leaving" });
    const other = resource("C", [], { role: "leaving" });
    expect(planRemove([a, failed, other])).toEqual({ outcome: "going", steps: [{ do: "remove", resource: other }] });
    expect(planRemove([a, failed])).toEqual({ outcome: "failed", resources: [failed] });
  });
});

test("a cycle is told without what only needs it or is needed by it", () => {
  expect(cycle(new Map([["A", ["B"]], ["B", ["A", "D"]], ["C", ["A"]], ["D", []]]))).toEqual(["A", "B"]);
  fc.assert(fc.property(graphs, (graph) => {
      expect(cycle(graph)).toEqual([]);
    }));
});

test("changes act as the registry says", () => {
  const vpc = registrySchemas().get("AWS::EC2::VPC")!;
  expect(diff(vpc, { CidrBlock: "a", EnableDnsSupport: true }, { CidrBlock: "b", EnableDnsSupport: false })).toEqual([
    { name: "CidrBlock", replaces: "yes" },
    { name: "EnableDnsSupport", replaces: "no" },
  ]);
  const maybe = [{ name: "UserData", replaces: "maybe" }] as const;
  expect(needsReplacement(maybe, true)).toBe(false);
  expect(needsReplacement(maybe, true, (names) => names.includes("UserData"))).toBe(true);
  expect(needsReplacement(maybe, false)).toBe(true);
});

test("physical names fit, and come out the same on every try", () => {
  expect(physicalName("web", "Balancer", "t", 255)).toMatch(/^web-Balancer-[A-Z0-9]{12}$/);
  expect(physicalName("web", "Balancer", "t", 255)).toBe(physicalName("web", "Balancer", "t", 255));
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 128, unit: fc.constantFrom("a", "b") }), fc.string({ minLength: 1, maxLength: 255, unit: fc.constantFrom("X", "y") }), fc.integer({ min: 20, max: 255 }), (stack, id, max) => {
      expect(physicalName(stack, id, "t", max).length).toBeLessThanOrEqual(max);
      expect(physicalName(stack, id, "t", max)).toMatch(/^[a-b]+-[Xy]+-[A-Z0-9]{12}$/);
    }),
  );
});
