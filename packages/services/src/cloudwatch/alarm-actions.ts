/** The actions that alarms may have, by their ARNs. Pure. */

export type AlarmAction =
  | { readonly kind: "sns"; readonly topicArn: string }
  | { readonly kind: "scaling"; readonly policyArn: string }
  | { readonly kind: "ec2"; readonly verb: Ec2Verb };

export type Ec2Verb = "stop" | "terminate" | "reboot" | "recover";

const SWF: Readonly<Record<string, Ec2Verb>> = { Stop: "stop", Terminate: "terminate", Reboot: "reboot", Recover: "recover" };

/** @returns undefined for what is no action, or none that is here */
export function actionOf(arn: string, region: string): AlarmAction | undefined {
  if (new RegExp(`^arn:aws:sns:${region}:\\d{12}:[\\w-]{1,256}(\\.fifo)?$`).test(arn)) return { kind: "sns", topicArn: arn };
  if (new RegExp(`^arn:aws:autoscaling:${region}:\\d{12}:scalingPolicy:[\\w-]+:autoScalingGroupName/.+:policyName/.+$`).test(arn)) return { kind: "scaling", policyArn: arn };
  const automate = new RegExp(`^arn:aws:automate:${region}:ec2:(stop|terminate|reboot|recover)$`).exec(arn);
  if (automate) return { kind: "ec2", verb: automate[1] as Ec2Verb };
  const swf = new RegExp(`^arn:aws:swf:${region}:\\d{12}:action/actions/AWS_EC2\\.InstanceId\\.(Stop|Terminate|Reboot|Recover)/1\\.0$`).exec(arn);
  return swf ? { kind: "ec2", verb: SWF[swf[1]!]! } : undefined;
}
