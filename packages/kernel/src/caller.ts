/** Who makes a call, and what a call needs. */
import type { Time } from "./clock.js";
import type { AwsError } from "./errors.js";

export interface Principal {
  /** `anonymous` made a request without a signature. */
  readonly type: "root" | "user" | "assumed-role" | "federated-user" | "service" | "anonymous";
  /** The account whose state the call sees; for who is anonymous, the cloud's own. */
  readonly account: string;
  readonly arn: string;
  /** The unique id, e.g. `AIDA…`, `AROA…:session`; a service's name for a service. */
  readonly id: string;
  /** The user's, role's or service's name; of a federated user, the name of the user that vouched for it. */
  readonly name: string;
}

/** How a call came. */
export type Via =
  | { readonly kind: "user" }
  /** A service forwards the user's own identity (CloudFormation); `through` are all services on the way, the first one first. */
  | { readonly kind: "forwarded"; readonly service: string; readonly through?: readonly string[] }
  /** A service under its service-linked role. */
  | { readonly kind: "serviceRole"; readonly service: string }
  /** A service as its own principal, such as `cloudtrail.amazonaws.com`, which only a resource's policy can let in. */
  | { readonly kind: "servicePrincipal"; readonly service: string };

/** What the request itself said of where it came from. */
export interface Origin {
  readonly sourceIp?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Over TLS. */
  readonly secure?: boolean;
  /** The VPC endpoint that it came through, with that endpoint's VPC; `sourceIp` is then a private address. */
  readonly endpoint?: { readonly id: string; readonly vpc: string } | undefined;
}

/** What temporary credentials say beyond who it is. */
export interface Session {
  /** On the clock of real peers. */
  readonly issued: Time;
  /** On the same clock: from then on the credentials are worth nothing, also for a service that acts on with them. */
  readonly expires?: Time;
  /** When multi-factor authentication was passed, on the clock of real peers; absent without it. */
  readonly mfaAt?: Time;
  /** Documents of session policies: what none of them allows, the session may not. */
  readonly policies: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Keys of the tags that pass on to roles assumed from here. */
  readonly transitive: readonly string[];
  readonly sourceIdentity?: string;
  /** Whether these credentials were given to a role by AssumeRole from another role: such a session lasts an hour. */
  readonly chained?: boolean;
}

export interface Caller {
  readonly principal: Principal;
  readonly accessKeyId: string | undefined;
  readonly via: Via;
  readonly origin?: Origin | undefined;
  readonly session?: Session | undefined;
  /** The resource on whose behalf a service acts: `aws:SourceArn`. */
  readonly sourceArn?: string | undefined;
}

/** One thing that a call must be allowed to do. */
export interface Access {
  /** e.g. `ec2:CreateVpc`. */
  readonly action: string;
  /** ARNs, or `*` where the action has no resource-level permissions. Each one must be allowed. */
  readonly resources: readonly string[];
  /** Condition keys that this call brings, beyond the global ones. */
  readonly conditions?: Readonly<Record<string, string | readonly string[]>>;
  /** The JSON text of the policy on the resource itself, such as a bucket's. */
  readonly resourcePolicy?: string | undefined;
  /** The resource's policy must allow it too: identities' policies alone are not enough, as with roles' trust policies. */
  readonly needsResourcePolicy?: boolean;
}

/** What a decision is made in. */
export interface Circumstances {
  /** The service that carries the call out: denials are worded and coded as its own. */
  readonly service: string;
  readonly region: string;
  /** Cloud time. */
  readonly now: Time;
  /** The time of real peers, which sessions are dated by. */
  readonly peerNow: Time;
}

export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly error: AwsError };

/** Services that are called otherwise in policies than in calls. */
const PRINCIPALS: ReadonlyMap<string, string> = new Map([["elb", "elasticloadbalancing"], ["elbv2", "elasticloadbalancing"]]);

/** How policies name a service: `elasticloadbalancing.amazonaws.com`. */
export function principalOf(service: string): string {
  return `${PRINCIPALS.get(service) ?? service}.amazonaws.com`;
}

/** The caller that a service's own reconcilers act as. */
export function serviceCaller(service: string, account: string): Caller {
  const name = `AWSServiceRoleFor${service}`;
  const id = principalOf(service);
  return {
    principal: { type: "service", account, arn: `arn:aws:iam::${account}:role/aws-service-role/${id}/${name}`, id, name },
    accessKeyId: undefined,
    via: { kind: "serviceRole", service },
  };
}

/** A service as its own principal, for what only the resource's policy may grant it (a trail that writes to a bucket). */
export function servicePrincipal(service: string, account: string, sourceArn?: string): Caller {
  const { principal } = serviceCaller(service, account);
  return { principal: { ...principal, arn: principal.id, name: principal.id }, accessKeyId: undefined, via: { kind: "servicePrincipal", service }, sourceArn };
}

/** Who sent a request without a signature: what nobody but a resource's own policy can allow. */
export function anonymousCaller(account: string): Caller {
  return { principal: { type: "anonymous", account, arn: "anonymous", id: "anonymous", name: "anonymous" }, accessKeyId: undefined, via: { kind: "user" } };
}
