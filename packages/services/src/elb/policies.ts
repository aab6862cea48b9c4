/** Policies of listeners: https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_CreateLoadBalancerPolicy.html */
import { Elb, type ElbTypes } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { operations } from "../define.js";
import { SSL_POLICIES, sslPolicy, type SslPolicy } from "../ssl-policies.js";
import { access, byName } from "./access.js";
import { duplicatePolicyName, invalidConfigurationRequest, listenerNotFound, notYet, policyNotFound, policyTypeNotFound, tooManyPolicies, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { isHttp, isSecure } from "./listeners.js";
import { loadBalancers, type LoadBalancer, type Policy } from "./state.js";

/** What a secure listener without a policy of its own speaks by. */
export const DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08";
/** Classic's own predefined policies; the newer ones are for the other generation. */
const CLASSIC_POLICIES = ["ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-TLS-1-2-2017-01", "ELBSecurityPolicy-TLS-1-1-2017-01", "ELBSecurityPolicy-2015-05"];
const MOST_POLICIES = 100;

const SSL_TYPE = "SSLNegotiationPolicyType";
const TYPES: Readonly<Record<string, { readonly description: string; readonly attribute: string; readonly cardinality: string }>> = {
  AppCookieStickinessPolicyType: { description: "Stickiness policy with session lifetimes controlled by the lifetime of the application-generated cookie. This policy can be associated only with HTTP/HTTPS listeners.", attribute: "CookieName", cardinality: "ONE" },
  LBCookieStickinessPolicyType: { description: "Stickiness policy with session lifetimes controlled by the browser (user-agent) or a specified expiration period. This policy can be associated only with HTTP/HTTPS listeners.", attribute: "CookieExpirationPeriod", cardinality: "ZERO_OR_ONE" },
  [SSL_TYPE]: { description: "Listener policy that defines the ciphers and protocols that will be accepted by the load balancer. This policy can be associated only with HTTPS/SSL listeners.", attribute: "Reference-Security-Policy", cardinality: "ZERO_OR_ONE" },
};

export const policyOperations = operations(Elb, {
  CreateAppCookieStickinessPolicy: {
    authorize: access("CreateAppCookieStickinessPolicy", byName),
    handle(ctx, input) {
      addPolicy(ctx.db, input.LoadBalancerName, appCookie(input.PolicyName, input.CookieName));
      return {};
    },
  },

  CreateLBCookieStickinessPolicy: {
    authorize: access("CreateLBCookieStickinessPolicy", byName),
    handle(ctx, input) {
      addPolicy(ctx.db, input.LoadBalancerName, lbCookie(input.PolicyName, input.CookieExpirationPeriod));
      return {};
    },
  },

  CreateLoadBalancerPolicy: {
    authorize: access("CreateLoadBalancerPolicy", byName),
    handle(ctx, input) {
      addPolicy(ctx.db, input.LoadBalancerName, parsePolicy(input));
      return {};
    },
  },

  DeleteLoadBalancerPolicy: {
    authorize: access("DeleteLoadBalancerPolicy", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      if (!balancer.policies.some(({ name }) => name === input.PolicyName)) throw policyNotFound(input.PolicyName);
      if (balancer.listeners.some(({ policies }) => policies.includes(input.PolicyName))) {
        throw invalidConfigurationRequest(`You cannot delete policy '${input.PolicyName}' because it is enabled for a listener.`);
      }
      ctx.db(loadBalancers).put({ ...balancer, policies: balancer.policies.filter(({ name }) => name !== input.PolicyName) });
      return {};
    },
  },

  SetLoadBalancerPoliciesOfListener: {
    authorize: access("SetLoadBalancerPoliciesOfListener", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const listener = balancer.listeners.find((l) => l.loadBalancerPort === input.LoadBalancerPort);
      if (!listener) throw listenerNotFound(input.LoadBalancerPort);
      const chosen = [...new Set(input.PolicyNames)].map((name) => findPolicy(balancer, name));
      for (const policy of chosen) {
        const fits = policy.kind === "ssl" ? isSecure(listener.protocol) : isHttp(listener.protocol);
        if (!fits) throw invalidConfigurationRequest(`The policy '${policy.name}' cannot be associated with a listener of protocol ${listener.protocol}.`);
      }
      if (chosen.filter(({ kind }) => kind !== "ssl").length > 1 || chosen.filter(({ kind }) => kind === "ssl").length > 1) {
        throw invalidConfigurationRequest("A listener may have one stickiness policy and one SSL negotiation policy at most.");
      }
      const policies = chosen.map(({ name }) => name);
      ctx.db(loadBalancers).put({ ...balancer, listeners: balancer.listeners.map((l) => (l === listener ? { ...l, policies } : l)) });
      return {};
    },
  },

  SetLoadBalancerPoliciesForBackendServer: {
    authorize: access("SetLoadBalancerPoliciesForBackendServer", byName),
    handle(ctx, input) {
      findLoadBalancer(ctx.db, input.LoadBalancerName);
      throw notYet("policies for back-end servers");
    },
  },

  DescribeLoadBalancerPolicies: {
    authorize: access("DescribeLoadBalancerPolicies"),
    handle(ctx, input) {
      const balancer = input.LoadBalancerName === undefined ? undefined : findLoadBalancer(ctx.db, input.LoadBalancerName);
      const all = balancer ? balancer.policies.map(showPolicy) : CLASSIC_POLICIES.map((name) => describeSsl(name, name));
      const names = input.PolicyNames ?? [];
      const missing = names.find((name) => !all.some((policy) => policy.PolicyName === name));
      if (missing !== undefined) throw policyNotFound(missing);
      return { PolicyDescriptions: names.length > 0 ? all.filter(({ PolicyName }) => names.includes(PolicyName ?? "")) : all };
    },
  },

  DescribeLoadBalancerPolicyTypes: {
    authorize: access("DescribeLoadBalancerPolicyTypes"),
    handle(_ctx, input) {
      const names = input.PolicyTypeNames?.length ? input.PolicyTypeNames : Object.keys(TYPES);
      return {
        PolicyTypeDescriptions: names.map((name) => {
          const type = TYPES[name];
          if (!type) throw policyTypeNotFound(name);
          return {
            PolicyTypeName: name,
            Description: type.description,
            PolicyAttributeTypeDescriptions: [{ AttributeName: type.attribute, AttributeType: type.attribute === "CookieExpirationPeriod" ? "Long" : "String", Cardinality: type.cardinality }],
          };
        }),
      };
    },
  },
});

function addPolicy(db: Database, balancerName: string, policy: Policy): void {
  const balancer = findLoadBalancer(db, balancerName);
  if (!/^[A-Za-z0-9-]+$/.test(policy.name)) throw validationError(`PolicyName '${policy.name}' must contain only alphanumeric characters and hyphens.`);
  if (balancer.policies.some(({ name }) => name === policy.name)) throw duplicatePolicyName(policy.name);
  if (balancer.policies.length >= MOST_POLICIES) throw tooManyPolicies(balancerName);
  db(loadBalancers).put({ ...balancer, policies: [...balancer.policies, policy] });
}

function findPolicy(balancer: LoadBalancer, name: string): Policy {
  const policy = balancer.policies.find((each) => each.name === name);
  if (!policy) throw policyNotFound(name);
  return policy;
}

function appCookie(name: string, cookie: string): Policy {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(cookie)) throw validationError(`CookieName '${cookie}' is no cookie's name.`);
  return { kind: "app-cookie", name, cookie };
}

