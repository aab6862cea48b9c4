/** What other services may know of EC2. */
import type { Ec2Types } from "@hakoniwa/wire";
import type { Instance } from "./state-compute.js";

export interface Ec2Facts {
  instance(id: string): InstanceFact | undefined;
  /** The instance whose identity document this is, if its signature is: who calls with both is that instance. */
  identified(document: string, signature: string): InstanceFact | undefined;
  /** All that EC2 still knows, terminated ones too. */
  instances(): readonly InstanceFact[];
  subnet(id: string): SubnetFact | undefined;
  /** The id of the VPC's group named `default`. */
  defaultSecurityGroup(vpcId: string): string | undefined;
  securityGroup(id: string): { readonly id: string; readonly name: string; readonly vpcId: string } | undefined;
  /** The default VPC's default subnet of a zone; without a zone, the one that launches take. */
  defaultSubnet(availabilityZone: string | undefined): SubnetFact | undefined;
  networkInterface(id: string): NetworkInterfaceFact | undefined;
  /** The newest launch template version that `version` (a number, `$Latest`, `$Default`) means; undefined when there is none. */
  launchTemplate(idOrName: string, version: string): LaunchTemplateFact | undefined;
  /** The public image that AWS publishes under an SSM parameter name, e.g. `/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64`. */
  publicImageParameters(): ReadonlyMap<string, string>;
  /** The JSON text of a VPC endpoint's policy; undefined when there is no such endpoint. */
  endpointPolicy(id: string): string | undefined;
  availabilityZones(): readonly string[];
  /** The resource of a type that a request names otherwise than by its id: what its ARN ends in. */
  named(type: Ec2Types.ResourceType, otherwise: string): string | undefined;
  /** The tags of any resource, by its id or ARN. */
  tags(idOrArn: string): Readonly<Record<string, string>>;
}

export interface InstanceFact {
  readonly id: string;
  readonly state: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  readonly privateIpAddress: string | undefined;
  readonly instanceType: string;
  readonly launchTime: number;
  /** EC2's own status checks, as Auto Scaling's EC2 health reads them. */
  readonly status: "initializing" | "ok" | "impaired" | "not-applicable";
  readonly tags: Readonly<Record<string, string>>;
  readonly vcpus: number;
  /** Detailed monitoring: metrics each minute. */
  readonly monitoring: boolean;
}

export interface LaunchTemplateFact {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly data: Ec2Types.RequestLaunchTemplateData;
}

export interface SubnetFact {
  readonly id: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly cidr: string;
  /** Its route table leads 0.0.0.0/0 to an internet gateway. */
  readonly public: boolean;
}

export interface NetworkInterfaceFact {
  readonly id: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly privateIpAddress: string;
  readonly publicIpAddress: string | undefined;
  readonly status: "pending" | "available" | "in-use";
}

/** Tables that other services may watch. */
export interface Ec2Records {
  readonly "ec2.instances": Instance;
}
