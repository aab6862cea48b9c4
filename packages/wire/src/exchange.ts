/** What is known about a request so far; an error is told with as much of it as there is. */
import { notImplemented } from "@hakoniwa/kernel";
import type { IncomingMessage } from "node:http";
import { checkMembers, strictOutput } from "./check.js";
import type { EndpointOptions } from "./endpoint-options.js";
import type { Model } from "./model.js";
import { header } from "./protocols/protocol.js";
import type { Protocol, WireReply, WireRequest } from "./protocols/protocol.js";
import type { Operation } from "./shape.js";

export interface Exchange {
  readonly message: IncomingMessage;
  readonly requestId: string;
  model?: Model;
  protocol?: Protocol;
  operation?: string;
  accessKeyId?: string;
  /** Of the reply, whatever it will be. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** Who calls, once that is known. */
export interface Caller {
  readonly region: string;
  readonly accessKeyId: string;
  readonly sessionToken: string | undefined;
}

export function sourceIpOf(message: IncomingMessage): string {
  return (message.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
}

/** The request without its body. */
export function headOf(message: IncomingMessage): WireRequest {
  const url = message.url ?? "/";
  const question = url.indexOf("?");
  return {
    method: message.method ?? "",
    path: question < 0 ? url : url.slice(0, question),
    search: question < 0 ? "" : url.slice(question + 1),
    headers: message.headersDistinct,
    body: NO_BODY,
  };
}

const NO_BODY = new Uint8Array();

/** A region is shown to handlers and becomes part of ARNs, so it is checked even when signatures are not. */
export const REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** Reads the input, carries the call out and writes the output. */
export async function carryOut(
  options: EndpointOptions,
  { message, requestId }: Exchange,
  { model, protocol, operation }: { readonly model: Model; readonly protocol: Protocol; readonly operation: Operation },
  request: WireRequest,
  caller: Caller,
): Promise<WireReply> {
  if (operation.output.members.some((member) => member.traits.streaming && member.shape.kind !== "blob")) {
    // Streams of events have a framing of their own, which isn't here.
    throw notImplemented(model.id, operation.name);
  }
  const input = protocol.read(operation, request);
  if (options.checkInputs !== false) {
    checkMembers(model, protocol, operation, input);
  }
  const output = await options.invoke({
    service: model.id,
    operation: operation.name,
    input,
    ...caller,
    requestId,
    sourceIp: sourceIpOf(message),
    userAgent: header(request, "user-agent") ?? "",
  });
  if (options.strictOutput) {
    strictOutput(model, operation.name, output ?? {});
  }
  return protocol.write(model, operation, output ?? {}, requestId);
}
