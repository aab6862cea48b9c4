import { Elbv2, type Elbv2Types } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { judgeCertificate } from "../balancer-certificates.js";
import { operations, type Context } from "../define.js";
import { refuseMembers } from "../not-implemented.js";
import { sslPolicy } from "../ssl-policies.js";
import { access, onListener, onLoadBalancer } from "./access.js";
import { parseActions } from "./actions.js";
import { certificateNotFound, duplicateListener, incompatibleProtocols, invalidCertificateArn, invalidConfigurationRequest, notYet, sslPolicyNotFound, tooMany, unsupportedCertificate, validationError } from "./errors.js";
import { findListener, findLoadBalancer, groupsOfBalancer } from "./find.js";
import { LIMITS } from "./limits.js";
import { listenerArn } from "./names.js";
import { page } from "./paging.js";
import { showListener } from "./show.js";
import { groupsOf, listeners, loadBalancers, rules, targetGroups, type Action, type Listener } from "./state.js";
import { mergeTags } from "./tags.js";

/** What AWS's API gives a listener that names none. */
export const DEFAULT_SSL_POLICY = "ELBSecurityPolicy-2016-08";

export const listenerOperations = operations(Elbv2, {
  CreateListener: {
    authorize: access("CreateListener", onLoadBalancer),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerArn);
      const { Port: port, Protocol: protocol } = input;
      if (port === undefined) throw validationError("A listener port must be specified");
      if (protocol === undefined) throw validationError("A listener protocol must be specified");
      refuseMembers(input, ["AlpnPolicy"], notYet);
      const others = ctx.db(listeners).where("loadBalancer", balancer.arn);
      const actions = parseActions(ctx.db, input.DefaultActions);
      const listener: Listener = {
        arn: listenerArn(balancer.arn, ctx.ids),
        loadBalancerArn: balancer.arn,
        port,
        ...secured(ctx, protocol, input, undefined),
        actions,
        tags: mergeTags([], input.Tags),
      };
      if (others.some((other) => other.port === port)) throw duplicateListener(port);
      if (others.length >= LIMITS["listeners-per-application-load-balancer"]) throw tooMany("Listeners", LIMITS["listeners-per-application-load-balancer"]);
      checkGroups(ctx.db, balancer.arn, actions);
      return { Listeners: [showListener(ctx.db(listeners).put(listener))] };
    },
  },

  DescribeListeners: {
    authorize: access("DescribeListeners"),
    handle(ctx, input) {
      const { LoadBalancerArn: balancer, ListenerArns: arns } = input;
      if (balancer === undefined && !arns?.length) throw validationError("You must specify either listener ARNs or a load balancer ARN");
      if (balancer !== undefined && arns?.length) throw validationError("Listener ARNs and a load balancer ARN cannot be specified at the same time");
      const all = balancer === undefined ? (arns ?? []).map((arn) => findListener(ctx.db, arn)) : ctx.db(listeners).where("loadBalancer", findLoadBalancer(ctx.db, balancer).arn);
      const { records, NextMarker } = page(all, input, ({ arn }) => arn);
      return { Listeners: records.map(showListener), NextMarker };
    },
  },

  ModifyListener: {
    authorize: access("ModifyListener", onListener),
    handle(ctx, input) {
      const listener = findListener(ctx.db, input.ListenerArn);
      refuseMembers(input, ["AlpnPolicy"], notYet);
      const port = input.Port ?? listener.port;
      if (ctx.db(listeners).where("loadBalancer", listener.loadBalancerArn).some((other) => other.arn !== listener.arn && other.port === port)) throw duplicateListener(port);
      const actions = input.DefaultActions === undefined ? listener.actions : parseActions(ctx.db, input.DefaultActions);
      checkGroups(ctx.db, listener.loadBalancerArn, actions);
      const next = { ...listener, port, ...secured(ctx, input.Protocol ?? listener.protocol, input, listener), actions };
      return { Listeners: [showListener(ctx.db(listeners).put(next))] };
    },
  },

  DeleteListener: {
    authorize: access("DeleteListener", onListener),
    handle(ctx, input) {
      deleteListener(ctx.db, findListener(ctx.db, input.ListenerArn));
      return {};
    },
  },

  AddListenerCertificates: {
    authorize: access("AddListenerCertificates", onListener),
    handle(ctx, input) {
      const listener = findListener(ctx.db, input.ListenerArn);
      if (listener.protocol !== "HTTPS") throw invalidConfigurationRequest("Certificates can be added to HTTPS listeners only");
      const added = input.Certificates.map((certificate) => checkCertificate(ctx, certificate));
      const certificates = [...new Set([...listener.certificates, ...added])];
      const most = LIMITS["certificates-per-application-load-balancer"];
      if (certificates.length - 1 > most) throw tooMany("Certificates", most);
      ctx.db(listeners).put({ ...listener, certificates });
      return { Certificates: added.map((arn) => ({ CertificateArn: arn, IsDefault: arn === certificates[0] })) };
    },
  },

  RemoveListenerCertificates: {
    authorize: access("RemoveListenerCertificates", onListener),
    handle(ctx, input) {
      const listener = findListener(ctx.db, input.ListenerArn);
      const leaving = input.Certificates.map(({ CertificateArn }) => CertificateArn);
      if (leaving.includes(listener.certificates[0])) throw invalidConfigurationRequest("The default certificate of a listener cannot be removed; use ModifyListener");
      ctx.db(listeners).put({ ...listener, certificates: listener.certificates.filter((arn) => !leaving.includes(arn)) });
      return {};
    },
  },

  DescribeListenerCertificates: {
    authorize: access("DescribeListenerCertificates"),
    handle(ctx, input) {
      const { certificates } = findListener(ctx.db, input.ListenerArn);
      const { records, NextMarker } = page(certificates.map((arn, index) => ({ CertificateArn: arn, IsDefault: index === 0 })), input, ({ IsDefault, CertificateArn }) => [IsDefault ? 0 : 1, CertificateArn]);
      return { Certificates: records, NextMarker };
    },
  },
});

