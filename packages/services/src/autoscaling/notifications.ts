/** Who is told of launches and terminations: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-sns-notifications.html */
import { Autoscaling } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations } from "../define.js";
import { onGroup } from "./access.js";
import { limitExceeded, validationError } from "./errors.js";
import { findGroup, findLivingGroup } from "./find.js";
import { testMessage } from "./messages.js";
import { send } from "./outbox.js";
import { page } from "./paging.js";
import { inGroup, notifications } from "./state-scaling.js";

const MOST_TOPICS = 10;
const TYPES = [
  "autoscaling:EC2_INSTANCE_LAUNCH",
  "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
  "autoscaling:EC2_INSTANCE_TERMINATE",
  "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
  "autoscaling:TEST_NOTIFICATION",
];

export const notificationOperations = operations(Autoscaling, {
  PutNotificationConfiguration: {
    authorize: onGroup("PutNotificationConfiguration"),
    handle(ctx, input) {
      const group = findLivingGroup(ctx.db, input.AutoScalingGroupName);
      const { TopicARN: topicArn, NotificationTypes: types } = input;
      const wrong = types.find((type) => !TYPES.includes(type));
      if (wrong !== undefined || types.length === 0) throw validationError(`"${wrong ?? ""}" is not a valid Notification Type. It must be one of ${TYPES.join(", ")}.`);
      if (!topicArn.startsWith("arn:aws:sns:")) throw validationError(`Invalid topic ARN: '${topicArn}'`);
      ctx.aws.sns.GetTopicAttributes({ TopicArn: topicArn });
      const table = ctx.db(notifications);
      const before = table.get(inGroup(group.name, topicArn));
      if (!before && table.where("group", group.name).length >= MOST_TOPICS) throw limitExceeded("SNS topics per Auto Scaling group", MOST_TOPICS);
      table.put({ group: group.name, topicArn, types: [...new Set(types)] });
      const id = ctx.ids.uuid();
      if (!before) send(ctx.db, topicArn, id, testMessage(group, id, ctx.now));
      return {};
    },
  },

  DeleteNotificationConfiguration: {
    authorize: onGroup("DeleteNotificationConfiguration"),
    handle(ctx, input) {
      const group = findGroup(ctx.db, input.AutoScalingGroupName);
      if (!ctx.db(notifications).delete(inGroup(group.name, input.TopicARN))) throw validationError(`The AutoScalingGroup ${group.name} has no notification configuration for the topic '${input.TopicARN}'.`);
      return {};
    },
  },

  DescribeNotificationConfigurations: {
    authorize: onEverything("autoscaling:DescribeNotificationConfigurations"),
    handle(ctx, input) {
      const wanted = input.AutoScalingGroupNames;
      for (const name of wanted ?? []) findGroup(ctx.db, name);
      const all = ctx.db(notifications).list()
        .filter(({ group }) => !wanted?.length || wanted.includes(group))
        .flatMap(({ group, topicArn, types }) => types.map((type) => ({ AutoScalingGroupName: group, TopicARN: topicArn, NotificationType: type })));
      const { records, NextToken } = page(all, input, { key: (each) => [each.AutoScalingGroupName, each.TopicARN, each.NotificationType] });
      return { NotificationConfigurations: records, NextToken };
    },
  },

  DescribeAutoScalingNotificationTypes: {
    authorize: onEverything("autoscaling:DescribeAutoScalingNotificationTypes"),
    handle: () => ({ AutoScalingNotificationTypes: TYPES }),
  },
});
