import { RunInstancesCommand, waitUntilInstanceRunning } from "@aws-sdk/client-ec2";
import { expect } from "vitest";
import { KEY, keepKeyOfStack, newestImage, type Platform } from "./article-platform.js";
import { tellTheArticle } from "./article-story.js";

/** The article's own choices instead of the safe ones, under the names that the article's order has. */
const given: Record<string, string> = { article: "true", environment: "stg" };

async function up({ garden }: Platform, change: Record<string, string> = {}): Promise<void> {
  Object.assign(given, change);
  const properties = Object.entries(given).flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const { code, stderr } = await garden.hakoniwa("up", "minimal", ...properties);
  expect(code, stderr).toBe(0);
}

tellTheArticle("the blueprint", {
  async foundation(platform) {
    await up(platform);
    await keepKeyOfStack(platform);
    await buildServer(platform);
  },
  site: (platform, image) => up(platform, { image }),
  natGateway: (platform) => up(platform, { nat: "gateway" }),
  https: (platform, certificate) => up(platform, { certificate }),
});

/** The stage needs no server to make an image of: it sets its own up at their first boot. Whoever wants an image launches one by hand. */
async function buildServer(platform: Platform): Promise<void> {
  const { ec2 } = platform.garden;
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ImageId: await newestImage(platform), InstanceType: "t3.micro", MinCount: 1, MaxCount: 1, KeyName: KEY,
      SubnetId: (await platform.subnet("private")).SubnetId!, SecurityGroupIds: [(await platform.group("web")).GroupId!],
      TagSpecifications: [{ ResourceType: "instance", Tags: [{ Key: "Name", Value: "builder-hakoniwa-stg" }] }],
    }),
  );
  await waitUntilInstanceRunning({ client: ec2, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { InstanceIds: [Instances![0]!.InstanceId!] });
}
