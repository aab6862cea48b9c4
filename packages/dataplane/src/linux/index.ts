export { createLinuxDataPlane } from "./data-plane.js";
export type { LinuxDataPlane, LinuxDataPlaneOptions } from "./data-plane.js";
export { enterSandbox } from "./sandbox/enter.js";
export { eraseDataDir } from "./sandbox/erase.js";
export { preflight } from "./sandbox/preflight.js";
export type { PreflightProblem } from "./sandbox/preflight.js";
export { spawnSandbox } from "./sandbox/spawn.js";
export type { SandboxOptions } from "./sandbox/spawn.js";
export type { UidMode } from "./sandbox/uid-map.js";
