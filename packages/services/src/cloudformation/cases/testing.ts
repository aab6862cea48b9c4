/**
 * What every resource type must do, run with each type's templates: created, left alone, changed in place, rolled back, replaced, deleted; and
 * every property of AWS's schema is either read back as the template has it, or refused by name. Not built.
 */
import { registrySchemas, type PropertyType, type Resource, type ResourceSchema } from "@hakoniwa/cloudformation";
import type { Aws } from "@hakoniwa/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { administrator } from "../../../../cloud/src/core.js";
import { createTestCloud, type TestCloud } from "../../testing.js";
import { refuseProperties } from "../../not-implemented.js";
import { stackResources, type StackResource } from "../state.js";

export type Properties = Readonly<Record<string, unknown>>;
export type Definitions = Readonly<Record<string, { readonly Type: string; readonly Properties?: Properties; readonly DependsOn?: string | readonly string[] }>>;

/** The templates of one resource type, whose logical id is `It`. */
export interface ResourceCase {
  /** What it needs beside itself. */
  readonly around?: Definitions;
  /** What must be there before the stack. */
  readonly before?: (cloud: TestCloud) => Promise<unknown>;
  /** Tables in which it leaves rows that are not the stack's, such as logs in a bucket. */
  readonly leaves?: RegExp;
  readonly minimal: Properties;
  /** With every property that goes together. */
  readonly maximal: Properties;
  /** Further templates, for properties that exclude those of `maximal`. */
  readonly others?: readonly Properties[];
  /** `maximal` changed as far as no replacement is needed; left out where every change replaces. */
  readonly changed?: Properties;
  /** `maximal` with a change that needs a replacement; left out where none does. */
  readonly replaced?: Properties;
  readonly failing: { readonly properties: Properties; readonly says: string };
  /** Changes a resource with the properties of `maximal` behind the stack's back. */
  readonly drift: { readonly by: (cloud: TestCloud, id: string, of: (logicalId: string) => string) => Promise<unknown>; readonly at: string };
  /** Attributes of the schema that such a resource does not have here. */
  readonly lacks?: readonly string[];
  /** Properties that no template can show alone, and the test that does. */
  readonly elsewhere?: Readonly<Record<string, string>>;
  /** Further properties of `maximal` that can't be taken back in place. */
  readonly lasting?: readonly string[];
  /** Changed from `maximal` back to `minimal` it keeps something, as AWS does. */
  readonly keeps?: readonly string[];
}

/** Runs the cases of all of `resources`. */
export function describeResourceTypes(resources: readonly Resource[], cases: Readonly<Record<string, ResourceCase>>): void {
  it("each type has its templates", () => {
    expect(Object.keys(cases).sort()).toEqual(resources.map(({ type }) => type).sort());
  });
  for (const resource of resources) {
    const one = cases[resource.type];
    if (one) describe(resource.type, () => describeType(resource, one));
  }
}

/** Each cloud gets ids of its own. */
let seed = 0;

