/** The errors of https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const validationError = (message: string): AwsError => new AwsError("ValidationError", message);
export const invalidConfigurationRequest = (message: string): AwsError => new AwsError("InvalidConfigurationRequest", message);
export const loadBalancerNotFound = (arnOrName: string): AwsError => new AwsError("LoadBalancerNotFound", `Load balancers '[${arnOrName}]' not found`);
export const listenerNotFound = (arn: string): AwsError => new AwsError("ListenerNotFound", `One or more listeners not found: '${arn}'`);
export const ruleNotFound = (arn: string): AwsError => new AwsError("RuleNotFound", `One or more rules not found: '${arn}'`);
export const targetGroupNotFound = (arn: string): AwsError => new AwsError("TargetGroupNotFound", `Target groups '${arn}' not found`);
export const duplicateLoadBalancerName = (name: string): AwsError =>
  new AwsError("DuplicateLoadBalancerName", `A load balancer with the same name '${name}' exists, but with different settings`);
export const duplicateTargetGroupName = (name: string): AwsError =>
  new AwsError("DuplicateTargetGroupName", `A target group with the same name '${name}' exists, but with different settings`);
export const duplicateListener = (port: number): AwsError => new AwsError("DuplicateListener", `A listener already exists on this port for this load balancer: ${port}`);
export const priorityInUse = (priority: number): AwsError => new AwsError("PriorityInUse", `Priority '${priority}' is currently in use`);
export const resourceInUse = (message: string): AwsError => new AwsError("ResourceInUse", message);
export const operationNotPermitted = (message: string): AwsError => new AwsError("OperationNotPermitted", message);
export const subnetNotFound = (id: string): AwsError => new AwsError("SubnetNotFound", `The subnet ID '${id}' does not exist`);
export const invalidSubnet = (message: string): AwsError => new AwsError("InvalidSubnet", message);
export const invalidSecurityGroup = (message: string): AwsError => new AwsError("InvalidSecurityGroup", message);
export const invalidTarget = (message: string): AwsError => new AwsError("InvalidTarget", message);
export const invalidCertificateArn = (arn: string): AwsError => new AwsError("CertificateNotFound", `Certificate ARN '${arn}' is not valid`);
export const certificateNotFound = (arn: string): AwsError => new AwsError("CertificateNotFound", `Certificate '${arn}' not found`);
export const unsupportedCertificate = (arn: string): AwsError =>
  new AwsError("UnsupportedCertificate", `The certificate '${arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`);
export const sslPolicyNotFound = (name: string): AwsError => new AwsError("SSLPolicyNotFound", `SSL policy '${name}' not found`);
export const incompatibleProtocols = (message: string): AwsError => new AwsError("IncompatibleProtocols", message);
export const invalidLoadBalancerAction = (message: string): AwsError => new AwsError("InvalidLoadBalancerAction", message);
export const targetGroupAssociationLimit = (arn: string): AwsError =>
  new AwsError("TargetGroupAssociationLimit", `The following target groups cannot be associated with more than one load balancer: ${arn}`);
export const unsupportedProtocol = (message: string): AwsError => new AwsError("UnsupportedProtocol", message);
export const duplicateTagKeys = (key: string): AwsError => new AwsError("DuplicateTagKeys", `The tag key '${key}' was specified more than once`);
/** @param what e.g. `TooManyRules`, after which the error is named */
export const tooMany = (what: string, most: number): AwsError => new AwsError(`TooMany${what}`, `The maximum number of ${words(what)} has been reached: ${most}`);
export const notYet = notYetIn("elbv2");

function words(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}
