/** Who makes a call, and what a call needs. */

export interface Principal {
  readonly type: "root" | "user" | "assumed-role" | "service";
  readonly account: string;
  readonly arn: string;
  /** The unique id, e.g. `AIDA…`; a service's name for a service. */
  readonly id: string;
  readonly name: string;
}

export interface Caller {
  readonly principal: Principal;
  readonly accessKeyId: string | undefined;
  /**
   * How the call came: from the user, or a service that forwards the user's own identity (CloudFormation), or a
   * service under its service-linked role.
   */
  readonly via: { readonly kind: "user" } | { readonly kind: "forwarded"; readonly service: string } | { readonly kind: "serviceRole"; readonly service: string };
}

/** One thing that a call must be allowed to do. */
export interface Access {
  /** e.g. `ec2:CreateVpc`. */
  readonly action: string;
  /** ARNs, or `*` where the action has no resource-level permissions. */
  readonly resources: readonly string[];
  /** Condition keys that this call brings, beyond the global ones. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string };

/** The caller that a service's own reconcilers act as. */
export function serviceCaller(service: string, account: string): Caller {
  const name = `AWSServiceRoleFor${service}`;
  return {
    principal: { type: "service", account, arn: `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/${name}`, id: `${service}.amazonaws.com`, name },
    accessKeyId: undefined,
    via: { kind: "serviceRole", service },
  };
}
