/** Managed prefix lists: https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { awsPrefixList, awsPrefixLists, type AwsPrefixList } from "./aws-prefix-lists.js";
import { hasDependencies, invalidParameter, invalidValue, missingParameter, notFound, refuse, unsupported } from "./errors.js";
import { paginate, paginateBy, select, type FilterTable } from "./filters.js";
import { forgetToken, once } from "./idempotency.js";
import { changedEntries, checkedName, checkedSize, currentEntries, currentVersion } from "./prefix-list-plan.js";
import { prefixLists, type PrefixList } from "./state-connections.js";
import { routeTables, securityGroups } from "./state.js";
import { computeArn } from "./taggable.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const prefixListOperations = operations(Ec2, {
  CreateManagedPrefixList: {
    authorize: allows("CreateManagedPrefixList", () => [["prefix-list", undefined]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["prefix-list"]);
      const name = checkedName(input.PrefixListName);
      if (input.AddressFamily === "IPv6") throw unsupported("CreateManagedPrefixList", "AddressFamily IPv6");
      if (input.AddressFamily !== "IPv4") throw invalidParameter(input.AddressFamily, "AddressFamily", "It must be IPv4 or IPv6.");
      const maxEntries = checkedSize(input.MaxEntries);
      const entries = changedEntries([], input.Entries ?? [], [], maxEntries);
      const [id] = once(ctx, "CreateManagedPrefixList", input, () => {
        const made = ctx.db(prefixLists).put({ id: ctx.ids.aws("pl"), name, maxEntries, state: "create-complete", versions: [{ version: 1, entries }] });
        putTags(ctx, "prefix-list", made.id, input.TagSpecifications);
        return [made.id];
      });
      // AWS makes it in the background, and this is what it says meanwhile.
      return { PrefixList: { ...described(ctx, needOwn(ctx, id)), State: "create-in-progress" } };
    },
  },

  ModifyManagedPrefixList: {
    authorize: allows("ModifyManagedPrefixList", (input) => [["prefix-list", input.PrefixListId]]),
    handle(ctx, input) {
      refuse("ModifyManagedPrefixList", input, ["IpamPrefixListResolverSyncEnabled"]);
      const list = needOwn(ctx, input.PrefixListId);
      const changes = (input.AddEntries?.length ?? 0) + (input.RemoveEntries?.length ?? 0) > 0;
      if (changes && input.MaxEntries !== undefined) throw invalidValue("You cannot modify the entries and the maximum number of entries of a prefix list in the same request.");
      if (!changes && input.MaxEntries === undefined && input.PrefixListName === undefined) throw missingParameter("AddEntries, RemoveEntries, MaxEntries or PrefixListName");
      if (changes) checkVersion(list, input.CurrentVersion);
      const maxEntries = input.MaxEntries === undefined ? list.maxEntries : checkedSize(input.MaxEntries);
      if (maxEntries < currentEntries(list).length) {
        throw invalidParameter(maxEntries, "MaxEntries", `The prefix list has ${currentEntries(list).length} entries.`);
      }
      const name = input.PrefixListName === undefined ? list.name : checkedName(input.PrefixListName);
      const entries = changes ? changedEntries(currentEntries(list), input.AddEntries ?? [], input.RemoveEntries ?? [], maxEntries) : undefined;
      const versions = entries ? [...list.versions, { version: currentVersion(list) + 1, entries }] : list.versions;
      const changed = ctx.db(prefixLists).put({ ...list, name, maxEntries, versions, state: "modify-complete" });
      return { PrefixList: { ...described(ctx, changed), State: "modify-in-progress" } };
    },
  },

  RestoreManagedPrefixListVersion: {
    authorize: allows("RestoreManagedPrefixListVersion", (input) => [["prefix-list", input.PrefixListId]]),
    handle(ctx, input) {
      const list = needOwn(ctx, input.PrefixListId);
      checkVersion(list, input.CurrentVersion);
      const { entries } = versionOf(list, input.PreviousVersion);
      if (entries.length > list.maxEntries) throw invalidParameter(input.PreviousVersion, "PreviousVersion", `Its ${entries.length} entries exceed the prefix list's ${list.maxEntries}.`);
      const versions = [...list.versions, { version: currentVersion(list) + 1, entries }];
      const restored = ctx.db(prefixLists).put({ ...list, versions, state: "restore-complete" });
      return { PrefixList: { ...described(ctx, restored), State: "restore-in-progress" } };
    },
  },

  DeleteManagedPrefixList: {
    authorize: allows("DeleteManagedPrefixList", (input) => [["prefix-list", input.PrefixListId]]),
    handle(ctx, input) {
      const list = needOwn(ctx, input.PrefixListId);
      if (usersOf(ctx.db, list.id).length > 0) throw hasDependencies("prefixList", list.id);
      ctx.db(prefixLists).delete(list.id);
      dropTags(ctx.db, list.id);
      forgetToken(ctx.db, list.id);
      return { PrefixList: { ...described(ctx, list), State: "delete-in-progress" } };
    },
  },

  DescribeManagedPrefixLists: {
    authorize: onEverything("ec2:DescribeManagedPrefixLists"),
    handle(ctx, input) {
      const page = paginate(select(ctx.db, asked(ctx, input.PrefixListIds), input.Filters, filters(ctx), (list) => list.id), input, 1, 100);
      return { PrefixLists: page.items.map((list) => described(ctx, list)), NextToken: page.nextToken };
    },
  },

  GetManagedPrefixListEntries: {
    authorize: allows("GetManagedPrefixListEntries", (input) => [["prefix-list", input.PrefixListId]]),
    handle(ctx, input) {
      const list = needAny(ctx, input.PrefixListId);
      if (isAws(list) && input.TargetVersion !== undefined) throw invalidParameter(input.TargetVersion, "TargetVersion", "AWS-managed prefix lists have no versions.");
      const entries = isAws(list) ? list.cidrs.map((cidr) => ({ cidr, description: undefined })) : versionOf(list, input.TargetVersion ?? currentVersion(list)).entries;
      const page = paginateBy(entries, input, ({ cidr }) => cidr, 1, 100);
      return { Entries: page.items.map(({ cidr, description }) => ({ Cidr: cidr, Description: description })), NextToken: page.nextToken };
    },
  },

  GetManagedPrefixListAssociations: {
    authorize: allows("GetManagedPrefixListAssociations", (input) => [["prefix-list", input.PrefixListId]]),
    handle(ctx, input) {
      const list = needOwn(ctx, input.PrefixListId);
      const page = paginateBy(usersOf(ctx.db, list.id), input, (id) => id, 5, 255);
      return { PrefixListAssociations: page.items.map((ResourceId) => ({ ResourceId, ResourceOwner: ctx.account })), NextToken: page.nextToken };
    },
  },

  /** The old call, which knows AWS's own lists only. */
  DescribePrefixLists: {
    authorize: onEverything("ec2:DescribePrefixLists"),
    handle(ctx, input) {
      const lists = awsPrefixLists(ctx.region);
      for (const id of input.PrefixListIds ?? []) if (!lists.some((list) => list.id === id)) throw notFound("prefixList", id);
      const named = lists.filter((list) => !input.PrefixListIds?.length || input.PrefixListIds.includes(list.id));
      const page = paginate(select(ctx.db, named, input.Filters, filters(ctx), (list) => list.id), input, 1);
      return { PrefixLists: page.items.map((list) => ({ PrefixListId: list.id, PrefixListName: list.name, Cidrs: list.cidrs })), NextToken: page.nextToken };
    },
  },
});

