/** What an operation is, and what a service is made of. Generic in the calls and facts, which the services' package fixes. */
import type { Access, Caller, Circumstances, Decision } from "./caller.js";
import type { BlobReader, Blobs } from "./blobs.js";
import type { Time } from "./clock.js";
import type { Ids } from "./ids.js";
import type { Find, Reconciler } from "./reconciler.js";
import type { LogEntry, Segments } from "./segments.js";
import type { Database, Reader, Scope, Table } from "./table.js";

/** What the running cloud gives to services; `Aws` are the synchronous calls, `AsyncAws` all of them. */
export interface World {
  readonly Aws: unknown;
  readonly AsyncAws: unknown;
  readonly Facts: unknown;
  readonly Ports: unknown;
}

/** What `authorize` may look at. */
export interface Asked<W extends World> extends Scope {
  readonly caller: Caller;
  readonly facts: W["Facts"];
  /** What real peers' clocks say: for what they hold against their own, such as the expiry of credentials. */
  readonly peerNow: Time;
  /** The account's facts in every region that has some: for what has one state for all of them (IAM). */
  everywhere(): readonly W["Facts"][];
  /** What policies say of a part of the call alone (one of many keys), or of what somebody else may do (a service that is to assume a role). */
  judge(access: Access, by?: Caller): Decision;
}

export interface Preparation<W extends World> extends Asked<W> {
  readonly now: Time;
  readonly ids: Ids;
  readonly aws: W["AsyncAws"];
  /** This service's tables in the caller's account and region, as they are when read. */
  readonly db: Reader;
  /** For reads of what the data plane knows (console output); nothing here may change anything. */
  readonly ports: W["Ports"];
  /** What is written here and not referenced by a record when the call is over, is removed. */
  readonly blobs: Blobs;
}

export interface Context<W extends World> extends Asked<W> {
  readonly requestId: string;
  /** Cloud time. */
  readonly now: Time;
  readonly ids: Ids;
  /** This service's tables in the caller's account and region. */
  readonly db: Database;
  /** Finds the record of a key that is unique across accounts and regions, such as a public address. */
  readonly find: Find;
  /** Streams of what must not live in memory. What this transaction logs is there when it is stored. */
  readonly segments: Pick<Segments, "read" | "size">;
  /** Appends to a stream, with this transaction or not at all. */
  log(entry: LogEntry): void;
  /** Forgets a whole stream, with this transaction. */
  dropStream(stream: string): void;
  readonly blobs: BlobReader;
  /** Other services' operations, inside this transaction, as this caller. An error undoes exactly that call's writes. */
  readonly aws: W["Aws"];
}

/** An operation: who may, what must be read or computed first, and what it records. */
export interface Operation<In, Out, W extends World, Prepared = unknown> {
  authorize(input: In, asked: Asked<W>): Access | readonly Access[];
  /** Asynchronous, read-only, outside any transaction. An operation that has it can't be called inside another's transaction. */
  prepare?(input: In, preparation: Preparation<W>): Promise<Prepared>;
  /** Synchronous, inside one transaction; records intent. Reconcilers do what takes time. */
  handle(context: Context<W>, input: In, prepared: Prepared): Out;
}

export interface Service<W extends World, Facts = unknown> {
  readonly id: string;
  /** One state for all regions (IAM). */
  readonly global: boolean;
  /** One state for all accounts and regions: S3's buckets have one namespace. */
  readonly shared?: boolean;
  readonly tables: readonly Table<never>[];
  readonly operations: Readonly<Record<string, Operation<never, unknown, W>>>;
  readonly reconcilers: readonly Reconciler<W>[];
  /** What other services may know: a read-only view of one scope. `all` are everyone's facts, for those that build on others'. */
  facts(db: Reader, scope: Scope, all: () => W["Facts"]): Facts;
  /** Runs once for each account and region, in a transaction, when they are first used (default VPC, the user admin). */
  seed?(context: Context<W>): void;
  /** Called when a call was authorized, before it is handled: EC2 answers DryRun here. */
  authorized?(input: Record<string, unknown>): void;
}

/** Decides whether the caller may do it. IAM gives the real one. */
export type Evaluator<W extends World> = (caller: Caller, access: Access, facts: W["Facts"], circumstances: Circumstances) => Decision;

/** AWS counts an event as read-only by its name: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html */
export function isReadOnly(operation: string): boolean {
  return /^(Describe|Get|List|Lookup|Search|Select|Head|Validate|Estimate|Simulate|Filter)/.test(operation);
}
