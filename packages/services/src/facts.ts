/** What services know of each other: one line a service, types only. */
import type { AutoscalingFacts } from "./autoscaling/facts.js";
import type { CloudformationFacts } from "./cloudformation/facts.js";
import type { Ec2Facts, Ec2Records } from "./ec2/facts.js";
import type { ElbFacts, ElbRecords } from "./elb/facts.js";
import type { IamFacts } from "./iam/facts.js";
import type { S3Facts } from "./s3/facts.js";
import type { SsmFacts } from "./ssm/facts.js";
import type { StsFacts } from "./sts/facts.js";

export interface Facts {
  readonly ec2: Ec2Facts;
  readonly elb: ElbFacts;
  readonly autoscaling: AutoscalingFacts;
  readonly iam: IamFacts;
  readonly s3: S3Facts;
  readonly ssm: SsmFacts;
  readonly sts: StsFacts;
  readonly cloudformation: CloudformationFacts;
}

/** Tables that other services may watch, by name. */
export interface Records extends Ec2Records, ElbRecords {}
