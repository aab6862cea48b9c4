export { MinimalStack, type MinimalProps } from "./minimal.js";
export { stages } from "./stages.js";
