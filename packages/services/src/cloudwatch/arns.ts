/** Names of CloudWatch's resources: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html */
import type { Scope } from "@hakoniwa/kernel";

export function alarmArn({ account, region }: Scope, name: string): string {
  return `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
}

export function dashboardArn({ account }: Pick<Scope, "account">, name: string): string {
  return `arn:aws:cloudwatch::${account}:dashboard/${name}`;
}