/** With its rules. */
export function deleteListener(db: Database, listener: Listener): void {
  for (const { arn } of db(rules).where("listener", listener.arn)) db(rules).delete(arn);
  db(listeners).delete(listener.arn);
}

/** @throws AwsError when target groups can't be the balancer's, or are too many with those that it has */
export function checkGroups(db: Database, balancerArn: string, actions: readonly Action[]): void {
  const balancer = db(loadBalancers).get(balancerArn);
  const wanted = groupsOf(actions);
  for (const arn of wanted) {
    const group = db(targetGroups).get(arn);
    if (group && balancer && group.vpcId !== balancer.vpcId) {
      throw invalidConfigurationRequest(`The target group '${arn}' is in VPC '${group.vpcId}', the load balancer in '${balancer.vpcId}'`);
    }
  }
  const most = LIMITS["target-groups-per-application-load-balancer"];
  if (new Set([...groupsOfBalancer(db, balancerArn), ...wanted]).size > most) throw tooMany("UniqueTargetGroupsPerLoadBalancer", most);
}

type Secured = Pick<Listener, "protocol" | "sslPolicy" | "certificates">;

/** What belongs together: the protocol, its certificate and its policy. */
function secured(
  ctx: Context,
  protocol: string,
  input: Pick<Elbv2Types.CreateListenerInput, "Certificates" | "SslPolicy" | "MutualAuthentication">,
  before: Listener | undefined,
): Secured {
  if (input.MutualAuthentication && (input.MutualAuthentication.Mode ?? "off") !== "off") throw notYet("mutual authentication");
  if (protocol === "HTTP") {
    if (input.Certificates?.length) throw invalidConfigurationRequest("Certificates cannot be specified for a listener of protocol HTTP");
    if (input.SslPolicy) throw invalidConfigurationRequest("An SSL policy cannot be specified for a listener of protocol HTTP");
    return { protocol, sslPolicy: undefined, certificates: [] };
  }
  if (protocol !== "HTTPS") throw incompatibleProtocols(`Listener protocol '${protocol}' must be one of 'HTTP, HTTPS'`);
  const given = input.Certificates ?? [];
  if (given.length > 1 || (given.length === 0 && before?.protocol !== "HTTPS")) {
    throw validationError("You must provide a list containing exactly one certificate if the listener protocol is HTTPS");
  }
  const fallback = given[0] ? checkCertificate(ctx, given[0]) : before?.certificates[0];
  const policy = input.SslPolicy ?? before?.sslPolicy ?? DEFAULT_SSL_POLICY;
  if (!sslPolicy(policy)) throw sslPolicyNotFound(policy);
  const others = (before?.certificates ?? []).slice(1).filter((arn) => arn !== fallback);
  return { protocol, sslPolicy: policy, certificates: fallback === undefined ? others : [fallback, ...others] };
}

/** @throws CertificateNotFound, UnsupportedCertificate */
function checkCertificate(ctx: Context, { CertificateArn: arn }: Elbv2Types.Certificate): string {
  if (arn === undefined || !arn.startsWith("arn:")) throw invalidCertificateArn(arn ?? "");
  const verdict = judgeCertificate(ctx.facts, arn);
  if (verdict !== "found") throw verdict === "not-found" ? certificateNotFound(arn) : unsupportedCertificate(arn);
  return arn;
}
