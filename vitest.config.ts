import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("./packages", import.meta.url));

/** Tests run on the sources; only child processes (the data plane's helpers) come from the build. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@hakoniwa\/([^/]+)$/, replacement: `${packages}/$1/src/index.ts` },
      { find: /^@hakoniwa\/([^/]+)\/([^/]+)$/, replacement: `${packages}/$1/src/$2.ts` },
    ],
  },
  test: {
    include: ["packages/*/src/**/*.test.ts", "tests/**/*.test.ts"],
    testTimeout: 20_000,
    maxWorkers: 2,
    pool: "forks",
  },
});
