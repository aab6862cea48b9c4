/** Rollback triggers: alarms that take an operation back. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-rollback-triggers.html */
import type { CloudformationTypes } from "@hakoniwa/wire";
import type { Facts } from "../facts.js";
import { validationError } from "./errors.js";
import { guarded, type Run } from "./run.js";
import { stacks, type Stack } from "./state.js";

export interface RollbackSettings {
  readonly triggers: readonly RollbackTrigger[];
  /** How long alarms are watched when everything is deployed; undefined when it was not said. */
  readonly minutes: number | undefined;
}

export interface RollbackTrigger {
  /** An alarm's ARN. */
  readonly arn: string;
  readonly type: string;
}

const TYPES = ["AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"];
const MINUTE = 60_000;

/**
 * What a request asks for; what it does not say stays as it was.
 * @throws AwsError ValidationError naming a trigger that can't be one
 */
export function readRollback(given: CloudformationTypes.RollbackConfiguration | undefined, region: string, previous: RollbackSettings | undefined): RollbackSettings | undefined {
  if (!given) return previous;
  const triggers = given.RollbackTriggers?.map(({ Arn: arn, Type: type }) => {
    if (!TYPES.includes(type)) throw validationError(`Invalid rollback trigger type ${type}: it must be one of [${TYPES.join(", ")}]`);
    if (!new RegExp(`^arn:aws:cloudwatch:${region}:\\d{12}:alarm:.{1,255}$`).test(arn)) throw validationError(`Invalid rollback trigger ${arn}: it must be the ARN of an alarm in ${region}`);
    return { arn, type };
  });
  return { triggers: triggers ?? previous?.triggers ?? [], minutes: given.MonitoringTimeInMinutes ?? previous?.minutes };
}

export function showRollback(settings: RollbackSettings | undefined): CloudformationTypes.RollbackConfiguration {
  if (!settings) return {};
  return { RollbackTriggers: settings.triggers.map(({ arn, type }) => ({ Arn: arn, Type: type })), MonitoringTimeInMinutes: settings.minutes };
}

/** Why the operation must be taken back; undefined while all alarms are quiet. */
export function triggered({ configuration, status }: Pick<Stack, "configuration" | "status">, facts: Pick<Facts, "cloudwatch">): string | undefined {
  const triggers = configuration.rollback?.triggers ?? [];
  if (triggers.length === 0 || (status !== "CREATE_IN_PROGRESS" && status !== "UPDATE_IN_PROGRESS")) return undefined;
  const states = triggers.map(({ arn }) => ({ arn, state: facts.cloudwatch.alarmState(arn.split(":").slice(6).join(":")) }));
  const named = (wanted: string | undefined): string => states.filter(({ state }) => state === wanted).map(({ arn }) => arn).join(", ");
  if (states.some(({ state }) => state === undefined)) return `The following rollback trigger(s) do not exist: [${named(undefined)}]. `;
  if (states.some(({ state }) => state === "ALARM")) return `The following rollback trigger(s) went to ALARM state: [${named("ALARM")}]. `;
  return undefined;
}

/**
 * Everything is deployed: until when alarms are still watched. Notes when that began.
 * @returns undefined when it is over, or never was
 */
export async function watchedUntil(run: Run): Promise<number | undefined> {
  const { stack, jobs } = run;
  const { rollback } = stack.configuration;
  // A creation without triggers has nothing to wait for; an update keeps what it replaces, for people to look.
  const waits = stack.status === "UPDATE_IN_PROGRESS" || (stack.status === "CREATE_IN_PROGRESS" && (rollback?.triggers.length ?? 0) > 0);
  const time = (waits ? (rollback?.minutes ?? 0) : 0) * MINUTE;
  if (time === 0) return undefined;
  const since = stack.deployed?.operation === stack.operation ? stack.deployed.at : jobs.now;
  if (stack.deployed?.operation !== stack.operation) {
    await guarded(run, (db) => void db(stacks).put({ ...db(stacks).get(stack.id)!, deployed: { operation: stack.operation, at: since } }));
  }
  return jobs.now < since + time ? since + time : undefined;
}
