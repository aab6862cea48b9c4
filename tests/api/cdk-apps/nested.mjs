/** A stack with a stack in it, and one in that: values go in, and come out again. */
import { App, aws_sns as sns, aws_ssm as ssm, CfnOutput, NestedStack, Stack } from "aws-cdk-lib";

const app = new App();
const outer = new Stack(app, "Outer", { env: { account: "123456789012", region: "ap-northeast-1" } });
const topic = new sns.Topic(outer, "Topic");
const middle = new NestedStack(outer, "Middle");
const inner = new NestedStack(middle, "Inner");
const parameter = new ssm.StringParameter(inner, "Parameter", { parameterName: "/nested/topic", stringValue: topic.topicName, description: app.node.tryGetContext("note") ?? "first" });
new CfnOutput(outer, "Name", { value: parameter.parameterName });
if (app.node.tryGetContext("broken")) new ssm.StringParameter(middle, "Broken", { stringValue: " ".repeat(5000) });
