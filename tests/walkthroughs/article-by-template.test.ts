import { expect } from "vitest";
import { keepKeyOfStack, newestNatImage, type Platform } from "./article-platform.js";
import { tellTheArticle } from "./article-story.js";

/** Given again with every update, as a template knows nothing of the last one's. */
const given: Record<string, string> = {};

async function up({ garden }: Platform, change: Record<string, string>): Promise<void> {
  Object.assign(given, change);
  const parameters = Object.entries(given).flatMap(([name, value]) => ["--parameters", `${name}=${value}`]);
  const { code, stderr } = await garden.hakoniwa("up", "docs/walkthroughs/templates/article.yaml", ...parameters);
  expect(code, stderr).toBe(0);
}

tellTheArticle("a hand-written template", {
  async foundation(platform) {
    await up(platform, { NatImage: await newestNatImage(platform) });
    await keepKeyOfStack(platform);
  },
  site: (platform, Image) => up(platform, { Image }),
  natGateway: (platform) => up(platform, { Nat: "gateway" }),
  https: (platform, Certificate) => up(platform, { Certificate }),
});