function lbCookie(name: string, period: number | undefined): Policy {
  if (period !== undefined && (!Number.isSafeInteger(period) || period < 1)) throw validationError(`CookieExpirationPeriod '${period}' must be a positive number of seconds.`);
  return { kind: "lb-cookie", name, period };
}

/** @throws PolicyTypeNotFound, ValidationError; NotImplemented for types that AWS has and we lack */
function parsePolicy({ PolicyName: name, PolicyTypeName: type, PolicyAttributes: attributes }: ElbTypes.CreateLoadBalancerPolicyInput): Policy {
  const known = TYPES[type];
  if (!known) throw /^(ProxyProtocol|PublicKey|BackendServerAuthentication)PolicyType$/.test(type) ? notYet(`policies of type ${type}`) : policyTypeNotFound(type);
  const other = attributes?.find(({ AttributeName }) => AttributeName !== known.attribute);
  if (other && type === SSL_TYPE) throw notYet(`custom SSL negotiation policies (the attribute ${other.AttributeName})`);
  if (other) throw invalidConfigurationRequest(`The attribute '${other.AttributeName}' is not supported by the policy type '${type}'.`);
  const value = attributes?.[0]?.AttributeValue;
  if (type === "LBCookieStickinessPolicyType") return lbCookie(name, value === undefined ? undefined : Number(value));
  if (type === "AppCookieStickinessPolicyType") return appCookie(name, value ?? "");
  const reference = value ?? DEFAULT_SSL_POLICY;
  if (!CLASSIC_POLICIES.includes(reference) || !sslPolicy(reference)) throw policyNotFound(reference);
  return { kind: "ssl", name, reference };
}

function showPolicy(policy: Policy): ElbTypes.PolicyDescription {
  if (policy.kind === "ssl") return describeSsl(policy.name, policy.reference);
  const [type, attribute, value] =
    policy.kind === "lb-cookie" ? ["LBCookieStickinessPolicyType", "CookieExpirationPeriod", policy.period] : ["AppCookieStickinessPolicyType", "CookieName", policy.cookie];
  const attributes = value === undefined ? [] : [{ AttributeName: attribute as string, AttributeValue: String(value) }];
  return { PolicyName: policy.name, PolicyTypeName: type as string, PolicyAttributeDescriptions: attributes };
}

/** With every protocol and cipher of the predefined policy as an attribute of its own, as AWS shows it. */
function describeSsl(name: string, reference: string): ElbTypes.PolicyDescription {
  const { protocols, ciphers }: Pick<SslPolicy, "protocols" | "ciphers"> = sslPolicy(reference) ?? { protocols: [], ciphers: [] };
  const everything = new Set<string>(SSL_POLICIES.filter((p) => CLASSIC_POLICIES.includes(p.name)).flatMap((p) => p.ciphers));
  const flag = (key: string, on: boolean): ElbTypes.PolicyAttributeDescription => ({ AttributeName: key, AttributeValue: String(on) });
  return {
    PolicyName: name,
    PolicyTypeName: SSL_TYPE,
    PolicyAttributeDescriptions: [
      { AttributeName: "Reference-Security-Policy", AttributeValue: reference },
      ...(["TLSv1", "TLSv1.1", "TLSv1.2"] as const).map((version) => flag(`Protocol-${version}`, protocols.includes(version))),
      flag("Server-Defined-Cipher-Order", true),
      ...[...everything].map((cipher) => flag(cipher, ciphers.includes(cipher))),
    ],
  };
}
