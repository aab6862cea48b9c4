/** Conditions of rules: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html */
import type { Elbv2Types } from "@hakoniwa/wire";
import { notYet, tooMany, validationError } from "./errors.js";
import { LIMITS } from "./limits.js";
import type { Condition } from "./state.js";

const FIELDS = ["path-pattern", "host-header", "http-header", "http-request-method", "query-string", "source-ip"];
const ONCE = ["path-pattern", "host-header", "http-request-method", "source-ip"];
const LONGEST = 128;
const HOST = /^[A-Za-z0-9.*?-]+$/;
const PATH = /^[A-Za-z0-9_.$/~"'@:+&*?%=!,;()#\\-]+$/;
const METHOD = /^[A-Z_-]{1,40}$/;
const HEADER = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,40}$/;
const CIDR = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/** @throws ValidationError, TooManyRules… for what AWS does not take */
export function parseConditions(conditions: readonly Elbv2Types.RuleCondition[]): readonly Condition[] {
  if (conditions.length === 0) throw validationError("A condition must be specified");
  const parsed = conditions.map(parseCondition);
  for (const field of ONCE) {
    if (parsed.filter((condition) => condition.field === field).length > 1) throw validationError(`Only one condition of type '${field}' may be specified`);
  }
  const values = parsed.flatMap(valuesOf);
  if (values.length > LIMITS["condition-values-per-alb-rule"]) throw validationError(`A rule can have at most '${LIMITS["condition-values-per-alb-rule"]}' condition values`);
  const wildcards = values.reduce((sum, value) => sum + (value.match(/[*?]/g)?.length ?? 0), 0);
  if (wildcards > LIMITS["condition-wildcards-per-alb-rule"]) throw tooMany("Rules", LIMITS["condition-wildcards-per-alb-rule"]);
  return parsed;
}

function valuesOf(condition: Condition): readonly string[] {
  return condition.field === "query-string" ? condition.pairs.map(({ key, value }) => `${key ?? ""}=${value}`) : condition.values;
}

function parseCondition(condition: Elbv2Types.RuleCondition): Condition {
  const field = condition.Field ?? "";
  if (!FIELDS.includes(field)) throw validationError(`Condition field '${field}' must be one of '[${FIELDS.join(",")}]'`);
  const regex = [condition, condition.HostHeaderConfig, condition.PathPatternConfig, condition.HttpHeaderConfig].find((each) => each?.RegexValues?.length);
  if (regex) throw notYet("regular expressions in conditions");
  switch (field) {
    case "host-header":
      return { field, values: texts(field, condition, condition.HostHeaderConfig?.Values, HOST) };
    case "path-pattern":
      return { field, values: texts(field, condition, condition.PathPatternConfig?.Values, PATH) };
    case "http-request-method":
      return { field, values: texts(field, { Values: undefined }, condition.HttpRequestMethodConfig?.Values, METHOD) };
    case "source-ip":
      return { field, values: texts(field, { Values: undefined }, condition.SourceIpConfig?.Values, CIDR).map(checkCidr) };
    case "http-header": {
      const name = condition.HttpHeaderConfig?.HttpHeaderName ?? "";
      if (!HEADER.test(name)) throw validationError(`The header name '${name}' of a condition of type 'http-header' is not valid`);
      if (name.toLowerCase() === "host") throw validationError("The host header cannot be used in a condition of type 'http-header'; use 'host-header'");
      return { field, name, values: texts(field, { Values: undefined }, condition.HttpHeaderConfig?.Values, /^[\x20-\x7e]+$/) };
    }
    default:
      return { field: "query-string", pairs: pairs(condition.QueryStringConfig?.Values ?? []) };
  }
}

/** The one form or the other: `Values` is the older one. */
function texts(field: string, { Values: old }: { readonly Values?: readonly string[] | undefined }, config: readonly string[] | undefined, form: RegExp): readonly string[] {
  if (old?.length && config?.length) throw validationError(`You cannot provide both Values and a configuration for a condition of type '${field}'`);
  if (old && old.length > 1) throw validationError(`The '${field}' field contains too many values; the limit is '1'`);
  const values = config?.length ? config : (old ?? []);
  if (values.length === 0) throw validationError("A condition value must be specified");
  for (const value of values) {
    if (value.length > LONGEST) throw validationError(`The '${field}' value is too long; the limit is '${LONGEST}'`);
    if (!form.test(value)) throw validationError(`The '${field}' value '${value}' is not valid`);
  }
  return values;
}

function checkCidr(cidr: string): string {
  const numbers = (CIDR.exec(cidr) ?? []).slice(1).map(Number);
  if (numbers.slice(0, 4).some((part) => part > 255) || (numbers[4] ?? 33) > 32) throw validationError(`The 'source-ip' value '${cidr}' is not a CIDR block`);
  return cidr;
}

function pairs(values: readonly Elbv2Types.QueryStringKeyValuePair[]): readonly { readonly key: string | undefined; readonly value: string }[] {
  if (values.length === 0) throw validationError("A 'QueryStringConfig' must be specified with 'query-string'");
  return values.map(({ Key: key, Value: value }) => {
    if (!value) throw validationError("A 'Value' must be specified in 'QueryStringKeyValuePair'");
    if (value.length > LONGEST || (key ?? "").length > LONGEST) throw validationError(`The 'query-string' value is too long; the limit is '${LONGEST}'`);
    return { key: key === "" ? undefined : key, value };
  });
}

/** One value of a host or path is shown in the older form too, as AWS does. */
export function showConditions(conditions: readonly Condition[]): readonly Elbv2Types.RuleCondition[] {
  return conditions.map((condition) => {
    switch (condition.field) {
      case "host-header":
        return { Field: condition.field, Values: condition.values, HostHeaderConfig: { Values: condition.values } };
      case "path-pattern":
        return { Field: condition.field, Values: condition.values, PathPatternConfig: { Values: condition.values } };
      case "http-request-method":
        return { Field: condition.field, HttpRequestMethodConfig: { Values: condition.values } };
      case "source-ip":
        return { Field: condition.field, SourceIpConfig: { Values: condition.values } };
      case "http-header":
        return { Field: condition.field, HttpHeaderConfig: { HttpHeaderName: condition.name, Values: condition.values } };
      case "query-string":
        return { Field: condition.field, QueryStringConfig: { Values: condition.pairs.map(({ key, value }) => ({ Key: key, Value: value })) } };
    }
  });
}