/** The ranges that a prefix list stands for now; undefined when there is no such list. */
export function prefixListCidrs(db: Reader, region: string, id: string): readonly string[] | undefined {
  const own = db(prefixLists).get(id);
  return own ? currentEntries(own).map((entry) => entry.cidr) : awsPrefixList(region, id)?.cidrs;
}

/** How many rules or routes a prefix list counts as: its greatest size, whatever it holds. AWS's own count by their weight: https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html#aws-managed-prefix-list-weights */
export function prefixListWeight(db: Reader, id: string): number {
  return db(prefixLists).get(id)?.maxEntries ?? 1;
}

/** @throws AwsError when there is no such list, of the user's or of AWS's */
export function needPrefixList(ctx: Pick<Context, "db" | "region">, id: string): string {
  return needAny(ctx, id).id;
}

function needAny(ctx: Pick<Context, "db" | "region">, id: string | undefined): PrefixList | AwsPrefixList {
  if (!id) throw missingParameter("PrefixListId");
  const found = ctx.db(prefixLists).get(id) ?? awsPrefixList(ctx.region, id);
  if (!found) throw notFound("prefixList", id);
  return found;
}

function needOwn(ctx: Context, id: string | undefined): PrefixList {
  const found = needAny(ctx, id);
  if (isAws(found)) throw new AwsError("UnauthorizedOperation", `You are not authorized to perform this operation on the AWS-managed prefix list ${found.id}.`, { status: 403 });
  return found;
}

function isAws(list: PrefixList | AwsPrefixList): list is AwsPrefixList {
  return "service" in list;
}

function checkVersion(list: PrefixList, given: number | undefined): void {
  if (given === undefined) throw missingParameter("CurrentVersion");
  if (given !== currentVersion(list)) throw new AwsError("PrefixListVersionMismatch", `The prefix list has the incorrect version number. Current version is ${currentVersion(list)}, given version is ${given}.`);
}

function versionOf(list: PrefixList, number: number): PrefixList["versions"][number] {
  const found = list.versions.find((version) => version.version === number);
  if (!found) throw new AwsError("PrefixListVersionNotFound", `The prefix list '${list.id}' has no version ${number}.`);
  return found;
}

function usersOf(db: Reader, id: string): readonly string[] {
  return [...db(routeTables).where("prefixList", id), ...db(securityGroups).where("prefixList", id)].map((user) => user.id);
}

function asked(ctx: Context, ids: readonly string[] | undefined): readonly (PrefixList | AwsPrefixList)[] {
  if (ids?.length) return [...new Set(ids)].map((id) => needAny(ctx, id));
  return [...awsPrefixLists(ctx.region), ...ctx.db(prefixLists).list()];
}

function described(ctx: Context, list: PrefixList | AwsPrefixList): Ec2Types.ManagedPrefixList {
  const base = { PrefixListId: list.id, PrefixListName: list.name, AddressFamily: "IPv4", Tags: tagsOf(ctx.db, list.id) };
  if (isAws(list)) return { ...base, OwnerId: "AWS", State: "create-complete", PrefixListArn: `arn:aws:ec2:${ctx.region}:aws:prefix-list/${list.id}` };
  return { ...base, OwnerId: ctx.account, State: list.state, MaxEntries: list.maxEntries, Version: currentVersion(list), PrefixListArn: computeArn(ctx, "prefix-list", list.id) };
}

function filters(ctx: Context): FilterTable<PrefixList | AwsPrefixList> {
  return {
    "owner-id": (list) => (isAws(list) ? "AWS" : ctx.account),
    "prefix-list-id": (list) => list.id,
    "prefix-list-name": (list) => list.name,
  };
}
