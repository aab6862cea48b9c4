/**
 * Which operation of a REST service a request means: its method, path, and for S3 its query and headers too.
 * https://smithy.io/2.0/spec/http-bindings.html#http-trait
 */
import type { Model } from "./model.js";
import type { Operation } from "./shape.js";

/** A path or a query that is not percent-encoded UTF-8. */
export class MalformedUri extends Error {
  override readonly name = "MalformedUri";
}

export interface RouteRequest {
  readonly method: string;
  /** The path's segments, still escaped. */
  readonly segments: readonly string[];
  readonly query: Query;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** By name, every value; decoded. */
export type Query = ReadonlyMap<string, readonly string[]>;

export interface RouteMatch {
  readonly operation: Operation;
  /** Decoded. */
  readonly labels: ReadonlyMap<string, string>;
  readonly query: Query;
}

type Segment = { readonly literal: string } | { readonly label: string; readonly greedy: boolean };

interface Route {
  readonly operation: Operation;
  readonly segments: readonly Segment[];
  /** Which paths it matches; routes alike in this differ in their queries only. */
  readonly pattern: string;
  /** Query parameters of the template: `tagging`, `list-type=2`; without `x-id`, which is a hint. */
  readonly literals: readonly (readonly [name: string, value: string | undefined])[];
  readonly requiredQuery: readonly string[];
  readonly boundQuery: ReadonlySet<string>;
  readonly requiredHeaders: readonly string[];
  readonly weight: number;
}

export interface Routes {
  readonly byMethod: ReadonlyMap<string, readonly Route[]>;
  /** By pattern: the query parameters that choose between operations, so that none is carried out with them ignored. */
  readonly choosing: ReadonlyMap<string, ReadonlySet<string>>;
}

function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new MalformedUri(`'${text.slice(0, 100)}' is not percent-encoded UTF-8`);
  }
}

/** Throws MalformedUri. */
export function parseQuery(search: string): Query {
  const query = new Map<string, string[]>();
  for (const pair of search.split("&")) {
    if (pair === "") {
      continue;
    }
    const equals = pair.indexOf("=");
    const name = unescape((equals < 0 ? pair : pair.slice(0, equals)).replaceAll("+", " "));
    const value = equals < 0 ? "" : unescape(pair.slice(equals + 1).replaceAll("+", " "));
    const same = query.get(name);
    if (same) {
      same.push(value);
    } else {
      query.set(name, [value]);
    }
  }
  return query;
}

/** What stands between a path's slashes. An empty segment counts: without it another operation would be meant. */
export function pathSegments(path: string): readonly string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}

function templateSegments(path: string): readonly Segment[] {
  return pathSegments(path).map((part) => {
    const label = /^\{(\w+)(\+?)\}$/.exec(part);
    return label ? { label: label[1]!, greedy: label[2] === "+" } : { literal: part };
  });
}

function routeOf(operation: Operation): Route | undefined {
  if (!operation.http) {
    return undefined;
  }
  const [, template] = operation.http;
  const [path = "", search = ""] = template.split("?");
  const { members } = operation.input;
  // S3's templates leave the bucket to the endpoint's rules; in a path it comes first.
  const implied = members.filter((member) => member.traits.httpLabel && !template.includes(`{${member.name}}`) && !template.includes(`{${member.name}+}`));
  const segments = [...implied.map((member) => ({ label: member.name, greedy: false })), ...templateSegments(path)];
  const pairs = search.split("&").filter((pair) => pair !== "" && !pair.startsWith("x-id="));
  const literals = pairs.map((pair) => {
    const [name = "", value] = pair.split("=");
    return [name, value] as const;
  });
  const required = members.filter((member) => member.required);
  const requiredQuery = required.flatMap((member) => member.traits.httpQuery ?? []);
  const requiredHeaders = required.flatMap((member) => member.traits.httpHeader?.toLowerCase() ?? []);
  const literalSegments = segments.filter((segment) => "literal" in segment).length;
  return {
    operation,
    segments,
    pattern: segments.map((segment) => ("literal" in segment ? segment.literal : segment.greedy ? "{+}" : "{}")).join("/"),
    literals,
    requiredQuery,
    boundQuery: new Set([...literals.map(([name]) => name), ...members.flatMap((member) => member.traits.httpQuery ?? [])]),
    requiredHeaders,
    weight: literalSegments * 1000 - (segments.some((segment) => "label" in segment && segment.greedy) ? 500 : 0) + literals.length * 4 + (requiredQuery.length + requiredHeaders.length) * 2,
  };
}

/** A REST service's routes, the most specific first. */
export function routesOf(model: Model): Routes {
  const routes = model.schemas.operationNames().flatMap((name) => routeOf(model.schemas.operation(name)!) ?? []);
  routes.sort((a, b) => b.weight - a.weight || (a.operation.name < b.operation.name ? -1 : 1));
  const byMethod = new Map<string, Route[]>();
  const choosing = new Map<string, Set<string>>();
  for (const route of routes) {
    const method = route.operation.http![0];
    byMethod.set(method, [...(byMethod.get(method) ?? []), route]);
    const names = choosing.get(route.pattern) ?? new Set();
    // `list-type=2` chooses between two ways to list, `tagging` between an object and its tags.
    for (const name of [...route.literals.filter(([, value]) => value === undefined).map(([literal]) => literal), ...route.requiredQuery]) {
      names.add(name);
    }
    choosing.set(route.pattern, names);
  }
  return { byMethod, choosing };
}

/** The labels' raw values, or undefined when the path is another. */
function labelsOf(route: Route, segments: readonly string[]): readonly (readonly [string, string])[] | undefined {
  const labels: (readonly [string, string])[] = [];
  let at = 0;
  for (const [index, segment] of route.segments.entries()) {
    if ("literal" in segment) {
      if (segments[at] !== segment.literal) {
        return undefined;
      }
      at++;
      continue;
    }
    const after = route.segments.length - index - 1;
    const end = segment.greedy ? segments.length - after : at + 1;
    const value = segments.slice(at, end).join("/");
    if (end > segments.length || value === "") {
      return undefined;
    }
    labels.push([segment.label, value]);
    at = end;
  }
  return at === segments.length ? labels : undefined;
}

function accepts(route: Route, { query, headers }: RouteRequest): boolean {
  return (
    route.literals.every(([name, value]) => (value === undefined ? query.has(name) : query.get(name)?.[0] === value)) &&
    route.requiredQuery.every((name) => query.has(name)) &&
    route.requiredHeaders.every((name) => headers[name] !== undefined)
  );
}

/** The operation that the request means, if there is one. Throws MalformedUri. */
export function matchRoute(routes: Routes, request: RouteRequest): RouteMatch | undefined {
  const hint = request.query.get("x-id")?.[0];
  let best: { readonly route: Route; readonly labels: readonly (readonly [string, string])[] } | undefined;
  for (const route of routes.byMethod.get(request.method) ?? []) {
    if (best && (route.weight < best.route.weight || best.route.operation.name === hint)) {
      break;
    }
    const labels = labelsOf(route, request.segments);
    if (labels && accepts(route, request) && (!best || route.operation.name === hint)) {
      best = { route, labels };
    }
  }
  if (!best) {
    return undefined;
  }
  const { route, labels } = best;
  const choosing = routes.choosing.get(route.pattern)!;
  if ([...request.query.keys()].some((name) => choosing.has(name) && !route.boundQuery.has(name))) {
    return undefined;
  }
  return { operation: route.operation, labels: new Map(labels.map(([name, value]) => [name, unescape(value)])), query: request.query };
}
