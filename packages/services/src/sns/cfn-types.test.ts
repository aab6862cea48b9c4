import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { sns } from "./index.js";

const statement = (Action: string) => ({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "cloudwatch.amazonaws.com" }, Action, Resource: "*" }] });
const Topic = { Type: "AWS::SNS::Topic" };
const NOBODYS = "arn:aws:sns:ap-northeast-1:123456789012:nobodys";
const of = { Ref: "Topic" };

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::SNS::Topic": {
    minimal: {},
    maximal: {
      TopicName: "ops",
      DisplayName: "Operations",
      SignatureVersion: "2",
      TracingConfig: "PassThrough",
      Subscription: [{ Protocol: "email", Endpoint: "a@example.com" }, { Protocol: "sms", Endpoint: "+81312345678" }],
      Tags: [{ Key: "team", Value: "four" }],
    },
    changed: { TopicName: "ops", Subscription: [{ Protocol: "sms", Endpoint: "+81312345679" }], Tags: [{ Key: "team", Value: "five" }, { Key: "env", Value: "prod" }] },
    replaced: { TopicName: "operators" },
    failing: { properties: { TopicName: "ops", FifoTopic: true }, says: "the property FifoTopic of AWS::SNS::Topic" },
    drift: { by: ({ aws }, TopicArn) => aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "DisplayName", AttributeValue: "Others" }), at: "DisplayName" },
  },
  "AWS::SNS::Subscription": {
    around: { Topic },
    minimal: { TopicArn: of, Protocol: "https", Endpoint: "https://example.com/hook" },
    maximal: {
      TopicArn: of,
      Protocol: "https",
      Endpoint: "https://example.com/hook",
      RawMessageDelivery: true,
      FilterPolicyScope: "MessageBody",
      FilterPolicy: { kind: { name: ["alarm"] } },
      DeliveryPolicy: { healthyRetryPolicy: { numRetries: 3, minDelayTarget: 1, maxDelayTarget: 20 } },
    },
    changed: { TopicArn: of, Protocol: "https", Endpoint: "https://example.com/hook", FilterPolicyScope: "MessageAttributes", FilterPolicy: { kind: ["alarm"] } },
    replaced: { TopicArn: of, Protocol: "email", Endpoint: "a@example.com" },
    failing: { properties: { TopicArn: of, Protocol: "email", Endpoint: "nobody" }, says: "Invalid parameter: Email address" },
    drift: { by: ({ aws }, SubscriptionArn) => aws.sns.SetSubscriptionAttributes({ SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "false" }), at: "RawMessageDelivery" },
  },
  "AWS::SNS::TopicPolicy": {
    around: { Topic, Other: Topic },
    minimal: { Topics: [of], PolicyDocument: statement("sns:Publish") },
    maximal: { Topics: [of, { Ref: "Other" }], PolicyDocument: statement("sns:Publish") },
    changed: { Topics: [{ Ref: "Other" }], PolicyDocument: statement("sns:GetTopicAttributes") },
    failing: { properties: { Topics: [NOBODYS], PolicyDocument: statement("sns:Publish") }, says: "Topic does not exist" },
    drift: { by: ({ aws }, _id, id) => aws.sns.SetTopicAttributes({ TopicArn: id("Topic"), AttributeName: "Policy", AttributeValue: JSON.stringify(statement("sns:Subscribe")) }), at: "PolicyDocument" },
  },
  "AWS::SNS::TopicInlinePolicy": {
    around: { Topic, Other: Topic },
    minimal: { TopicArn: of, PolicyDocument: statement("sns:Publish") },
    maximal: { TopicArn: of, PolicyDocument: statement("sns:Publish") },
    changed: { TopicArn: of, PolicyDocument: statement("sns:GetTopicAttributes") },
    replaced: { TopicArn: { Ref: "Other" }, PolicyDocument: statement("sns:Publish") },
    failing: { properties: { TopicArn: NOBODYS, PolicyDocument: statement("sns:Publish") }, says: "Topic does not exist" },
    drift: { by: ({ aws }, TopicArn) => aws.sns.SetTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: JSON.stringify(statement("sns:Subscribe")) }), at: "PolicyDocument" },
  },
};

describeResourceTypes(sns.resources, cases);
