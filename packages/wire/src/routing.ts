/** Which service a request means, and in which protocol it speaks. */
import type { FormNode } from "./form.js";
import { formText } from "./form.js";
import type { Model } from "./model.js";
import { PROTOCOLS, protocolOf } from "./protocols/index.js";
import { rpcTarget } from "./protocols/cbor.js";
import { targetOperation } from "./protocols/json.js";
import { header } from "./protocols/protocol.js";
import type { Protocol, WireRequest } from "./protocols/protocol.js";

export interface Route {
  readonly model: Model;
  readonly protocol: Protocol;
}

/** The request names a service or a version of it that isn't here. */
export interface Stranger {
  readonly service: string;
  readonly operation: string;
}

export type Routing = { readonly found: Route } | { readonly stranger: Stranger } | { readonly nothing: true };

/** Services without a model here whose clients read errors as XML, in a wrapper or as S3's do. */
const XML_CLIENTS = new Set(["route53", "cloudfront"]);
const S3_CLIENTS = new Set(["s3", "s3express", "s3-object-lambda", "s3-outposts"]);

/** The protocol for an error when no service was found. */
export function protocolForStranger(request: WireRequest, scope: string | undefined): Protocol {
  if (header(request, "smithy-protocol") === "rpc-v2-cbor" || (scope !== undefined && !S3_CLIENTS.has(scope) && rpcTarget(request.path))) {
    return PROTOCOLS.cbor;
  }
  if (header(request, "x-amz-target") !== undefined) {
    return PROTOCOLS.json;
  }
  if (scope === undefined ? request.path !== "/" : S3_CLIENTS.has(scope)) {
    return PROTOCOLS["rest-xml"];
  }
  return request.form || scope === undefined || XML_CLIENTS.has(scope) ? PROTOCOLS.query : PROTOCOLS["rest-json"];
}

const speaksForms = (model: Model): boolean => model.protocol === "ec2" || model.protocol === "query" || model.queryCompatible;

/** `ec2.ap-northeast-1.amazonaws.com` means `ec2`. */
function hostService(request: WireRequest): string {
  return (header(request, "host") ?? "").split(".", 1)[0]!.toLowerCase();
}

function stranger(service: string, operation: string): Routing {
  return { stranger: { service: service.slice(0, 100), operation: operation.slice(0, 100) || "*" } };
}

/**
 * The order in which requests tell: X-Amz-Target, `/service/X/operation/Y`, the signature's scope (with `Version`, which
 * tells Classic Load Balancing from its successor), `Version` alone, the host's name.
 */
export function createRouting(models: readonly Model[]): (request: WireRequest, scope: string | undefined) => Routing {
  const byTarget = new Map(models.filter((model) => model.protocol === "json").map((model) => [model.target, model]));
  const bySigningName = new Map<string, readonly Model[]>();
  for (const model of models) {
    bySigningName.set(model.signingName, [...(bySigningName.get(model.signingName) ?? []), model]);
  }
  const found = (model: Model, protocol = protocolOf(model)): Routing => ({ found: { model, protocol } });

  const byForm = (candidates: readonly Model[], form: FormNode, service: string): Routing => {
    const version = formText(form, "Version");
    const speaking = candidates.filter(speaksForms);
    const chosen = version === undefined ? speaking[0] : speaking.find((model) => model.version === version);
    if (chosen) {
      return found(chosen, chosen.protocol === "ec2" ? PROTOCOLS.ec2 : PROTOCOLS.query);
    }
    return stranger(version === undefined ? service : `${service} ${version}`, formText(form, "Action") ?? "");
  };

  return (request, scope) => {
    const target = header(request, "x-amz-target");
    if (target !== undefined) {
      const model = byTarget.get(target.slice(0, Math.max(0, target.lastIndexOf("."))));
      return model ? found(model) : stranger(scope ?? target.split(".", 1)[0]!, targetOperation(request));
    }
    const rpc = rpcTarget(request.path);
    if (rpc) {
      const model = byTarget.get(rpc.service);
      return model ? found(model, PROTOCOLS.cbor) : stranger(scope ?? rpc.service, rpc.operation);
    }
    const form = request.form;
    const host = hostService(request);
    const named = scope ?? (bySigningName.has(host) ? host : undefined);
    const candidates = named === undefined ? [] : (bySigningName.get(named) ?? []);
    if (scope !== undefined && candidates.length === 0) {
      return stranger(scope, form ? (formText(form, "Action") ?? "") : "");
    }
    if (form) {
      const version = formText(form, "Version");
      // A link may be followed at an address: then only the operation tells.
      const action = formText(form, "Action") ?? "";
      const linked = named === undefined && version === undefined ? models.find((model) => speaksForms(model) && model.unsigned.includes(action)) : undefined;
      if (linked) {
        return byForm([linked], form, linked.signingName);
      }
      const alone = scope === undefined ? models.filter((model) => speaksForms(model) && model.version === version) : [];
      if (alone.length > 0) {
        return byForm(alone, form, alone[0]!.signingName);
      }
      return named === undefined ? { nothing: true } : byForm(candidates, form, named);
    }
    return candidates[0] ? found(candidates[0]) : { nothing: true };
  };
}
