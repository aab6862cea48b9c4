/** Actions of listeners and rules: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html */
import type { Database } from "@hakoniwa/kernel";
import type { Elbv2Types } from "@hakoniwa/wire";
import { invalidLoadBalancerAction, notYet, tooMany, validationError } from "./errors.js";
import { findTargetGroup } from "./find.js";
import { LIMITS } from "./limits.js";
import type { Action } from "./state.js";

const CONTENT_TYPES = ["text/plain", "text/css", "text/html", "application/javascript", "application/json"];
const LONGEST_STICKINESS = 604_800;
const MOST_WEIGHT = 999;

/** @throws AwsError when an action is not what AWS, or we, can take */
export function parseActions(db: Database, actions: readonly Elbv2Types.Action[]): readonly Action[] {
  const parsed = actions.map((action) => parseAction(db, action)).toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
  if (parsed.length === 0) throw validationError("An action must be specified");
  if (parsed.length > 1) throw invalidLoadBalancerAction("Exactly one action of type forward, redirect or fixed-response must be specified, and it must be the last one");
  return parsed;
}

function parseAction(db: Database, action: Elbv2Types.Action): Action {
  const order = action.Order;
  if (action.Type === "forward") return parseForward(db, action);
  if (action.Type === "redirect") return parseRedirect(action.RedirectConfig, order);
  if (action.Type === "fixed-response") return parseFixedResponse(action.FixedResponseConfig, order);
  throw notYet(`actions of type ${action.Type}`);
}

function parseForward(db: Database, { TargetGroupArn: single, ForwardConfig: config, Order: order }: Elbv2Types.Action): Action {
  const listed = config?.TargetGroups ?? [];
  if (listed.length === 0 && single === undefined) throw validationError("A target group ARN must be specified for an action of type 'forward'");
  if (single !== undefined && listed.length > 0 && (listed.length > 1 || listed[0]?.TargetGroupArn !== single)) {
    throw validationError("You cannot specify both a target group ARN and different target groups in ForwardConfig");
  }
  const given = listed.length > 0 ? listed : [{ TargetGroupArn: single }];
  if (given.length > LIMITS["target-groups-per-action-on-application-load-balancer"]) throw tooMany("UniqueTargetGroupsPerLoadBalancer", 5);
  const to = given.map(({ TargetGroupArn: arn = "", Weight: weight = 1 }: Elbv2Types.TargetGroupTuple) => {
    findTargetGroup(db, arn);
    if (!Number.isInteger(weight) || weight < 0 || weight > MOST_WEIGHT) throw validationError(`Weight '${weight}' must be between 0 and ${MOST_WEIGHT}`);
    return { arn, weight };
  });
  if (new Set(to.map(({ arn }) => arn)).size < to.length) throw validationError("A target group may be specified only once in an action");
  return { type: "forward", order, to, stickySeconds: parseStickiness(config?.TargetGroupStickinessConfig) };
}

function parseStickiness(config: Elbv2Types.TargetGroupStickinessConfig | undefined): number | undefined {
  const seconds = config?.DurationSeconds;
  if (seconds !== undefined && (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST_STICKINESS)) {
    throw validationError(`Target group stickiness duration '${seconds}' must be between 1 and ${LONGEST_STICKINESS} seconds`);
  }
  if (config?.Enabled !== true) return undefined;
  if (seconds === undefined) throw validationError("Target group stickiness duration must be specified when stickiness is enabled");
  return seconds;
}

/** Placeholders may be in any part but the protocol's and port's, which may be one alone. */
function parseRedirect(config: Elbv2Types.RedirectActionConfig | undefined, order: number | undefined): Action {
  if (!config) throw validationError("A RedirectConfig must be specified for an action of type 'redirect'");
  const protocol = config.Protocol ?? "#{protocol}";
  const host = config.Host ?? "#{host}";
  const port = config.Port ?? "#{port}";
  const path = config.Path ?? "/#{path}";
  const query = config.Query ?? "#{query}";
  if (!["HTTP", "HTTPS", "#{protocol}"].includes(protocol.toUpperCase()) && protocol !== "#{protocol}") throw validationError(`Redirect protocol '${protocol}' must be HTTP, HTTPS or #{protocol}`);
  if (port !== "#{port}" && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65535)) throw validationError(`Redirect port '${port}' must be between 1 and 65535, or #{port}`);
  if (host.length < 1 || host.length > 128) throw validationError(`Redirect host '${host}' must be 1 to 128 characters long`);
  if (!path.startsWith("/") || path.length > 128) throw validationError(`Redirect path '${path}' must begin with '/' and be at most 128 characters long`);
  if (query.startsWith("?") || query.length > 128) throw validationError(`Redirect query '${query}' must not begin with '?' and be at most 128 characters long`);
  for (const part of [host, path, query]) checkText(part);
  // What would lead back to the same request goes round in circles.
  if ([protocol, host, port, path, query].join("|") === "#{protocol}|#{host}|#{port}|/#{path}|#{query}") {
    throw invalidLoadBalancerAction("The redirect configuration is not valid because it creates a loop");
  }
  return { type: "redirect", order, status: config.StatusCode, protocol, host, port, path, query };
}

function parseFixedResponse(config: Elbv2Types.FixedResponseActionConfig | undefined, order: number | undefined): Action {
  if (!config) throw validationError("A FixedResponseConfig must be specified for an action of type 'fixed-response'");
  const { StatusCode: status, ContentType: contentType, MessageBody: body } = config;
  if (!/^[245]\d\d$/.test(status)) throw validationError(`Fixed response status code '${status}' must be 2XX, 4XX or 5XX`);
  if (contentType !== undefined && !CONTENT_TYPES.includes(contentType)) throw invalidLoadBalancerAction(`The ContentType must be one of:'${CONTENT_TYPES.join("', '")}'`);
  if ((body ?? "").length > 1024) throw validationError("The message body of a fixed response must be at most 1024 characters long");
  return { type: "fixed-response", order, status, contentType, body };
}

/** What goes into a header must not end it. */
function checkText(value: string): void {
  if (/[^\x20-\x7e]/.test(value)) throw validationError(`Redirect part '${value}' has a character that is not allowed`);
}

export function showActions(actions: readonly Action[]): readonly Elbv2Types.Action[] {
  return actions.map((action) => {
    const head = { Type: action.type, Order: action.order };
    if (action.type === "forward") {
      const [only] = action.to;
      return {
        ...head,
        TargetGroupArn: action.to.length === 1 ? only?.arn : undefined,
        ForwardConfig: {
          TargetGroups: action.to.map(({ arn, weight }) => ({ TargetGroupArn: arn, Weight: weight })),
          TargetGroupStickinessConfig: { Enabled: action.stickySeconds !== undefined, DurationSeconds: action.stickySeconds },
        },
      };
    }
    if (action.type === "redirect") {
      const { protocol, host, port, path, query, status } = action;
      return { ...head, RedirectConfig: { Protocol: protocol, Host: host, Port: port, Path: path, Query: query, StatusCode: status } };
    }
    return { ...head, FixedResponseConfig: { StatusCode: action.status, ContentType: action.contentType, MessageBody: action.body } };
  });
}
