/** What GetMetricData and alarms on math ask: queries that name metrics, and calculations that name queries. */
import type { Scope, Segments } from "@hakoniwa/kernel";
import type { CloudwatchTypes } from "@hakoniwa/wire";
import { dimensionsOf } from "./dimensions.js";
import { notYet, validation } from "./errors.js";
import { checkPeriod, roundedStart } from "./get-statistics.js";
import { evaluateMath } from "./math/evaluate.js";
import { LACKING } from "./math/functions.js";
import { MathError, namesIn, parseMath, type Node } from "./math/parse.js";
import type { Series, Value } from "./math/values.js";
import { metricId, periodsOf } from "./series.js";
import { statisticOf } from "./statistics.js";

type Query = CloudwatchTypes.MetricDataQuery;

const MOST_QUERIES = 500;
const LONGEST_EXPRESSION = 2_048;

/** @throws AwsError ValidationError for the first thing that is wrong; `path` names the parameter that holds them */
export function checkQueries(queries: readonly Query[], path: string): void {
  if (queries.length === 0) throw validation(`The parameter ${path} must have a query at least.`);
  if (queries.length > MOST_QUERIES) throw validation(`The collection ${path} must not have a size greater than ${MOST_QUERIES}.`);
  queries.forEach((query, index) => checkQuery(query, queries, `${path}.member.${index + 1}`));
  for (const query of queries) checkAcyclic(query, queries, []);
}

function checkQuery(query: Query, all: readonly Query[], path: string): void {
  const { Id, MetricStat: stat, Expression: expression } = query;
  if (!/^[a-z]\w{0,254}$/.test(Id)) throw validation(`The value ${Id} for parameter ${path}.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`);
  if (all.filter((other) => other.Id === Id).length > 1) throw validation(`The value ${Id} for parameter ${path}.Id is not unique.`);
  if ((stat === undefined) === (expression === undefined)) throw validation(`The parameter ${path} must have either MetricStat or Expression.`);
  if (query.AccountId !== undefined) throw notYet("metrics of other accounts");
  if (stat) {
    checkPeriod(stat.Period, `${path}.MetricStat.Period`);
    if (!statisticOf(stat.Stat)) throw validation(`The value ${stat.Stat} for parameter ${path}.MetricStat.Stat is not supported.`);
    if (!stat.Metric.Namespace || !stat.Metric.MetricName) throw validation(`The parameters ${path}.MetricStat.Metric.Namespace and MetricName are required.`);
    dimensionsOf(stat.Metric.Dimensions, `${path}.MetricStat.Metric.Dimensions`);
  } else checkExpression(Id, expression!, all);
}

function checkExpression(id: string, expression: string, all: readonly Query[]): void {
  if (expression.length > LONGEST_EXPRESSION) throw validation(`Error in expression '${id}': it has more than ${LONGEST_EXPRESSION} characters.`);
  if (/^\s*SELECT\s/i.test(expression)) throw notYet("Metrics Insights queries");
  const names = inWords(id, () => namesIn(parseMath(expression)));
  const lacking = LACKING.find((name) => new RegExp(`\\b${name}\\s*\\(`, "i").test(expression));
  if (lacking !== undefined) throw notYet(`the function ${lacking} of metric math`);
  const unknown = names.find((name) => !/^(METRICS|REPEAT|LINEAR)$/.test(name) && !all.some((query) => query.Id === name));
  if (unknown !== undefined) throw validation(`Error in expression '${id}': Undefined variable: ${unknown}`);
}

function checkAcyclic(query: Query, all: readonly Query[], above: readonly string[]): void {
  if (query.Expression === undefined) return;
  if (above.includes(query.Id)) throw validation(`Error in expression '${query.Id}': it refers to itself.`);
  for (const name of namesIn(parseMath(query.Expression))) {
    const other = all.find(({ Id }) => Id === name);
    if (other) checkAcyclic(other, all, [...above, query.Id]);
  }
}

export interface Answer {
  readonly query: Query;
  readonly series: readonly Series[];
}

export interface Asking {
  readonly segments: Pick<Segments, "read">;
  readonly scope: Scope;
  readonly now: number;
  readonly from: number;
  readonly to: number;
  /** For alarms, whose periods end when they are evaluated: begin at `from` as it is. */
  readonly exact?: boolean;
}

/**
 * The answers of the queries that return data.
 * @throws AwsError ValidationError for a calculation that comes out as no time series
 */
export function answersOf(queries: readonly Query[], asking: Asking): readonly Answer[] {
  const known = new Map<string, Value>();
  const metrics: Series[] = [];
  for (const query of queries) {
    if (!query.MetricStat) continue;
    const series = seriesOf(query, query.MetricStat, asking);
    metrics.push(series);
    known.set(query.Id, series);
  }
  const period = Math.min(...metrics.map((metric) => metric.period), 86_400);
  const frame = { from: asking.exact ? asking.from : roundedStart(asking.from, period, asking.now), to: asking.to, metrics };
  const valueOf = (id: string): Value | undefined => {
    const found = known.get(id);
    const query = queries.find((each) => each.Id === id);
    if (found || query?.Expression === undefined) return found;
    const value = inWords(id, () => evaluateMath(parsed(query.Expression!), valueOf, frame));
    known.set(id, value);
    return value;
  };
  return queries.filter(({ ReturnData = true }) => ReturnData).map((query) => ({ query, series: shown(query, valueOf(query.Id)!) }));
}

function parsed(expression: string): Node {
  return parseMath(expression);
}

function seriesOf(query: Query, stat: CloudwatchTypes.MetricStat, { segments, scope, now, from, to, exact }: Asking): Series {
  const { Namespace, MetricName, Dimensions } = stat.Metric;
  const id = metricId(Namespace ?? "", MetricName ?? "", dimensionsOf(Dimensions, "Dimensions"));
  const start = exact ? from : roundedStart(from, stat.Period, now);
  const points = new Map<number, number>();
  const statistic = statisticOf(stat.Stat)!;
  for (const [time, summary] of periodsOf(segments, scope, { id, from: start, to, period: stat.Period * 1_000, unit: stat.Unit })) {
    const value = statistic(summary);
    if (value !== undefined) points.set(time, value);
  }
  return { kind: "series", label: query.Label ?? MetricName ?? query.Id, points, period: stat.Period };
}

function shown(query: Query, value: Value): readonly Series[] {
  if (value.kind === "series") return [{ ...value, label: query.Label ?? (query.MetricStat ? value.label : query.Id) }];
  if (value.kind === "list") return value.items.map((item) => ({ ...item, label: query.Label === undefined ? item.label : `${query.Label} ${item.label}` }));
  throw validation(`Error in expression '${query.Id}': The expression must return a time series or an array of time series.`);
}

function inWords<T>(id: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof MathError) throw validation(`Error in expression '${id}': ${error.message}`);
    throw error;
  }
}
