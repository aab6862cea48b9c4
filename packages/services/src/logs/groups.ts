/** Log groups, and how long they keep what is in them. */
import { Logs, type LogsTypes } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { access } from "./access.js";
import { constraint, groupExists, invalidParameter, invalidToken, limitExceeded, notYet } from "./errors.js";
import { groupArn, groupNameOf, groupOf } from "./names.js";
import { keyIn, eventsOf, logGroups, logStreams, metricFilters, type LogGroup } from "./state.js";
import { checkTags } from "./tags.js";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html */
const MOST_GROUPS = 1_000_000;
const PAGE = 50;

export const groupOperations = operations(Logs, {
  CreateLogGroup: {
    authorize: access("CreateLogGroup"),
    handle(ctx, input) {
      const { logGroupName: name, logGroupClass = "STANDARD", tags = {} } = input;
      if (input.kmsKeyId !== undefined) throw notYet("kmsKeyId");
      if (input.deletionProtectionEnabled) throw notYet("deletionProtectionEnabled");
      if (logGroupClass !== "STANDARD" && logGroupClass !== "INFREQUENT_ACCESS") throw notYet(`the log group class ${logGroupClass}`);
      checkTags(tags);
      if (ctx.db(logGroups).get(name)) throw groupExists();
      if (ctx.db(logGroups).list().length >= MOST_GROUPS) throw limitExceeded();
      ctx.db(logGroups).put({ name, created: ctx.now, retention: undefined, logGroupClass, tags });
      return {};
    },
  },

  DeleteLogGroup: {
    authorize: access("DeleteLogGroup"),
    handle(ctx, input) {
      const { name } = groupOf(ctx.db, input.logGroupName);
      for (const stream of ctx.db(logStreams).where("group", name)) {
        ctx.dropStream(eventsOf(stream));
        ctx.db(logStreams).delete(keyIn(name, stream.name));
      }
      for (const filter of ctx.db(metricFilters).where("group", name)) ctx.db(metricFilters).delete(keyIn(name, filter.name));
      ctx.db(logGroups).delete(name);
      return {};
    },
  },

  DescribeLogGroups: {
    // AWS asks for a group without a name: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/permissions-reference-cwl.html
    authorize: (_input, asked) => access("DescribeLogGroups")({}, asked),
    handle(ctx, input) {
      if (input.includeLinkedAccounts) throw notYet("includeLinkedAccounts");
      const { logGroupNamePrefix: prefix, logGroupNamePattern: pattern } = input;
      if (prefix !== undefined && pattern !== undefined) throw invalidParameter("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
      const names = input.logGroupIdentifiers && new Set(input.logGroupIdentifiers.map((identifier) => groupNameOf(identifier, ctx)));
      const all = byName(ctx)
        .filter((group) => names?.has(group.name) ?? true)
        .filter((group) => group.name.startsWith(prefix ?? "") && group.name.includes(pattern ?? ""))
        .filter((group) => input.logGroupClass === undefined || group.logGroupClass === input.logGroupClass);
      const page = pageOf(all, { input, size: input.limit ?? PAGE, token: input.nextToken, key: ({ name }) => name, invalid: invalidToken });
      return { logGroups: page.records.map((group) => described(ctx, group)), nextToken: page.next };
    },
  },

  ListLogGroups: {
    authorize: onEverything("logs:ListLogGroups"),
    handle(ctx, input) {
      for (const name of ["includeLinkedAccounts", "accountIdentifiers", "dataSources", "fieldIndexNames", "logGroupTags"] as const) {
        if (input[name] !== undefined && input[name] !== false) throw notYet(name);
      }
      const matches = nameMatcher(input.logGroupNamePattern);
      const all = byName(ctx).filter((group) => matches(group.name) && (input.logGroupClass === undefined || group.logGroupClass === input.logGroupClass));
      const page = pageOf(all, { input, size: input.limit ?? PAGE, token: input.nextToken, key: ({ name }) => name, invalid: invalidToken });
      return {
        logGroups: page.records.map((group) => ({ logGroupName: group.name, logGroupArn: groupArn(ctx, group.name), logGroupClass: group.logGroupClass })),
        nextToken: page.next,
      };
    },
  },

  PutRetentionPolicy: {
    authorize: access("PutRetentionPolicy"),
    handle(ctx, { logGroupName, retentionInDays }) {
      if (!RETENTIONS.includes(retentionInDays)) {
        throw constraint("retentionInDays", retentionInDays, `Member must satisfy enum value set: [${RETENTIONS.join(", ")}]`);
      }
      ctx.db(logGroups).put({ ...groupOf(ctx.db, logGroupName), retention: retentionInDays });
      return {};
    },
  },

  DeleteRetentionPolicy: {
    authorize: access("DeleteRetentionPolicy"),
    handle(ctx, { logGroupName }) {
      ctx.db(logGroups).put({ ...groupOf(ctx.db, logGroupName), retention: undefined });
      return {};
    },
  },
});

function byName(ctx: Context): readonly LogGroup[] {
  return ctx.db(logGroups).list().toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** `^` at the beginning means "starts with", and `|` separates several: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListLogGroups.html */
function nameMatcher(pattern: string | undefined): (name: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern.split("|");
  return (name) => parts.some((part) => (part.startsWith("^") ? name.startsWith(part.slice(1)) : name.includes(part)));
}

function described(ctx: Context, group: LogGroup): LogsTypes.LogGroup {
  const arn = groupArn(ctx, group.name);
  return {
    logGroupName: group.name,
    creationTime: Math.floor(group.created),
    retentionInDays: group.retention,
    metricFilterCount: ctx.db(metricFilters).where("group", group.name).length,
    arn: `${arn}:*`,
    storedBytes: ctx.db(logStreams).where("group", group.name).reduce((sum, stream) => sum + (ctx.segments.size(eventsOf(stream))?.bytes ?? 0), 0),
    logGroupClass: group.logGroupClass,
    logGroupArn: arn,
    deletionProtectionEnabled: false,
  };
}
