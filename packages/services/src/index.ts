/** Every service that Hakoniwa has: one line each. */
import { acm } from "./acm/index.js";
import { autoscaling } from "./autoscaling/index.js";
import { cloudwatch } from "./cloudwatch/index.js";
import { createCloudformation } from "./cloudformation/index.js";
import { ec2 } from "./ec2/index.js";
import { ecr } from "./ecr/index.js";
import { elb } from "./elb/index.js";
import { elbv2 } from "./elbv2/index.js";
import { iam } from "./iam/index.js";
import { logs } from "./logs/index.js";
import { s3 } from "./s3/index.js";
import { sns } from "./sns/index.js";
import { ssm } from "./ssm/index.js";
import { sts } from "./sts/index.js";
import type { HakoniwaService } from "./define.js";

const withResources: readonly HakoniwaService[] = [sts, iam, ssm, s3, ec2, elb, elbv2, autoscaling, logs, cloudwatch, sns, acm, ecr];
const cloudformation = createCloudformation(() => services.flatMap((service) => service.resources));

export const services: readonly HakoniwaService[] = [...withResources, cloudformation];

export { expiredToken } from "./iam/denial.js";
export { approveCertificate } from "./acm/approvals.js";
export { evaluate } from "./iam/evaluate.js";
export { everyNetwork, type EveryNetwork } from "./ec2/every-network.js";
export { REGIONS } from "./ec2/zones.js";
export { LARGEST_MESSAGE, receiveWaitSignal, type WaitReply } from "./cloudformation/wait-signals.js";
export { waitHost } from "./cloudformation/wait-url.js";
export { noteKeyUse } from "./iam/key-use.js";
export type { Cloud, HakoniwaService } from "./define.js";
export type { Facts } from "./facts.js";
export type { AsyncAws, Aws } from "@hakoniwa/wire";
