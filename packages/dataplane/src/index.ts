export * from "./linux/index.js";
export { postOnThisMachine } from "./http-post.js";
export { createPaperDataPlane } from "./paper/data-plane.js";
export type { PaperDataPlane, PaperOptions } from "./paper/data-plane.js";
