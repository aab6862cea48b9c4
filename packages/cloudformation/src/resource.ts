/** What a resource type is. The types live with their services (`cfn.ts`); their properties' schemas come from AWS's own registry. */
import type { Aws, AsyncAws } from "@hakoniwa/wire";
import type { ResourcePolicies } from "./policies.js";
import type { Value } from "./value.js";

/** What the engine knows of the resource it works on. */
export interface ResourceRequest {
  readonly stackName: string;
  readonly stackId: string;
  readonly logicalId: string;
  /** The same for every try of one creation: for idempotency tokens. */
  readonly token: string;
  /** A name as CloudFormation makes them: `STACK-LOGICALID-RANDOM`, the same for every try of one creation. `maxLength` cuts it. */
  physicalName(maxLength: number): string;
  /** The stack's tags and `aws:cloudformation:*` ones, to be added to the resource's own. */
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** What the type's `prepare` gave. */
  readonly prepared: unknown;
  /** What the template says of how it is created and updated. */
  readonly policies: ResourcePolicies | undefined;
}

/** A signal that the resource got since its creation or change began. */
export interface ResourceSignal {
  readonly uniqueId: string;
  readonly status: "SUCCESS" | "FAILURE";
}

/** A change of several steps, such as a rolling update, as it stands now. */
export interface Change<P> {
  readonly properties: P;
  readonly policies: ResourcePolicies | undefined;
  /** In the order in which they came. */
  readonly signals: readonly ResourceSignal[];
  /** What the latest step left behind; undefined at the first. */
  readonly progress: Value | undefined;
  /** What an earlier change left behind that was broken off, such as by a cancelled update. */
  readonly interrupted: Value | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

export interface Progress {
  /** Whatever the type needs to go on; plain data; null before the first step. */
  readonly state: Value;
  /** The state of an earlier change that was broken off. */
  readonly interrupted?: Value;
  /** When to look again although nothing changes. */
  readonly again: number | undefined;
}

/** What one step did: nothing more to do when `settled` is true. */
export interface Advanced extends Progress {
  readonly settled: Settled;
  /** What the stack's events tell of it. */
  readonly told: readonly string[];
}

/** `true` when done, `false` to look again after the next change, or the reason why it will never be. */
export type Settled = boolean | { readonly failed: string };

interface ResourceBase<P> {
  /** e.g. `AWS::EC2::VPC`. */
  readonly type: string;
  /** The paths of the properties that it carries out, such as `Tags` or `Ebs.VolumeSize`; all others are refused by name. All, when it is left out. */
  readonly carries?: readonly string[];
  /** The property that names it: while a template gives it the same name, it can't be replaced, as two can't have that name. */
  readonly customName?: string;
  /** Reads what `create` or `update` will need and can't read inside a transaction. It must not change anything. */
  prepare?(aws: AsyncAws, properties: P): Promise<unknown>;
  /** `update` is called by every update of the stack, also when no property changed (what it names may have). */
  readonly refresh?: boolean;
  /** `GetAtt` and the schema's read-only properties. Called when the resource has settled. */
  attributes?(aws: Aws, physicalId: string, properties: P): Record<string, unknown>;
  /** Changes in place what the schema allows to change without replacement. Without it every change replaces. */
  update?(aws: Aws, physicalId: string, next: P, previous: P, request: ResourceRequest): void;
  /** Gives a resource back what an update in place changed. By default that is another `update`. */
  revert?(aws: Aws, physicalId: string, back: P, from: P, request: ResourceRequest): void;
  /**
   * Decides for properties whose change replaces only sometimes (the registry's "maybe"); `changed` are their names.
   * Without it they change in place.
   */
  replaces?(next: P, previous: P, changed: readonly string[]): boolean;
  /** Whether the resource's update policy asks for a new physical resource because of these changes (`changed` are the properties' names). */
  replacedByPolicy?(policies: ResourcePolicies, changed: readonly string[]): boolean;
  /**
   * Goes one step on with a change in place that takes several: called instead of `settled` after `update`, until it has settled.
   * Level-triggered: without anything new it must give back the same state.
   */
  advance?(aws: Aws, physicalId: string, change: Change<P>): Advanced;
  /** How long its creation or change may take to settle, in minutes; two hours by default. */
  readonly timeLimit?: number;
  /**
   * The live properties in the template's shape, for drift detection and imports; undefined when the resource is gone.
   * Every property that `create` carries out is there as the services tell it now, and left out when the resource does not
   * have it. What can't be read back (a password) is given back as it is in `properties`. The engine compares only what the
   * template sets, so defaults may be told; it strips the stack's tags and `aws:` ones, makes scalars what the schema says,
   * and takes no account of the order of lists. Called in a transaction: it must not change anything.
   * Without it a resource's drift is NOT_CHECKED.
   */
  read?(aws: Aws, physicalId: string, properties: P): Partial<P> | undefined;
  /** Takes the snapshot that a policy `Snapshot` asks for, right before `delete`. */
  snapshot?(aws: Aws, physicalId: string, properties: P, request: ResourceRequest): void;
  /** Must accept that it is gone already. */
  delete(aws: Aws, physicalId: string, properties: P): void;
  /** A predicate over state, never a sleep. By default a resource has settled when it is created. */
  settled?(aws: Aws, physicalId: string, properties: P): Settled;
  /** The same for its deletion. */
  gone?(aws: Aws, physicalId: string, properties: P): Settled;
}

/** With attributes that are told at the creation only, such as a secret. */
export interface Created {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Created inside the engine's own transaction: its create, physical id and event are one commit, so exactly once. */
export interface SynchronousResource<P> extends ResourceBase<P> {
  /** @returns the physical id, which `Ref` gives */
  create(aws: Aws, properties: P, request: ResourceRequest): string | Created;
}

/** Created by operations that prepare. The engine writes its intent first; `create` must find again what an earlier try with the same token made. */
export interface AsynchronousResource<P> extends ResourceBase<P> {
  createAsync(aws: AsyncAws, properties: P, request: ResourceRequest): Promise<string>;
}

export type Resource<P = never> = SynchronousResource<P> | AsynchronousResource<P>;

/** Defines a resource type, `P` being its properties after intrinsics are resolved and the schema has checked them. */
export function resource<P>(type: string, definition: Omit<SynchronousResource<P>, "type"> | Omit<AsynchronousResource<P>, "type">): Resource {
  return { type, ...definition } as unknown as Resource;
}
