/** The errors of https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/, with AWS's codes. */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

export const loadBalancerNotFound = (name: string): AwsError => new AwsError("LoadBalancerNotFound", `There is no ACTIVE Load Balancer named '${name}'`);

export const duplicateLoadBalancerName = (name: string): AwsError =>
  new AwsError("DuplicateLoadBalancerName", `Load Balancer named '${name}' already exists and it is configured with different parameters.`);

export const tooManyLoadBalancers = (account: string): AwsError => new AwsError("TooManyLoadBalancers", `Exceeded quota of account ${account}`);

export const validationError = (message: string): AwsError => new AwsError("ValidationError", message);

export const invalidConfigurationRequest = (message: string): AwsError => new AwsError("InvalidConfigurationRequest", message, { status: 409 });

export const subnetNotFound = (id: string): AwsError => new AwsError("SubnetNotFound", `The subnet ID '${id}' does not exist`);

export const invalidSubnet = (message: string): AwsError => new AwsError("InvalidSubnet", message);

export const invalidSecurityGroup = (message: string): AwsError => new AwsError("InvalidSecurityGroup", message);

export const invalidScheme = (scheme: string): AwsError =>
  new AwsError("InvalidScheme", `Invalid scheme '${scheme}'. The value must be 'internet-facing' or 'internal'.`);

export const unsupportedProtocol = (protocol: string): AwsError =>
  new AwsError("UnsupportedProtocol", `Protocol '${protocol}' is not supported. It must be HTTP, HTTPS, TCP or SSL.`);

export const certificateNotFound = (id: string): AwsError => new AwsError("CertificateNotFound", `Server Certificate not found for the key: ${id}`);

export const duplicateListener = (port: number): AwsError =>
  new AwsError("DuplicateListener", `A listener already exists for port ${port} with a different configuration.`);

export const listenerNotFound = (port: number): AwsError => new AwsError("ListenerNotFound", `There is no listener for port ${port}.`);

export const instanceNotFound = (id: string): AwsError => new AwsError("InvalidInstance", `Could not find EC2 instance ${id}.`);

export const instanceElsewhere = (id: string): AwsError => new AwsError("InvalidInstance", `EC2 instance ${id} is not in the same VPC as ELB.`);

export const duplicateTagKeys = (key: string): AwsError => new AwsError("DuplicateTagKeys", `The tag key '${key}' was specified more than once.`);

export const tooManyTags = (name: string): AwsError => new AwsError("TooManyTags", `The load balancer '${name}' may have at most 10 tags.`);

export const policyNotFound = (name: string): AwsError => new AwsError("PolicyNotFound", `There is no policy named '${name}' for this load balancer.`);

export const policyTypeNotFound = (name: string): AwsError => new AwsError("PolicyTypeNotFound", `There is no policy type named '${name}'.`);

export const duplicatePolicyName = (name: string): AwsError =>
  new AwsError("DuplicatePolicyName", `A policy with the name '${name}' already exists for this load balancer.`);

export const tooManyPolicies = (name: string): AwsError => new AwsError("TooManyPolicies", `The load balancer '${name}' may have at most 100 policies.`);

export const notYet = notYetIn("elb");
