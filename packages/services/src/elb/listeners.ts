import { Elb, type ElbTypes } from "@hakoniwa/wire";
import type { Database } from "@hakoniwa/kernel";
import { judgeCertificate } from "../balancer-certificates.js";
import { operations, type Asked } from "../define.js";
import { access, byName } from "./access.js";
import { certificateNotFound, duplicateListener, invalidConfigurationRequest, listenerNotFound, unsupportedProtocol, validationError } from "./errors.js";
import { findLoadBalancer } from "./find.js";
import { loadBalancers, type Listener, type Protocol } from "./state.js";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-limits.html */
export const LISTENERS_PER_LOAD_BALANCER = 100;

export const listenerOperations = operations(Elb, {
  CreateLoadBalancerListeners: {
    authorize: access("CreateLoadBalancerListeners", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const added = parseListeners(ctx.facts, input.Listeners);
      for (const listener of added) {
        const there = balancer.listeners.find((l) => l.loadBalancerPort === listener.loadBalancerPort);
        if (there && !sameListener(there, listener)) throw duplicateListener(listener.loadBalancerPort);
      }
      const fresh = added.filter((listener) => !balancer.listeners.some((l) => sameListener(l, listener)));
      replaceListeners(ctx.db, balancer.name, [...balancer.listeners, ...fresh]);
      return {};
    },
  },

  DeleteLoadBalancerListeners: {
    authorize: access("DeleteLoadBalancerListeners", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      for (const port of input.LoadBalancerPorts) {
        if (!balancer.listeners.some((l) => l.loadBalancerPort === port)) throw listenerNotFound(port);
      }
      replaceListeners(ctx.db, balancer.name, balancer.listeners.filter((l) => !input.LoadBalancerPorts.includes(l.loadBalancerPort)));
      return {};
    },
  },

  SetLoadBalancerListenerSSLCertificate: {
    authorize: access("SetLoadBalancerListenerSSLCertificate", byName),
    handle(ctx, input) {
      const balancer = findLoadBalancer(ctx.db, input.LoadBalancerName);
      const listener = balancer.listeners.find((l) => l.loadBalancerPort === input.LoadBalancerPort);
      if (!listener) throw listenerNotFound(input.LoadBalancerPort);
      if (!isSecure(listener.protocol)) throw invalidConfigurationRequest(`The listener for port ${input.LoadBalancerPort} is not HTTPS or SSL.`);
      const certificate = checkCertificate(ctx.facts, input.SSLCertificateId);
      replaceListeners(ctx.db, balancer.name, balancer.listeners.map((l) => (l === listener ? { ...l, certificate } : l)));
      return {};
    },
  },
});

function replaceListeners(db: Database, name: string, listeners: readonly Listener[]): void {
  if (listeners.length > LISTENERS_PER_LOAD_BALANCER) {
    throw invalidConfigurationRequest(`A load balancer may have at most ${LISTENERS_PER_LOAD_BALANCER} listeners, not ${listeners.length}.`);
  }
  db(loadBalancers).put({ ...findLoadBalancer(db, name), listeners });
}

/** @throws AwsError when a listener is not what AWS, or we, can take */
export function parseListeners(facts: Asked["facts"], listeners: readonly ElbTypes.Listener[]): readonly Listener[] {
  if (listeners.length === 0) throw validationError("Listeners must not be empty.");
  const parsed = listeners.map((listener) => parseListener(facts, listener));
  for (const [index, listener] of parsed.entries()) {
    const twin = parsed.slice(0, index).find((l) => l.loadBalancerPort === listener.loadBalancerPort);
    if (twin) throw duplicateListener(listener.loadBalancerPort);
  }
  return parsed;
}

function parseListener(facts: Asked["facts"], input: ElbTypes.Listener): Listener {
  const protocol = parseProtocol(input.Protocol);
  const instanceProtocol = input.InstanceProtocol === undefined ? protocol : parseProtocol(input.InstanceProtocol);
  if (isHttp(protocol) !== isHttp(instanceProtocol)) {
    throw invalidConfigurationRequest(`Protocol '${protocol}' and InstanceProtocol '${instanceProtocol}' must be at the same Internet protocol layer.`);
  }
  checkPort("LoadBalancerPort", input.LoadBalancerPort);
  checkPort("InstancePort", input.InstancePort);
  return {
    protocol,
    loadBalancerPort: input.LoadBalancerPort,
    instanceProtocol,
    instancePort: input.InstancePort,
    certificate: isSecure(protocol) ? checkCertificate(facts, input.SSLCertificateId) : undefined,
    policies: [],
  };
}

/** @throws ValidationError, CertificateNotFound */
function checkCertificate(facts: Asked["facts"], id: string | undefined): string {
  if (!id) throw validationError("Secure Listeners need to specify a SSLCertificateId");
  // There is no other word for those that are not issued, or not fit.
  if (judgeCertificate(facts, id) !== "found") throw certificateNotFound(id);
  return id;
}

function parseProtocol(protocol: string): Protocol {
  const upper = protocol.toUpperCase();
  if (upper === "HTTP" || upper === "HTTPS" || upper === "TCP" || upper === "SSL") return upper;
  throw unsupportedProtocol(protocol);
}

export function isHttp(protocol: string): boolean {
  return protocol === "HTTP" || protocol === "HTTPS";
}

export function isSecure(protocol: string): boolean {
  return protocol === "HTTPS" || protocol === "SSL";
}

function checkPort(field: string, port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw validationError(`${field} '${port}' must be between 1 and 65535.`);
}

function sameListener(a: Listener, b: Listener): boolean {
  const sameFront = a.loadBalancerPort === b.loadBalancerPort && a.protocol === b.protocol && a.certificate === b.certificate;
  return sameFront && a.instancePort === b.instancePort && a.instanceProtocol === b.instanceProtocol;
}
