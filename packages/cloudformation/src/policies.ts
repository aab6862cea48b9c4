/**
 * What a template says of how a resource is waited for and updated:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-creationpolicy.html and
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html
 */
import { validationError } from "./errors.js";
import type { Scope } from "./function.js";
import { evaluate } from "./intrinsics.js";
import { oneOf, parseDuration, percent, policyMap, whole } from "./policy-values.js";
import type { ResourceDefinition } from "./template.js";
import { textOf, UNKNOWN, type Path, type Value, type ValueMap } from "./value.js";

/** How many signals a creation waits for, and how long. */
export interface SignalPolicy {
  readonly count: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface CreationPolicy {
  readonly signal: SignalPolicy | undefined;
  /** Of an Auto Scaling group's instances. */
  readonly minSuccessfulPercent: number;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html#cfn-attributes-updatepolicy-rollingupdate */
export interface RollingUpdate {
  readonly maxBatchSize: number;
  readonly minInService: number;
  readonly minSuccessfulPercent: number;
  readonly minActivePercent: number;
  /** Milliseconds. */
  readonly pause: number;
  /** As the template words it, for events: `PT5M`. */
  readonly pauseText: string;
  readonly suspend: readonly string[];
  readonly waitOnSignals: boolean;
}

export interface UpdatePolicy {
  readonly rolling: RollingUpdate | undefined;
  readonly willReplace: boolean;
  readonly ignoreUnmodifiedSizes: boolean;
}

export interface ResourcePolicies {
  readonly creation: CreationPolicy | undefined;
  readonly update: UpdatePolicy | undefined;
}

const GROUP = "AWS::AutoScaling::AutoScalingGroup";
/** Which types wait for signals. */
const SIGNALLED = new Set([GROUP, "AWS::CloudFormation::WaitCondition", "AWS::EC2::Instance"]);
const DEFAULT_TIMEOUT = "PT5M";
const LONGEST_TIMEOUT = 12 * 3_600_000;
const LONGEST_PAUSE = 3_600_000;
const PROCESSES = ["AddToLoadBalancer", "AlarmNotification", "AZRebalance", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"];

/** Whether CloudFormation takes signals for resources of this type. */
export function takesSignals(type: string): boolean {
  return SIGNALLED.has(type);
}

/**
 * A resource's policies with their functions carried out. What only the running stack knows is left open.
 * @throws AwsError ValidationError on members, types and values that a policy can't have
 */
export function readPolicies(definition: ResourceDefinition, scope: Scope): ResourcePolicies | undefined {
  const { logicalId, type, creationPolicy, updatePolicy } = definition;
  const given = (name: string, raw: Value | undefined): ValueMap | undefined => {
    if (raw === undefined) return undefined;
    const path: Path = ["Resources", logicalId, name];
    const value = evaluate(raw, scope, path);
    // Something in it is known only when the stack runs: then it is read again.
    return value === undefined || holdsUnknown(value) ? undefined : policyMap(value, path);
  };
  const creation = given("CreationPolicy", creationPolicy);
  const update = given("UpdatePolicy", updatePolicy);
  if (!creation && !update) return undefined;
  const at = (name: string): Path => ["Resources", logicalId, name];
  return {
    creation: creation && readCreation(type, creation, at("CreationPolicy")),
    update: update && readUpdate(type, update, at("UpdatePolicy")),
  };
}

function readCreation(type: string, value: ValueMap, path: Path): CreationPolicy {
  oneOf(value, ["AutoScalingCreationPolicy", "ResourceSignal"], path);
  const signal = policyMap(value["ResourceSignal"], [...path, "ResourceSignal"]);
  const scaling = policyMap(value["AutoScalingCreationPolicy"], [...path, "AutoScalingCreationPolicy"]);
  if ((signal || scaling) && !takesSignals(type)) throw validationError(`CreationPolicy is not supported for resource type ${type} [/${path.join("/")}]`);
  if (scaling && type !== GROUP) throw validationError(`AutoScalingCreationPolicy is not supported for resource type ${type} [/${path.join("/")}]`);
  if (scaling) oneOf(scaling, ["MinSuccessfulInstancesPercent"], [...path, "AutoScalingCreationPolicy"]);
  return {
    signal: signal && readSignal(signal, [...path, "ResourceSignal"]),
    minSuccessfulPercent: percent(scaling?.["MinSuccessfulInstancesPercent"], 100, [...path, "AutoScalingCreationPolicy", "MinSuccessfulInstancesPercent"]),
  };
}

function readSignal(value: ValueMap, path: Path): SignalPolicy {
  oneOf(value, ["Count", "Timeout"], path);
  return {
    count: whole(value["Count"], 1, { least: 0, most: Number.MAX_SAFE_INTEGER }, [...path, "Count"]),
    timeout: parseDuration(value["Timeout"] ?? DEFAULT_TIMEOUT, LONGEST_TIMEOUT, [...path, "Timeout"]),
  };
}

function readUpdate(type: string, value: ValueMap, path: Path): UpdatePolicy {
  oneOf(value, ["AutoScalingReplacingUpdate", "AutoScalingRollingUpdate", "AutoScalingScheduledAction"], path);
  if (Object.keys(value).length > 0 && type !== GROUP) throw validationError(`UpdatePolicy is not supported for resource type ${type} [/${path.join("/")}]`);
  const rolling = policyMap(value["AutoScalingRollingUpdate"], [...path, "AutoScalingRollingUpdate"]);
  const replacing = policyMap(value["AutoScalingReplacingUpdate"], [...path, "AutoScalingReplacingUpdate"]) ?? {};
  const scheduled = policyMap(value["AutoScalingScheduledAction"], [...path, "AutoScalingScheduledAction"]) ?? {};
  oneOf(replacing, ["WillReplace"], [...path, "AutoScalingReplacingUpdate"]);
  oneOf(scheduled, ["IgnoreUnmodifiedGroupSizeProperties"], [...path, "AutoScalingScheduledAction"]);
  return {
    rolling: rolling && readRolling(rolling, [...path, "AutoScalingRollingUpdate"]),
    willReplace: flag(replacing["WillReplace"], [...path, "AutoScalingReplacingUpdate", "WillReplace"]),
    ignoreUnmodifiedSizes: flag(scheduled["IgnoreUnmodifiedGroupSizeProperties"], [...path, "AutoScalingScheduledAction", "IgnoreUnmodifiedGroupSizeProperties"]),
  };
}

function readRolling(value: ValueMap, path: Path): RollingUpdate {
  oneOf(value, ["MaxBatchSize", "MinActiveInstancesPercent", "MinInstancesInService", "MinSuccessfulInstancesPercent", "PauseTime", "SuspendProcesses", "WaitOnResourceSignals"], path);
  const waitOnSignals = flag(value["WaitOnResourceSignals"], [...path, "WaitOnResourceSignals"]);
  const pause = value["PauseTime"] ?? (waitOnSignals ? DEFAULT_TIMEOUT : "PT0S");
  const suspend = value["SuspendProcesses"] ?? [];
  const strange = Array.isArray(suspend) ? suspend.find((process) => !PROCESSES.includes(String(process))) : suspend;
  if (strange !== undefined) {
    throw validationError(`The value ${JSON.stringify(strange)} of SuspendProcesses is not one of [${PROCESSES.join(", ")}] [/${path.join("/")}/SuspendProcesses]`);
  }
  return {
    maxBatchSize: whole(value["MaxBatchSize"], 1, { least: 1, most: 100 }, [...path, "MaxBatchSize"]),
    minInService: whole(value["MinInstancesInService"], 0, { least: 0, most: Number.MAX_SAFE_INTEGER }, [...path, "MinInstancesInService"]),
    minSuccessfulPercent: percent(value["MinSuccessfulInstancesPercent"], 100, [...path, "MinSuccessfulInstancesPercent"]),
    minActivePercent: percent(value["MinActiveInstancesPercent"], 100, [...path, "MinActiveInstancesPercent"]),
    pause: parseDuration(pause, LONGEST_PAUSE, [...path, "PauseTime"]),
    pauseText: textOf(pause) ?? "",
    suspend: suspend as readonly string[],
    waitOnSignals,
  };
}

function flag(value: Value | undefined, path: Path): boolean {
  if (value === undefined || value === false || value === "false") return false;
  if (value === true || value === "true") return true;
  throw validationError(`The value ${JSON.stringify(value)} must be true or false [/${path.join("/")}]`);
}

function holdsUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some((item) => holdsUnknown(item as Value));
}
