/** Two stacks, the second of which needs something of the first; file assets, a parameter, outputs. */
import { writeFileSync } from "node:fs";
import { App, aws_s3_assets as assets, aws_sns as sns, aws_ssm as ssm, CfnOutput, CfnParameter, Stack } from "aws-cdk-lib";

const app = new App();
const env = { account: "123456789012", region: "ap-northeast-1" };

writeFileSync("greeting.txt", "hello");

const first = new Stack(app, "First", { env });
const color = new CfnParameter(first, "Color", { default: "red" });
const topic = new sns.Topic(first, "Topic", { displayName: app.node.tryGetContext("title") ?? "hello" });
const folder = new assets.Asset(first, "Folder", { path: app.node.tryGetContext("site") });
const file = new assets.Asset(first, "File", { path: "greeting.txt" });
new ssm.StringParameter(first, "ColorParameter", { parameterName: "/pair/color", stringValue: color.valueAsString });
new CfnOutput(first, "FolderKey", { value: folder.s3ObjectKey });
new CfnOutput(first, "FileUrl", { value: file.s3ObjectUrl });

const second = new Stack(app, "Second", { env });
new ssm.StringParameter(second, "TopicParameter", { parameterName: "/pair/topic", stringValue: app.node.tryGetContext("broken") ? " ".repeat(5000) : topic.topicArn });
