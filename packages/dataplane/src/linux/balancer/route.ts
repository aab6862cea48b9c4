/** What becomes of one request: the listener's rules, the groups' weights and the client's cookies decide. */
import type { BalancerAction, BalancerRule, ForwardTo, Stickiness } from "@hakoniwa/network";
import type { Backend } from "./backends.js";
import { cookieOf, COOKIES, markOf, setCookieLines, setsCookie, unsealed } from "./cookies.js";
import type { RequestHead } from "./framing/request-head.js";
import type { ResponseHead } from "./framing/response-head.js";
import type { Group } from "./group.js";
import type { Generation } from "./replies.js";
import { locationOf } from "./routing/redirect.js";
import { factsOf } from "./routing/request-facts.js";
import type { CompiledRules } from "./routing/rules.js";

export type Route =
  | ForwardRoute
  | { readonly kind: "reply"; readonly rule: BalancerRule; readonly status: number; readonly contentType: string; readonly body: string; readonly location?: string | undefined };

export interface ForwardRoute {
  readonly kind: "forward";
  readonly rule: BalancerRule;
  /** The target group; undefined when the action's have no weight. */
  readonly group: string | undefined;
  /** @param tried backends that this request could not reach */
  choose(tried: ReadonlySet<Backend> | undefined): Backend | undefined;
  /** Header lines for a response from `backend`, each with its CRLF. */
  cookies(backend: Backend, response: ResponseHead): string;
}

export interface Routing {
  readonly generation: Generation;
  readonly rules: CompiledRules;
  readonly groups: ReadonlyMap<string, Group>;
  readonly port: number;
  readonly secure: boolean;
}

type Forward = Extract<BalancerAction, { readonly kind: "forward" }>;

export function routeOf(routing: Routing, head: RequestHead, clientAddress: string): Route {
  const { rules, secure, port } = routing;
  const facts = factsOf(head, clientAddress);
  const rule = rules.find(facts);
  const { action } = rule;
  if (action.kind === "forward") {
    return forward(routing, rule, action, head);
  }
  if (action.kind === "redirect") {
    const location = locationOf(action.redirect, facts, { secure, port });
    return { kind: "reply", rule, status: action.redirect.status, contentType: "text/html", body: "", location };
  }
  return { kind: "reply", rule, status: action.status, contentType: action.contentType, body: action.body };
}

/** The target for a connection of a listener that looks at no requests. */
export function targetOf({ rules, groups }: Routing, tried: ReadonlySet<Backend> | undefined): Backend | undefined {
  const { action } = rules.fallback;
  const to = action.kind === "forward" ? byWeight(action.to) : undefined;
  return to && groups.get(to.group)?.choose({ at: to.at, tried });
}

function forward({ groups, generation, secure }: Routing, rule: BalancerRule, action: Forward, head: RequestHead): ForwardRoute {
  const now = Date.now();
  const kept = action.stickiness && unsealed(cookieOf(head.headers, COOKIES.groups) ?? "", now);
  const to = (kept && action.to.find(({ group, weight }) => weight > 0 && markOf(group) === kept)) || byWeight(action.to);
  const group = to && groups.get(to.group);
  const stickiness = to?.at === undefined ? group?.spec.stickiness : to.at.stickiness;
  const mark = stickiness && keptWith(stickiness, generation, head, now);
  return {
    kind: "forward",
    rule,
    group: to?.group,
    choose: (tried) => group?.choose({ at: to?.at, tried, mark }),
    cookies(backend, response) {
      let lines = "";
      if (action.stickiness && to) {
        const { duration } = action.stickiness;
        lines += setCookieLines({ names: COOKIES.groups, mark: markOf(to.group), duration, generation, secure }, Date.now());
      }
      if (stickiness && isSetAnew(stickiness, generation, mark, backend, response)) {
        const names = COOKIES[generation][stickiness.kind];
        lines += setCookieLines({ names, mark: backend.mark, duration: stickiness.duration, generation, secure }, Date.now());
      }
      return lines;
    },
  };
}

/** What the client's cookies say of the target that it is kept with. */
function keptWith(stickiness: Stickiness, generation: Generation, head: RequestHead, now: number): string | undefined {
  const own = cookieOf(head.headers, COOKIES[generation][stickiness.kind]);
  // Without the application's own cookie there is no session to keep.
  const ends = stickiness.kind === "application" && cookieOf(head.headers, [stickiness.cookie]) === undefined;
  return own === undefined || ends ? undefined : unsealed(own, now);
}

/** An Application Load Balancer sets its cookie with every response, so that it lasts on; Classic's expires when it said it would. */
function isSetAnew(stickiness: Stickiness, generation: Generation, mark: string | undefined, backend: Backend, response: ResponseHead): boolean {
  const moved = mark !== backend.mark;
  if (stickiness.kind === "application") {
    return setsCookie(response.headers, stickiness.cookie);
  }
  return generation === "application" || moved;
}

/** One of the groups, at random by weight. */
function byWeight(to: readonly ForwardTo[]): ForwardTo | undefined {
  const [only] = to;
  if (only !== undefined && to.length === 1) {
    return only.weight > 0 ? only : undefined;
  }
  const sum = to.reduce((total, { weight }) => total + weight, 0);
  let point = Math.random() * sum;
  for (const one of to) {
    point -= one.weight;
    if (point < 0) {
      return one;
    }
  }
  return undefined;
}
