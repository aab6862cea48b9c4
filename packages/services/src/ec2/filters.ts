/** The `Filters`, `MaxResults` and `NextToken` of every Describe operation: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html */
import { AwsError } from "@hakoniwa/kernel";
import type { Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { MANY, matcherOf, ONE, type Part } from "../glob.js";
import { pageOf, type SortKey } from "../paging.js";
import { tags } from "./state-compute.js";

type FilterValue = string | number | boolean | undefined | readonly (string | number | boolean | undefined)[];

/** The filters that an operation knows, each with the values that a record offers to it. */
export type FilterTable<R> = Readonly<Record<string, (record: R) => FilterValue>>;

const MOST_VALUES = 200;

/**
 * The records that satisfy every filter. `tag:KEY`, `tag-key` and `tag-value` are known to all; `idOf` names the tagged resource.
 * @throws AwsError InvalidParameterValue for a filter that the table doesn't have
 */
export function select<R>(
  db: Reader,
  records: readonly R[],
  filters: readonly Ec2Types.Filter[] | undefined,
  known: FilterTable<R>,
  idOf: (record: R) => string,
): readonly R[] {
  const tests = (filters ?? []).map((filter) => {
    const name = checkedName(filter);
    const offered = offers(db, name, known, idOf);
    if (!offered) throw invalidFilter(name);
    const wanted = patterns(filter);
    return (record: R) => anyText(offered(record), wanted);
  });
  return tests.length === 0 ? records : records.filter((record) => tests.every((test) => test(record)));
}

/**
 * Whether one record satisfies every filter; `offered` gives its values for a filter's name, undefined when there is no such filter.
 * @throws AwsError InvalidParameterValue for a filter that there isn't
 */
export function matches(filters: readonly Ec2Types.Filter[] | undefined, offered: (name: string) => readonly string[] | undefined): boolean {
  return (filters ?? []).every((filter) => {
    const name = checkedName(filter);
    const values = offered(name);
    if (!values) throw invalidFilter(name);
    return values.some(patterns(filter));
  });
}

export interface Page<R> {
  readonly items: readonly R[];
  readonly nextToken: string | undefined;
}

interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

/**
 * One page of a list of what has an id; `asked` is the operation's input itself.
 * @throws AwsError for a token that this operation with these filters did not give, or a size outside `smallest` … `largest`
 */
export function paginate<R extends { readonly id: string }>(all: readonly R[], asked: PageRequest, smallest = 5, largest = 1000): Page<R> {
  return paginateBy(all, asked, (record) => record.id, smallest, largest);
}

/**
 * As `paginate`, by another key than an id.
 * @param usual how many when none are asked for; all, if there is no such number
 */
export function paginateBy<R>(all: readonly R[], asked: PageRequest, key: (record: R) => SortKey, smallest = 5, largest = 1000, usual?: number): Page<R> {
  const { MaxResults: size, NextToken: token } = asked;
  if (size !== undefined && (size < smallest || size > largest)) {
    throw new AwsError("InvalidParameterValue", `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value between ${smallest} and ${largest}.`);
  }
  const invalid = (wrong: string): AwsError => new AwsError("InvalidNextToken", `The NextToken value "${wrong}" is not valid.`);
  const { records, next } = pageOf(all, { input: asked, size: size ?? usual, token, key, invalid });
  return { items: records, nextToken: next };
}

function offers<R>(db: Reader, name: string, known: FilterTable<R>, idOf: (record: R) => string): ((record: R) => FilterValue) | undefined {
  const tagged = (record: R) => db(tags).get(idOf(record))?.tags ?? [];
  if (name.startsWith("tag:")) {
    const key = name.slice("tag:".length);
    return (record) => tagged(record).find((t) => t.Key === key)?.Value;
  }
  if (name === "tag-key") return (record) => tagged(record).map((t) => t.Key);
  if (name === "tag-value") return (record) => tagged(record).map((t) => t.Value);
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/** Makes no lists of its own: this runs for every record of a table, ten thousand times for one question. */
function anyText(value: FilterValue, wanted: (text: string) => boolean): boolean {
  if (!Array.isArray(value)) return value !== undefined && wanted(String(value));
  return (value as readonly (string | number | boolean | undefined)[]).some((each) => each !== undefined && wanted(String(each)));
}

function checkedName(filter: Ec2Types.Filter): string {
  if (!filter.Name) throw new AwsError("InvalidParameterValue", "The filter 'null' is invalid");
  const count = filter.Values?.length ?? 0;
  if (count === 0) throw new AwsError("InvalidParameterValue", `The filter '${filter.Name}' must have at least one value.`);
  if (count > MOST_VALUES) {
    throw new AwsError("FilterLimitExceeded", `The maximum number of filter values specified on a single call is ${MOST_VALUES}`);
  }
  return filter.Name;
}

function invalidFilter(name: string): AwsError {
  return new AwsError("InvalidParameterValue", `The filter '${name}' is invalid`);
}

function patterns(filter: Ec2Types.Filter): (value: string) => boolean {
  const tests = (filter.Values ?? []).map(wildcard);
  return tests.length === 1 ? tests[0]! : (value) => tests.some((test) => test(value));
}

/** `*` is any text, `?` any one character, a backslash before them means themselves. */
export function wildcard(pattern: string): (value: string) => boolean {
  return matcherOf(pattern.split(/(\\[*?\\]|[*?])/).filter((part) => part !== "").map(partOf));
}

function partOf(text: string): Part {
  if (text === "*") return MANY;
  if (text === "?") return ONE;
  return /^\\[*?\\]$/.test(text) ? text.slice(1) : text;
}
