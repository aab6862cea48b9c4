/** Every service that Hakoniwa has: one line each. */
import { autoscaling } from "./autoscaling/index.js";
import { cloudwatch } from "./cloudwatch/index.js";
import { createCloudformation } from "./cloudformation/index.js";
import { ec2 } from "./ec2/index.js";
import { elb } from "./elb/index.js";
import { elbv2 } from "./elbv2/index.js";
import { iam } from "./iam/index.js";
import { logs } from "./logs/index.js";
import { s3 } from "./s3/index.js";
import { sns } from "./sns/index.js";
import { ssm } from "./ssm/index.js";
import { sts } from "./sts/index.js";
import type { HakoniwaService } from "./define.js";

const withResources: readonly HakoniwaService[] = [sts, iam, ssm, s3, ec2, elb, elbv2, autoscaling, logs, cloudwatch, sns];
const cloudformation = createCloudformation(() => withResources.flatMap((service) => service.resources));

export const services: readonly HakoniwaService[] = [...withResources, cloudformation];

export { expiredToken } from "./iam/denial.js";
export { evaluate } from "./iam/evaluate.js";
export { REGIONS } from "./ec2/zones.js";
export { noteKeyUse } from "./iam/key-use.js";
export type { Cloud, HakoniwaService } from "./define.js";
export type { Facts } from "./facts.js";
export type { AsyncAws, Aws } from "@hakoniwa/wire";