function describeType(resource: Resource, one: ResourceCase): void {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await createTestCloud({ seed: ++seed });
    // A region has what every region has from its first call on.
    await cloud.aws.ec2.DescribeVpcs({});
    await one.before?.(cloud);
  });
  afterEach(() => cloud.close());
  const { type } = resource;
  const schema = registrySchemas().get(type)!;
  const template = (properties: Properties, more: Definitions = {}): string =>
    JSON.stringify({ Resources: { ...one.around, It: { Type: type, Properties: properties }, ...more }, Outputs: { Ref: { Value: { Ref: "It" } } } });

  const StackName = "case";
  const Capabilities = ["CAPABILITY_NAMED_IAM"] as const;
  async function run(verb: "CreateStack" | "UpdateStack", TemplateBody: string): Promise<string> {
    await cloud.aws.cloudformation[verb]({ StackName, TemplateBody, Capabilities });
    return rest();
  }
  async function rest(): Promise<string> {
    for (let minutes = 0; minutes < 20; minutes++) {
      await cloud.advance("30s");
      const status = (await cloud.aws.cloudformation.DescribeStacks({ StackName })).Stacks![0]!.StackStatus!;
      if (!status.endsWith("_IN_PROGRESS")) return status;
    }
    return "never came to rest";
  }
  async function reasons(): Promise<string> {
    const { StackEvents = [] } = await cloud.aws.cloudformation.DescribeStackEvents({ StackName });
    return StackEvents.filter((event) => event.ResourceStatus!.endsWith("_FAILED")).map((event) => `${event.LogicalResourceId} ${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`).join("\n");
  }
  async function reach(verb: "CreateStack" | "UpdateStack", TemplateBody: string, wanted: string): Promise<void> {
    const status = await run(verb, TemplateBody);
    expect(status, await reasons()).toBe(wanted);
  }
  function record(logicalId: string): StackResource {
    const all = cloud.store.reader({ account: "123456789012", region: "ap-northeast-1" })(stackResources).list();
    return all.find((each) => each.logicalId === logicalId && each.role === "current" && !each.status.startsWith("DELETE_"))!;
  }
  const idOf = (logicalId: string): string => record(logicalId).physicalId!;
  async function asEngine<T>(body: (aws: Aws) => T): Promise<T> {
    const reconciler = { name: "cloudformation.cases", watches: [], signals: [], judges: false, reconcile: () => Promise.resolve() };
    const jobs = await cloud.core.calls.jobs(reconciler, { account: "123456789012", region: "ap-northeast-1", id: "cases" });
    return jobs.as(administrator("123456789012")).write((_db, aws) => body(aws));
  }
  function liveProperties({ physicalId, properties } = record("It")): Promise<Properties | undefined> {
    return asEngine((aws) => resource.read?.(aws, physicalId!, properties as never) as Properties | undefined);
  }
  const drift = async (of = record("It")): Promise<readonly string[]> => differences(of.properties, await liveProperties(of));

  it("is created with everything, changed in place, rolled back, replaced and deleted", async () => {
    const before = rowsOf(cloud);
    await reach("CreateStack", template(one.maximal), "CREATE_COMPLETE");
    const made = record("It");
    const missing = schema.attributes.filter((name) => made.attributes[name] === undefined || made.attributes[name] === null);
    expect(missing, "attributes of Fn::GetAtt").toEqual(one.lacks ?? []);
    expect(await drift(), "drift after creation").toEqual([]);
    expect((await cloud.aws.cloudformation.DetectStackResourceDrift({ StackName, LogicalResourceId: "It" })).StackResourceDrift).toMatchObject({ StackResourceDriftStatus: "IN_SYNC" });
    await expect(cloud.aws.cloudformation.UpdateStack({ StackName, TemplateBody: template(one.maximal), Capabilities })).rejects.toMatchObject({ message: "No updates are to be performed." });

    if (one.changed) {
      await reach("UpdateStack", template(one.changed), "UPDATE_COMPLETE");
      expect(idOf("It"), "physical id after a change in place").toBe(made.physicalId);
      expect(await drift(), "drift after a change in place").toEqual([]);
      await reach("UpdateStack", template(one.maximal, { Bad: { Type: "AWS::EC2::SecurityGroup", DependsOn: "It", Properties: { GroupDescription: "g", VpcId: "vpc-00000000000000000" } } }), "UPDATE_ROLLBACK_COMPLETE");
      expect(idOf("It"), "physical id after a rollback").toBe(made.physicalId);
      expect(await drift(), "drift after a rollback").toEqual([]);
    }
    if (one.replaced) {
      const old = record("It");
      await reach("UpdateStack", template(one.replaced), "UPDATE_COMPLETE");
      expect(idOf("It"), "physical id after a replacement").not.toBe(old.physicalId);
      expect(await drift(), "drift after a replacement").toEqual([]);
      expect(await liveProperties(old), "what was replaced").toBeUndefined();
    }
    await cloud.aws.cloudformation.DeleteStack({ StackName });
    await cloud.advance("10m");
    expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks, (await cloud.aws.cloudformation.ListStackResources({ StackName: made.stackId })).StackResourceSummaries!.map((each) => each.ResourceStatusReason).join("\n")).toEqual([]);
    await cloud.advance("2h");
    expect(newRows(before, rowsOf(cloud), one.leaves)).toEqual([]);
    expect([...new Set(cloud.logs)].slice(0, 3)).toEqual([]);
  }, 60_000);

  it("drifts when it is changed or taken away behind the stack's back, and what is gone can be deleted", async () => {
    await reach("CreateStack", template(one.maximal), "CREATE_COMPLETE");
    await one.drift.by(cloud, idOf("It"), idOf);
    await cloud.advance("1m");
    expect((await drift()).map((path) => path.split(/[ /]/)[0])).toContain(one.drift.at);
    const { StackResourceDrift: detected } = await cloud.aws.cloudformation.DetectStackResourceDrift({ StackName, LogicalResourceId: "It" });
    expect(detected!.StackResourceDriftStatus).toBe(one.drift.at === "all" ? "DELETED" : "MODIFIED");
    if (one.drift.at !== "all") expect(detected!.PropertyDifferences!.map(({ PropertyPath }) => PropertyPath!.split("/")[1])).toContain(one.drift.at);
    const gone = record("It");
    const StackId = gone.stackId;
    await asEngine((aws) => resource.delete(aws, gone.physicalId!, gone.properties as never));
    await cloud.advance("3m");
    expect(await liveProperties(gone)).toBeUndefined();
    await cloud.aws.cloudformation.DeleteStack({ StackName });
    await cloud.advance("10m");
    expect((await cloud.aws.cloudformation.DescribeStacks({ StackName: StackId })).Stacks![0]!.StackStatus).toBe("DELETE_COMPLETE");
  }, 60_000);

  it("is created with the least, given everything, and has only the least again", async () => {
    await reach("CreateStack", template(one.minimal), "CREATE_COMPLETE");
    expect(await drift()).toEqual([]);
    // What only a new one could be given stays, so that the rest changes in place.
    const lasts = (name: string): boolean => schema.properties[name]?.replaces === "yes" || (one.lasting?.includes(name) ?? false);
    const least = Object.fromEntries([...Object.entries(one.minimal).filter(([name]) => !lasts(name)), ...Object.entries(one.maximal).filter(([name]) => lasts(name))]);
    if (!differ(least, one.maximal)) return;
    if (JSON.stringify(least) !== JSON.stringify(one.minimal)) {
      await cloud.aws.cloudformation.DeleteStack({ StackName });
      await cloud.advance("10m");
      await reach("CreateStack", template(least), "CREATE_COMPLETE");
    }
    const before = await liveProperties();
    const id = idOf("It");
    await reach("UpdateStack", template(one.maximal), "UPDATE_COMPLETE");
    expect(await drift()).toEqual([]);
    if (idOf("It") !== id) return;
    await reach("UpdateStack", template(least), "UPDATE_COMPLETE");
    expect(idOf("It")).toBe(id);
    expect([...differences(before, await liveProperties()), ...differences(await liveProperties(), before)].filter((path) => !one.keeps?.includes(path.split(/[ /]/)[0]!))).toEqual([]);
  }, 60_000);

  it.each((one.others ?? []).map((properties) => [Object.keys(properties).join(", "), properties] as const))("is created with %s", async (_names, properties) => {
    await reach("CreateStack", template(properties), "CREATE_COMPLETE");
    expect(await drift()).toEqual([]);
    await cloud.aws.cloudformation.DeleteStack({ StackName });
    await cloud.advance("10m");
    expect((await cloud.aws.cloudformation.DescribeStacks({})).Stacks).toEqual([]);
  }, 60_000);

  it(`fails, says "${one.failing.says}" and leaves nothing`, async () => {
    const before = rowsOf(cloud);
    await reach("CreateStack", template(one.failing.properties), "ROLLBACK_COMPLETE");
    expect(await reasons()).toContain(one.failing.says);
    await cloud.aws.cloudformation.DeleteStack({ StackName });
    await cloud.advance("2h");
    expect(newRows(before, rowsOf(cloud), one.leaves)).toEqual([]);
  }, 60_000);

  it("carries out every property of the schema that it does not refuse by name", () => {
    const shown = leavesShown([one.minimal, one.maximal, ...(one.changed ? [one.changed] : []), ...(one.replaced ? [one.replaced] : []), ...(one.others ?? [])]);
    const silent = leaves(schema).filter((path) => !shown.has(path) && !Object.hasOwn(one.elsewhere ?? {}, path) && !refused(type, resource.carries, path));
    expect(silent).toEqual([]);
  });

  it("is tried with a change of everything that changes in place", () => {
    expect(unchangedIn(schema, one)).toEqual([]);
  });
}

