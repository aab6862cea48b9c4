/** What the host needs to check a machine and to start a sandbox on it: light, without the data plane itself. */
export { postOnThisMachine } from "./http-post.js";
export { eraseDataDir } from "./linux/sandbox/erase.js";
export { preflight } from "./linux/sandbox/preflight.js";
export type { PreflightProblem } from "./linux/sandbox/preflight.js";
export { spawnSandbox } from "./linux/sandbox/spawn.js";
