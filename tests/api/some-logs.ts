/** A log group with something of each kind, and what every read of CloudWatch Logs asks about it. */
import {
  CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand, PutMetricFilterCommand, type CloudWatchLogsClient,
} from "@aws-sdk/client-cloudwatch-logs";
import { ACCOUNT, REGION } from "./cloud.js";

export const LOG_GROUP = "everything";
const logStreamName = "one";

export async function someLogs(client: CloudWatchLogsClient): Promise<void> {
  await client.send(new CreateLogGroupCommand({ logGroupName: LOG_GROUP, tags: { team: "four" } }));
  await client.send(new CreateLogStreamCommand({ logGroupName: LOG_GROUP, logStreamName }));
  await client.send(new PutLogEventsCommand({ logGroupName: LOG_GROUP, logStreamName, logEvents: [{ timestamp: Date.now(), message: "ERROR it broke" }] }));
  const metricTransformations = [{ metricName: "errors", metricNamespace: "everything", metricValue: "1" }];
  await client.send(new PutMetricFilterCommand({ logGroupName: LOG_GROUP, filterName: "errors", filterPattern: "ERROR", metricTransformations }));
}

export const questionsAboutLogs: Readonly<Record<string, () => object>> = {
  "logs:GetLogEvents": () => ({ logGroupName: LOG_GROUP, logStreamName }),
  "logs:FilterLogEvents": () => ({ logGroupName: LOG_GROUP, filterPattern: "ERROR" }),
  "logs:ListTagsForResource": () => ({ resourceArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${LOG_GROUP}` }),
  "logs:ListTagsLogGroup": () => ({ logGroupName: LOG_GROUP }),
};
