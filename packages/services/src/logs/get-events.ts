/** Reading one stream, to and fro. */
import type { Found } from "@hakoniwa/kernel";
import { Logs } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { access } from "./access.js";
import { notYet } from "./errors.js";
import { beginning, parseToken, tokensAfter } from "./get-plan.js";
import { groupOf, namedGroup, streamOf } from "./names.js";
import { oldestKept } from "./put-plan.js";
import { eventsOf, type StoredEvent } from "./state.js";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: a page holds so many events, or a megabyte. */
export const MOST_EVENTS = 10_000;
export const MOST_BYTES = 1_048_576;

export const readOperations = operations(Logs, {
  GetLogEvents: {
    authorize: access("GetLogEvents"),
    handle(ctx, input) {
      if (input.unmask) throw notYet("unmask");
      const group = groupOf(ctx.db, namedGroup(input, ctx));
      const stream = streamOf(ctx.db, group.name, input.logStreamName);
      const from = Math.max(input.startTime ?? 0, Math.ceil(oldestKept(group, ctx.now) ?? 0));
      const place = input.nextToken === undefined ? undefined : parseToken(input.nextToken);
      const direction = place?.direction ?? (input.startFromHead ? "f" : "b");
      const range = { from, ...(input.endTime === undefined ? {} : { to: input.endTime }), backward: direction === "b" };
      const found = page(ctx, eventsOf(stream), { ...range, ...(place ? { after: place.at } : {}), limit: input.limit ?? MOST_EVENTS });
      const inOrder = direction === "b" ? found.toReversed() : found;
      // Without a token an empty page says where the range begins, whichever way it was read: what comes later is found from there.
      const asked = place ?? beginning(direction, from);
      return {
        events: inOrder.map(({ time, record }) => ({ timestamp: time, message: record.message, ingestionTime: record.ingestion })),
        ...tokensAfter(inOrder, asked),
      };
    },
  },
});

type PageRange = NonNullable<Parameters<Context["segments"]["read"]>[1]> & { readonly limit: number };

/** As many events as were asked for and fit into a page, in the order of the read. */
function page(ctx: Context, stream: string, range: PageRange): readonly Found<StoredEvent>[] {
  const found: Found<StoredEvent>[] = [];
  let bytes = 0;
  let after = range.after;
  while (found.length < range.limit) {
    // In pieces: 10,000 events of a megabyte each would be 10 GB.
    const limit = Math.min(100, range.limit - found.length);
    const piece = ctx.segments.read<StoredEvent>(stream, { ...range, ...(after ? { after } : {}), limit });
    for (const event of piece) {
      bytes += Buffer.byteLength(event.record.message) + 26;
      if (found.length > 0 && bytes > MOST_BYTES) return found;
      found.push(event);
    }
    after = piece.at(-1);
    if (piece.length < limit) return found;
  }
  return found;
}
