/** The scope in which a stack's functions are evaluated. */
import { formatError, templateError, validationError } from "./errors.js";
import { truth } from "./condition-functions.js";
import type { Scope } from "./function.js";
import { evaluate } from "./intrinsics.js";
import type { ResolvedParameter } from "./parameters.js";
import { takesSecrets } from "./secrets.js";
import type { ResourceDefinition, Template } from "./template.js";
import { UNKNOWN, type Path, type Value } from "./value.js";

/** As long as a template itself may be: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const LONGEST_TEXT = 1_000_000;
/** What functions may make altogether. They multiply what they repeat: a few lines of template can ask for more than there is memory. */
const MOST_TEXT = 32_000_000;

/** How long a chain of conditions may be that hang on each other. */
const DEEPEST_CONDITION = 20;

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
  /** What rules may ask of what a parameter of one of EC2's types names: `VpcId`, `Tags.Name` … */
  parameterAttribute(type: string, value: string, attribute: string): string | undefined;
}

/** A resource that exists. */
export interface LiveResource {
  readonly physicalId: string;
  readonly attributes: Readonly<Record<string, Value>>;
  /** It is about to change in place. */
  readonly attributesUnknown?: boolean;
}

export interface ScopeOptions {
  readonly template: Pick<Template, "parsed" | "extended" | "parameters" | "mappings" | "conditions"> & { readonly resources: ReadonlyMap<string, Pick<ResourceDefinition, "condition" | "type">> };
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
  let written = 0;
  const position = (path: Path): ReturnType<Scope["position"]> => template.parsed.position(path);

  const resource = (logicalId: string, path: Path): LiveResource | undefined => {
    if (!scope.enabled(logicalId)) throw formatError(`Unresolved resource dependencies [${logicalId}] in the ${path[0]} block of the template`);
    options.touch?.(logicalId);
    return options.live(logicalId);
  };

  const scope: StackScope = {
    position,
    write(length, path) {
      written += length;
      if (length > LONGEST_TEXT) throw templateError(`the string would have ${length} characters; at most ${LONGEST_TEXT} are possible`, path, position(path));
      if (written > MOST_TEXT) throw templateError(`the functions would make more than ${MOST_TEXT} characters altogether`, path, position(path));
    },

    mappings: template.mappings,
    extended: template.extended,

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
      if (!live || live.attributesUnknown) return UNKNOWN;
      const value = Object.hasOwn(live.attributes, attribute) ? live.attributes[attribute] : undefined;
      if (value === undefined && attribute.startsWith("Outputs.")) throw validationError(`Output '${attribute.slice("Outputs.".length)}' not found in stack '${live.physicalId}'`);
      if (value === undefined) throw templateError(`resource ${logicalId} does not have the attribute ${attribute}`, path, position(path));
      return value;
    },

    condition(name, path) {
      const known = decided.get(name);
      if (known !== undefined) return known;
      const definition = Object.hasOwn(template.conditions, name) ? template.conditions[name] : undefined;
      if (definition === undefined) throw templateError(`unresolved condition dependency ${name}`, path, position(path));
      if (deciding.has(name)) throw formatError(`Circular dependencies between conditions: [${[...deciding].join(", ")}]`);
      // Each may be as deep as a template, and where the stack ends so does the whole process.
      if (deciding.size >= DEEPEST_CONDITION) throw formatError(`Conditions are nested too deeply: [${[...deciding].join(", ")}]`);
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

    parametersOf(type) {
      return [...template.parameters.values()].flatMap((definition) => {
        const of = /^List<(.+)>$/.exec(definition.type)?.[1] ?? definition.type;
        const value = parameters.get(definition.name)?.value;
        return value !== undefined && (type === undefined || type === of || type === definition.type) ? [{ name: definition.name, type: of, value }] : [];
      });
    },

    parameterAttribute: (type, value, attribute) => environment.parameterAttribute(type, value, attribute),

    secureReference(reference, path) {
      const type = path[0] === "Resources" ? template.resources.get(String(path[1]))?.type : undefined;
      const place = [type ?? path.slice(0, 2).join("/"), ...path.slice(2)].join("/");
      if (!takesSecrets(place)) throw validationError(`SSM Secure reference is not supported in: [${place}]`);
      return reference;
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
