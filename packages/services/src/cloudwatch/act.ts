/** Carries out what changes of alarms' states asked for, once each. */
import { AwsError, serviceCaller, servicePrincipal } from "@hakoniwa/kernel";
import type { Aws } from "@hakoniwa/wire";
import { reconciler, watch } from "../define.js";
import { actionOf, type Ec2Verb } from "./alarm-actions.js";
import { acted } from "./history.js";
import { alarms, pendingActions, type Alarm, type PendingAction } from "./state.js";

export const carryOut = reconciler({
  name: "cloudwatch.carry-out-actions",
  watches: [watch(pendingActions, (action) => [action.id])],
  async reconcile(key, jobs) {
    const asked = jobs.db(pendingActions).get(key.id);
    if (!asked) return;
    const alarm = jobs.db(alarms).get(asked.alarmName);
    const action = actionOf(asked.action, key.region);
    // Topics let CloudWatch itself in, by their policies; the rest is done under the service-linked role.
    const role = { ...serviceCaller("cloudwatch", key.account), sourceArn: alarm?.arn };
    const doing = jobs.as(action?.kind === "sns" ? servicePrincipal("cloudwatch", key.account, alarm?.arn) : role);
    const failure = await doing.write((db, aws) => {
      const found = alarm && action ? failureOf(() => perform(aws, alarm, asked, key.region)) : "the alarm is gone";
      db(pendingActions).delete(asked.id);
      return found;
    });
    if (failure !== undefined) jobs.log(`the action ${asked.action} of the alarm ${asked.alarmName} failed: ${failure}`);
    if (alarm) await jobs.append(acted(key, alarm, jobs.now, asked.action, failure));
  },
});

/** What AWS would answer is an action's outcome; anything else is a bug and tried again. */
function failureOf(perform: () => void): string | undefined {
  try {
    perform();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error.message;
    throw error;
  }
}

function perform(aws: Aws, alarm: Alarm, asked: PendingAction, region: string): void {
  const action = actionOf(asked.action, region)!;
  switch (action.kind) {
    case "sns":
      aws.sns.Publish({ TopicArn: action.topicArn, Subject: asked.subject, Message: asked.message });
      return;
    case "scaling":
      scale(aws, alarm, action.policyArn);
      return;
    case "ec2":
      actOnInstance(aws, alarm, action.verb);
  }
}

/** Step policies ask by how much the metric went beyond the threshold. */
function scale(aws: Aws, alarm: Alarm, PolicyName: string): void {
  if (alarm.kind !== "metric") return;
  const { recentDatapoints = [] } = JSON.parse(alarm.state.reasonData ?? "{}") as { readonly recentDatapoints?: readonly number[] };
  const MetricValue = recentDatapoints.at(-1);
  aws.autoscaling.ExecutePolicy({ PolicyName, HonorCooldown: true, ...(MetricValue === undefined ? {} : { MetricValue, BreachThreshold: alarm.threshold }) });
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/UsingAlarmActions.html */
function actOnInstance(aws: Aws, alarm: Alarm, verb: Ec2Verb): void {
  if (alarm.kind !== "metric" || alarm.source.kind !== "metric") return;
  const InstanceIds = alarm.source.dimensions.filter(({ name }) => name === "InstanceId").map(({ value }) => value);
  if (verb === "stop") aws.ec2.StopInstances({ InstanceIds });
  else if (verb === "terminate") aws.ec2.TerminateInstances({ InstanceIds });
  // A recovered instance keeps its id and addresses, and boots: here there is no other hardware to move to.
  else aws.ec2.RebootInstances({ InstanceIds });
}