/** Whether one says what the other does not. */
const differ = (one: Properties, other: Properties): boolean => [...differences(one, other), ...differences(other, one)].length > 0;

/** Properties of `maximal` that the registry lets change in place, and `changed` leaves as they are. */
function unchangedIn(schema: ResourceSchema, { maximal, changed = maximal, lasting = [] }: ResourceCase): readonly string[] {
  const open = Object.keys(maximal).filter((name) => schema.properties[name]?.replaces !== "yes" && !lasting.includes(name));
  return open.filter((name) => Object.hasOwn(changed, name) && !differ({ it: maximal[name] }, { it: changed[name] }));
}

function refused(type: string, carries: readonly string[] | undefined, path: string): boolean {
  if (!carries) return false;
  const value = path.split(".").reduceRight<unknown>((below, name) => ({ [name]: below }), "asked for") as object;
  try {
    refuseProperties(type, value, carries);
    return false;
  } catch {
    return true;
  }
}

/** Histories and outboxes keep what was; the rest is what is. */
const HISTORIES = /^(cloudformation\.|iam\.(uses|role-deletions)|cloudwatch\.metrics|sts\.credentials|ec2\.released-addresses|ssm\.encryption-keys|acm\.mails|sns\.(mails|deliveries|departures|signing-keys)|.*\.(history|activities|outbox)$)/;

