/** Log streams. */
import { Logs, type LogsTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { pageOf } from "../paging.js";
import { access } from "./access.js";
import { constraint, invalidParameter, invalidToken, streamExists } from "./errors.js";
import { groupOf, namedGroup, streamArn, streamOf } from "./names.js";
import { sequenceToken } from "./put-plan.js";
import { eventsOf, keyIn, logStreams, type LogStream } from "./state.js";

const PAGE = 50;

export const streamOperations = operations(Logs, {
  CreateLogStream: {
    authorize: access("CreateLogStream"),
    handle(ctx, { logGroupName: group, logStreamName: name }) {
      if (!/^[^:*]{1,512}$/.test(name)) throw constraint("logStreamName", name, "Member must satisfy regular expression pattern: [^:*]*");
      groupOf(ctx.db, group);
      if (ctx.db(logStreams).get(keyIn(group, name))) throw streamExists();
      ctx.db(logStreams).put({ id: ctx.ids.uuid(), group, name, created: ctx.now, firstEvent: undefined, lastEvent: undefined, lastIngestion: undefined, batches: 0 });
      return {};
    },
  },

  DeleteLogStream: {
    authorize: access("DeleteLogStream"),
    handle(ctx, input) {
      const stream = streamOf(ctx.db, input.logGroupName, input.logStreamName);
      ctx.dropStream(eventsOf(stream));
      ctx.db(logStreams).delete(keyIn(stream.group, stream.name));
      return {};
    },
  },

  DescribeLogStreams: {
    authorize: access("DescribeLogStreams"),
    handle(ctx, input) {
      const { name: group } = groupOf(ctx.db, namedGroup(input, ctx));
      const { logStreamNamePrefix: prefix, orderBy = "LogStreamName", descending = false } = input;
      if (prefix !== undefined && orderBy === "LastEventTime") throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
      const found = ctx.db(logStreams).where("group", group).filter((stream) => stream.name.startsWith(prefix ?? ""));
      const ordered = found.toSorted(orderBy === "LastEventTime" ? byLastEvent : byName);
      const key = ({ lastEvent, name }: LogStream): readonly (string | number)[] => (orderBy === "LastEventTime" ? [lastEvent ?? 0, name] : [name]);
      const all = descending ? ordered.reverse() : ordered;
      const page = pageOf(all, { input, size: input.limit ?? PAGE, token: input.nextToken, key, descending, invalid: invalidToken });
      return { logStreams: page.records.map((stream) => described(ctx, stream)), nextToken: page.next };
    },
  },
});

function byName(one: LogStream, other: LogStream): number {
  return one.name < other.name ? -1 : 1;
}

/** Streams without events come last when the latest come first. */
function byLastEvent(one: LogStream, other: LogStream): number {
  return (one.lastEvent ?? 0) - (other.lastEvent ?? 0) || byName(one, other);
}

function described(ctx: Context, stream: LogStream): LogsTypes.LogStream {
  return {
    logStreamName: stream.name,
    creationTime: Math.floor(stream.created),
    firstEventTimestamp: stream.firstEvent,
    lastEventTimestamp: stream.lastEvent,
    lastIngestionTime: stream.lastIngestion === undefined ? undefined : Math.floor(stream.lastIngestion),
    uploadSequenceToken: sequenceToken(stream),
    arn: streamArn(ctx, stream.group, stream.name),
    // Always 0 for streams since 2019: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html
    storedBytes: 0,
  };
}
