/** What a resource type is. The types live with their services (`cfn.ts`); their properties' schemas come from AWS's own registry. */
import type { Aws, AsyncAws } from "@hakoniwa/wire";

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
}

/** `true` when done, `false` to look again after the next change, or the reason why it will never be. */
export type Settled = boolean | { readonly failed: string };

interface ResourceBase<P> {
  /** e.g. `AWS::EC2::VPC`. */
  readonly type: string;
  /** `GetAtt` and the schema's read-only properties. Called when the resource has settled. */
  attributes?(aws: Aws, physicalId: string, properties: P): Record<string, unknown>;
  /** Changes in place what the schema allows to change without replacement. Without it every change replaces. */
  update?(aws: Aws, physicalId: string, next: P, previous: P, request: ResourceRequest): void;
  /**
   * Decides for properties whose change replaces only sometimes (the registry's "maybe"); `changed` are their names.
   * Without it they change in place.
   */
  replaces?(next: P, previous: P, changed: readonly string[]): boolean;
  /** Must accept that it is gone already. */
  delete(aws: Aws, physicalId: string, properties: P): void;
  /** A predicate over state, never a sleep. By default a resource has settled when it is created. */
  settled?(aws: Aws, physicalId: string, properties: P): Settled;
  /** The same for its deletion. */
  gone?(aws: Aws, physicalId: string, properties: P): Settled;
}

/** Created inside the engine's own transaction: its create, physical id and event are one commit, so exactly once. */
export interface SynchronousResource<P> extends ResourceBase<P> {
  /** @returns the physical id, which `Ref` gives */
  create(aws: Aws, properties: P, request: ResourceRequest): string;
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
