export * from "./linux/index.js";
export { createPaperDataPlane } from "./paper/data-plane.js";
export type { PaperDataPlane, PaperOptions } from "./paper/data-plane.js";
