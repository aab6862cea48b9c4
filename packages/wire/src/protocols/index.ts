/** The protocols by the names that models use, and the one that some models' clients may choose besides. */
import type { Model, ProtocolName } from "../model.js";
import { cbor } from "./cbor.js";
import { ec2 } from "./ec2.js";
import { json } from "./json.js";
import type { Protocol } from "./protocol.js";
import { query } from "./query.js";
import { restJson } from "./rest-json.js";
import { restXml } from "./rest-xml.js";

export const PROTOCOLS: Readonly<Record<ProtocolName | "cbor", Protocol>> = { ec2, query, json, cbor, "rest-json": restJson, "rest-xml": restXml };

export function protocolOf(model: Model): Protocol {
  return PROTOCOLS[model.protocol];
}
