/** ListMetrics: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
import { Cloudwatch } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { pageOf } from "../paging.js";
import { shownDimensions } from "./dimensions.js";
import { invalidToken, notYet } from "./errors.js";
import { metrics } from "./state.js";

const PAGE = 500;
/** Metrics without data for longer are no longer listed. */
const LISTED = 14 * 24 * 3_600_000;
const RECENTLY = 3 * 3_600_000;

export const listOperations = operations(Cloudwatch, {
  ListMetrics: {
    authorize: onEverything("cloudwatch:ListMetrics"),
    handle(ctx, input) {
      if (input.IncludeLinkedAccounts || input.OwningAccount !== undefined) throw notYet("metrics of linked accounts");
      const since = ctx.now - (input.RecentlyActive === undefined ? LISTED : RECENTLY);
      const wanted = input.Dimensions ?? [];
      const found = ctx
        .db(metrics)
        .list()
        .filter(
          (metric) =>
            // A record's time is some minutes behind its latest point.
            metric.latest >= since &&
            (input.Namespace === undefined || metric.namespace === input.Namespace) &&
            (input.MetricName === undefined || metric.name === input.MetricName) &&
            wanted.every(({ Name, Value }) => metric.dimensions.some(({ name, value }) => name === Name && (Value === undefined || value === Value))),
        );
      const { records, next } = pageOf(found, { input, size: PAGE, token: input.NextToken, key: ({ id }) => id, invalid: invalidToken });
      return {
        Metrics: records.map(({ namespace, name, dimensions }) => ({ Namespace: namespace, MetricName: name, Dimensions: shownDimensions(dimensions) })),
        NextToken: next,
      };
    },
  },
});
