export { administrator, createCore, type Core, type CoreOptions } from "./core.js";
export { runCloud, type RunningCloud } from "./running.js";
