/** What services know of each other: one line a service, types only. */
import type { AcmFacts, AcmRecords } from "./acm/facts.js";
import type { AutoscalingFacts } from "./autoscaling/facts.js";
import type { CloudformationFacts } from "./cloudformation/facts.js";
import type { CloudwatchFacts } from "./cloudwatch/facts.js";
import type { Ec2Facts, Ec2Records } from "./ec2/facts.js";
import type { EcrFacts } from "./ecr/facts.js";
import type { ElbFacts, ElbRecords } from "./elb/facts.js";
import type { Elbv2Facts, Elbv2Records } from "./elbv2/facts.js";
import type { IamFacts } from "./iam/facts.js";
import type { LogsFacts } from "./logs/facts.js";
import type { S3Facts } from "./s3/facts.js";
import type { SnsFacts } from "./sns/facts.js";
import type { SsmFacts } from "./ssm/facts.js";
import type { StsFacts } from "./sts/facts.js";

export interface Facts {
  readonly ec2: Ec2Facts;
  readonly elb: ElbFacts;
  readonly elbv2: Elbv2Facts;
  readonly autoscaling: AutoscalingFacts;
  readonly iam: IamFacts;
  readonly s3: S3Facts;
  readonly ssm: SsmFacts;
  readonly sts: StsFacts;
  readonly cloudformation: CloudformationFacts;
  readonly cloudwatch: CloudwatchFacts;
  readonly sns: SnsFacts;
  readonly logs: LogsFacts;
  readonly acm: AcmFacts;
  readonly ecr: EcrFacts;
}

/** Tables that other services may watch, by name. */
export interface Records extends AcmRecords, Ec2Records, ElbRecords, Elbv2Records {}
