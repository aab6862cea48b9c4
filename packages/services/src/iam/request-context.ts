/** Global condition keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */
import { principalOf, type Access, type Caller, type Circumstances, type Principal } from "@hakoniwa/kernel";
import type { Bounds } from "./facts.js";
import type { RequestContext, Values } from "./policy/context.js";

type Tags = Readonly<Record<string, string>>;

const SECOND = 1000;
const PRINCIPAL_TAG = "aws:principaltag/";

const TYPES: Readonly<Record<Principal["type"], string | undefined>> = {
  root: "Account",
  user: "User",
  "assumed-role": "AssumedRole",
  "federated-user": "FederatedUser",
  anonymous: "Anonymous",
  service: undefined,
};

/** The keys of one call on one resource, whose `tags` they are. Most policies ask for none of them, so each is made when asked for. */
export function requestContext(
  caller: Caller,
  access: Access,
  bounds: Bounds | undefined,
  circumstances: Circumstances,
  tags: () => Tags | undefined,
): RequestContext {
  let own: ReadonlyMap<string, Values> | undefined;
  return {
    get(key) {
      own ??= folded(access.conditions);
      const brought = own.get(key);
      if (brought) return brought;
      const tag = /^(?:aws|ec2|iam|ssm|elasticloadbalancing|autoscaling|cloudformation):resourcetag\/(.*)$/s.exec(key)?.[1];
      const value = tag === undefined ? globalKey(key, caller, access, bounds, circumstances) : tagOf(tags(), tag);
      return value === undefined ? undefined : typeof value === "string" ? [value] : value;
    },
  };
}

function folded(conditions: Access["conditions"]): ReadonlyMap<string, Values> {
  return new Map(Object.entries(conditions ?? {}).map(([key, value]) => [key.toLowerCase(), typeof value === "string" ? [value] : value]));
}

function globalKey(key: string, caller: Caller, access: Access, bounds: Bounds | undefined, circumstances: Circumstances): string | Values | undefined {
  const { principal, session, via, origin } = caller;
  const isService = principal.type === "service";
  const isIdentity = !isService && principal.type !== "anonymous";
  switch (key) {
    case "aws:principalarn":
      return !isIdentity ? undefined : principal.type === "assumed-role" ? (bounds?.arn ?? principal.arn) : principal.arn;
    case "aws:principalaccount":
      return isIdentity ? principal.account : undefined;
    case "aws:principaltype":
      return TYPES[principal.type];
    case "aws:principalisawsservice":
      return String(isService);
    case "aws:principalservicename":
      return isService ? principal.id : undefined;
    case "aws:username":
      return principal.type === "user" ? principal.name : undefined;
    case "aws:userid":
      return principal.type === "anonymous" ? "anonymous" : isIdentity ? principal.id : undefined;
    case "aws:requestedregion":
      // Global services live in one region: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
      return circumstances.service === "iam" ? "us-east-1" : circumstances.region;
    case "ec2:region":
      return access.action.startsWith("ec2:") ? circumstances.region : undefined;
    case "aws:sourceip":
      // Private addresses have a key of their own: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip
      return via.kind === "user" && origin?.endpoint === undefined ? origin?.sourceIp : undefined;
    case "aws:vpcsourceip":
      return via.kind === "user" && origin?.endpoint !== undefined ? origin.sourceIp : undefined;
    case "aws:sourcevpc":
      return via.kind === "user" ? origin?.endpoint?.vpc : undefined;
    case "aws:sourcevpce":
      return via.kind === "user" ? origin?.endpoint?.id : undefined;
    case "aws:useragent":
      return via.kind === "user" ? origin?.userAgent : undefined;
    case "aws:securetransport":
      // Nobody but this machine hears what is said on its loopback; templates that ask for TLS must work with it.
      return String(origin?.secure ?? true);
    case "aws:currenttime":
      return isoTime(circumstances.now);
    case "aws:epochtime":
      return String(Math.floor(circumstances.now / SECOND));
    case "aws:multifactorauthpresent":
      // Long-term keys don't have it at all, which BoolIfExists is for.
      return session && String(session.mfaAt !== undefined);
    case "aws:multifactorauthage":
      return session?.mfaAt === undefined ? undefined : String(Math.max(0, Math.floor((circumstances.peerNow - session.mfaAt) / SECOND)));
    case "aws:tokenissuetime":
      return session && isoTime(session.issued);
    case "aws:sourceidentity":
      return session?.sourceIdentity;
    case "aws:sourcearn":
      return caller.sourceArn;
    case "aws:sourceaccount":
      return caller.sourceArn === undefined ? undefined : principal.account;
    case "aws:viaawsservice":
      return String(via.kind === "forwarded");
    case "aws:calledvia":
      return via.kind === "forwarded" ? throughOf(via) : undefined;
    case "aws:calledviafirst":
      return via.kind === "forwarded" ? throughOf(via)[0] : undefined;
    case "aws:calledvialast":
      return via.kind === "forwarded" ? throughOf(via).at(-1) : undefined;
    case "aws:resourceaccount":
      return principal.account;
    default:
      return key.startsWith(PRINCIPAL_TAG) ? principalTag(key.slice(PRINCIPAL_TAG.length), caller, bounds) : undefined;
  }
}

/** A session's tags go before its role's. */
function principalTag(folded: string, caller: Caller, bounds: Bounds | undefined): string | undefined {
  return tagOf(caller.session?.tags, folded) ?? tagOf(bounds?.tags, folded);
}

/** Tag keys in conditions are found in any case. */
function tagOf(tags: Tags | undefined, folded: string): string | undefined {
  return Object.entries(tags ?? {}).find(([key]) => key.toLowerCase() === folded)?.[1];
}

function throughOf(via: { readonly service: string; readonly through?: readonly string[] }): Values {
  return (via.through ?? [via.service]).map(principalOf);
}

function isoTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}
