/** The scope in which a stack's functions are evaluated. */
import { formatError, templateError, validationError } from "./errors.js";
import { evaluate, truth, type Scope } from "./intrinsics.js";
import type { ResolvedParameter } from "./parameters.js";
import type { Template } from "./template.js";
import { UNKNOWN, type Path, type Value } from "./value.js";

/** What the engine knows and asks of the cloud around a stack. */
export interface Environment {
  readonly account: string;
  readonly region: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly notificationArns: readonly string[];
  availabilityZones(): readonly string[];
  /** The value of an SSM parameter, `name` or `name:version`. */
  ssm(name: string): string | undefined;
  exportValue(name: string): string | undefined;
}

/** A resource that exists. */
export interface LiveResource {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, Value>>;
}

export interface ScopeOptions {
  readonly template: Template;
  /** What has no value here is unknown. */
  readonly parameters: ReadonlyMap<string, ResolvedParameter>;
  readonly environment: Environment;
  /** What exists by now; the others are unknown. */
  live(logicalId: string): LiveResource | undefined;
  /** Told of every resource that a value depends on. */
  touch?(logicalId: string): void;
  /** Told of every export that a value imports. */
  imports?(name: string): void;
}

/** A scope that also says which resources exist by their conditions. */
export interface StackScope extends Scope {
  enabled(logicalId: string): boolean;
}

export function createScope(options: ScopeOptions): StackScope {
  const { template, parameters, environment } = options;
  const decided = new Map<string, boolean | typeof UNKNOWN>();
  const deciding = new Set<string>();
  const position = (path: Path): ReturnType<Scope["position"]> => template.parsed.position(path);

  const resource = (logicalId: string, path: Path): LiveResource | undefined => {
    if (!scope.enabled(logicalId)) throw formatError(`Unresolved resource dependencies [${logicalId}] in the ${path[0]} block of the template`);
    options.touch?.(logicalId);
    return options.live(logicalId);
  };

  const scope: StackScope = {
    position,
    mappings: template.mappings,

    enabled(logicalId) {
      const definition = template.resources.get(logicalId);
      if (!definition) return false;
      return definition.condition === undefined || scope.condition(definition.condition, ["Resources", logicalId, "Condition"]) !== false;
    },

    ref(name, path) {
      if (name === "AWS::NoValue") return undefined;
      if (name.startsWith("AWS::")) return pseudoParameter(name, environment, path, scope);
      if (template.parameters.has(name)) return parameters.get(name)?.value ?? UNKNOWN;
      return resource(name, path)?.physicalId ?? UNKNOWN;
    },

    getAtt(logicalId, attribute, path) {
      const live = resource(logicalId, path);
      if (!live) return UNKNOWN;
      const value = Object.hasOwn(live.attributes, attribute) ? live.attributes[attribute] : undefined;
      if (value === undefined) throw templateError(`resource ${logicalId} does not have the attribute ${attribute}`, path, position(path));
      return value;
    },

    condition(name, path) {
      const known = decided.get(name);
      if (known !== undefined) return known;
      const definition = Object.hasOwn(template.conditions, name) ? template.conditions[name] : undefined;
      if (definition === undefined) throw templateError(`unresolved condition dependency ${name}`, path, position(path));
      if (deciding.has(name)) throw formatError(`Circular dependencies between conditions: [${[...deciding].join(", ")}]`);
      deciding.add(name);
      const at = ["Conditions", name];
      const value = truth(evaluate(definition, scope, at));
      deciding.delete(name);
      if (value === undefined) throw templateError(`the condition ${name} is not a boolean`, at, position(at));
      decided.set(name, value);
      return value;
    },

    importValue(name) {
      options.imports?.(name);
      const value = environment.exportValue(name);
      if (value === undefined) throw validationError(`No export named ${name} found.`);
      return value;
    },

    availabilityZones(region, path) {
      if (region !== "" && region !== environment.region) {
        throw templateError(`Fn::GetAZs knows the zones of the stack's own region (${environment.region}) only, not of ${region}`, path, position(path));
      }
      return environment.availabilityZones();
    },

    dynamicReference(reference) {
      const name = reference.slice(reference.indexOf(":") + 1);
      const value = environment.ssm(name);
      if (value === undefined) throw validationError(`Parameters: [${reference}] cannot be found.`);
      return value;
    },
  };
  return scope;
}

function pseudoParameter(name: string, environment: Environment, path: Path, scope: Scope): Value {
  switch (name) {
    case "AWS::AccountId":
      return environment.account;
    case "AWS::Region":
      return environment.region;
    case "AWS::StackName":
      return environment.stackName;
    case "AWS::StackId":
      return environment.stackId;
    case "AWS::NotificationARNs":
      return environment.notificationArns;
    case "AWS::Partition":
      return "aws";
    case "AWS::URLSuffix":
      return "amazonaws.com";
    default:
      throw templateError(`${name} is not a pseudo parameter`, path, scope.position(path));
  }
}
