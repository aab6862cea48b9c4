export type * from "./balancer.js";
export type * from "./flows.js";
export type * from "./model.js";
export type * from "./outgoing.js";
export type * from "./ports.js";
export * from "./addresses.js";
export * from "./dns-names.js";
export * from "./packets.js";
export * from "./trace.js";
