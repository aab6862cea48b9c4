/** The protocols by the names that models use. */
import type { Model, ProtocolName } from "../model.js";
import { ec2 } from "./ec2.js";
import { json } from "./json.js";
import type { Protocol } from "./protocol.js";
import { query } from "./query.js";

export const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { ec2, query, json };

export function protocolOf(model: Model): Protocol {
  return PROTOCOLS[model.protocol];
}
