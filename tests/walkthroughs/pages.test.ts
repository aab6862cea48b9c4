/** The walkthroughs' pages, typed from top to bottom: what they show must be what one sees. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { isAwsCliInstalled } from "../api/aws-cli.js";
import { createGarden, root, run } from "./garden.js";
import { difference, type Bindings } from "./page-match.js";
import { openShell } from "./page-shell.js";
import { stepsOf, type Step } from "./page.js";

const folder = join(root, "docs/walkthroughs");
/** The other language has the same commands: `pages-agree.test.ts`. */
const pages = readdirSync(folder).filter((name) => /^\d.*\.md$/.test(name) && !name.endsWith(".ja.md"));
/** Cloud time runs faster than whoever reads: its intervals and grace periods are minutes. */
const SCALE = 5;

const hasAws = isAwsCliInstalled();
const needsAws = (steps: readonly Step[]): boolean => steps.some(({ command }) => /\baws [a-z]/.test(command));

// A page begins where the reader has built: the first command after a change of the sources says so.
beforeAll(() => run(join(root, "hakoniwa"), ["--help"]), 120_000);

describe.concurrent("the walkthrough", { timeout: 600_000 }, () => {
  for (const page of pages) {
    const steps = stepsOf(join(folder, page));
    it.skipIf(needsAws(steps) && !hasAws)(`${page} does what it says`, async () => {
      const garden = await createGarden();
      const shell = openShell(garden, SCALE);
      const bindings: Bindings = new Map();
      try {
        for (const { command, shown, line } of steps) {
          const { code, stdout } = await shell.type(command);
          const wrong = difference(shown, stdout, bindings);
          // Some commands fail for show; one that shows nothing has nothing to show for it.
          const failed = shown.length === 0 && code !== 0;
          expect(wrong ?? (failed ? `it ended with ${code}` : ""), `${page}:${line}: ${command}\n${stdout}`).toBe("");
        }
      } finally {
        await shell.close();
        await garden.end();
      }
    });
  }
});
