export { MinimalStack, type MinimalProps } from "./minimal.js";
export { RebuildStack, type RebuildProps } from "./rebuild.js";
export { stages } from "./stages.js";
export { BalancedWordpressStack, WordpressStack, WordpressWithDatabaseStack, type BalancedProps, type WordpressProps, type WordpressWithDatabaseProps } from "./wordpress.js";