function rowsOf(cloud: TestCloud): ReadonlySet<string> {
  const rows = new Set<string>();
  for (const scope of cloud.store.scopes()) {
    for (const table of cloud.store.tables) {
      if (HISTORIES.test(table.name)) continue;
      for (const row of cloud.store.all(scope, table.name)) rows.add(`${table.name} ${(table.key as (row: object) => string)(row)}`);
    }
  }
  return rows;
}

const newRows = (before: ReadonlySet<string>, after: ReadonlySet<string>, expected = /^$/): readonly string[] => [...after].filter((row) => !before.has(row) && !expected.test(row));

/**
 * Where the live properties are not what the template says: `Tags`, `Rules/0/Port`. What the template does not set is not looked at, lists have no
 * order, and numbers may be text.
 */
export function differences(wanted: unknown, live: unknown, path = ""): readonly string[] {
  const at = path || "all";
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return [`${at} ${JSON.stringify(wanted)} is ${JSON.stringify(live)}`];
    const left = [...(live as readonly unknown[])];
    return wanted.flatMap((item, i) => {
      const found = left.findIndex((other) => differences(item, other).length === 0);
      if (found < 0) return [`${path}/${i} ${JSON.stringify(item)} is not among ${JSON.stringify(live)}`];
      left.splice(found, 1);
      return [];
    });
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof live !== "object" || live === null) return [`${at} ${JSON.stringify(wanted)} is ${JSON.stringify(live)}`];
    const tagged = (value: unknown): unknown => (Array.isArray(value) ? value.filter((each: unknown) => !String((each as { readonly Key?: string } | null)?.Key ?? "").startsWith("aws:")) : value);
    return Object.entries(wanted).flatMap(([name, item]) => differences(tagged(item), tagged((live as Properties)[name]), path ? `${path}/${name}` : name));
  }
  return String(wanted) === String(live) ? [] : [`${at} ${JSON.stringify(wanted)} is ${JSON.stringify(live)}`];
}

/** The paths of a schema's properties that have nothing below: `Tags`, `Ebs.VolumeSize`. */
function leaves(schema: ResourceSchema): readonly string[] {
  const below = (type: PropertyType, path: string, seen: readonly string[]): readonly string[] => {
    if (typeof type === "string" || "map" in type) return [path];
    if ("list" in type) return below(type.list, path, seen);
    if ("union" in type) return [...new Set(type.union.flatMap((part) => below(part, path, seen)))].filter((each, _i, all) => each !== path || all.length === 1);
    if (seen.includes(type.ref)) return [];
    const members = Object.entries(schema.types[type.ref] ?? {});
    return members.length === 0 ? [path] : members.flatMap(([name, member]) => below(member.type, `${path}.${name}`, [...seen, type.ref]));
  };
  return Object.entries(schema.properties).flatMap(([name, { type }]) => below(type, name, []));
}

/** The paths that templates have, those of whole documents too. */
function leavesShown(templates: readonly Properties[]): ReadonlySet<string> {
  const shown = new Set<string>();
  const walk = (value: unknown, path: string): void => {
    if (path) shown.add(path);
    if (Array.isArray(value)) for (const item of value) walk(item, path);
    else if (typeof value === "object" && value !== null) for (const [name, item] of Object.entries(value)) walk(item, path ? `${path}.${name}` : name);
  };
  for (const template of templates) walk(template, "");
  return shown;
}
