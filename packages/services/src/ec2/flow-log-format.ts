/** The fields of flow log records: https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html */
import { AwsError } from "@hakoniwa/kernel";

const FIELDS: ReadonlySet<string> = new Set(
  [
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id",
    "subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service",
    "pkt-dst-aws-service flow-direction traffic-path ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn",
    "ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name ecs-task-definition-arn ecs-task-arn",
    "ecs-task-id reject-reason resource-id encryption-status",
  ].flatMap((line) => line.split(" ")),
);

/** Version 2: what a flow log without a format writes. */
export const DEFAULT_FORMAT =
  "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/** @throws AwsError for a format that is empty, or names a field that there isn't */
export function checkedFormat(text: string | undefined): string {
  if (text === undefined) return DEFAULT_FORMAT;
  const parts = text.trim().split(/\s+/);
  const wrong = parts.find((part) => !/^\$\{[a-z-]+\}$/.test(part) || !FIELDS.has(part.slice(2, -1)));
  if (wrong !== undefined) throw new AwsError("InvalidParameter", `LogFormat has an unknown field: "${wrong}". Fields are written as \${field-id}, separated by spaces.`);
  return parts.join(" ");
}
