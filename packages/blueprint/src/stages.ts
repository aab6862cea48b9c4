import type { App, Stack } from "aws-cdk-lib";
import { MinimalStack, type MinimalProps } from "./minimal.js";
import { addressRange, certificateArn, checkProps, count, domainName, flag, imageId, namePart, oneOf, subscriber, urlPath } from "./props.js";
import { RebuildStack, type RebuildProps } from "./rebuild.js";
import { BalancedWordpressStack, WordpressStack, WordpressWithDatabaseStack, type BalancedProps, type WordpressProps, type WordpressWithDatabaseProps } from "./wordpress.js";

type Rules<Props> = Parameters<typeof checkProps<Props>>[2];

const common = { service: namePart, environment: namePart };
const site = { ...common, image: imageId, certificate: certificateArn, domain: domainName };
const blog: Rules<WordpressProps> = { ...common, image: imageId, sshFrom: addressRange };
const withDatabase: Rules<WordpressWithDatabaseProps> = { ...blog, database: oneOf("server", "rds") };
const minimal: Rules<MinimalProps> = {
  ...site,
  zones: count(1, 2),
  size: count(1, 100),
  nat: oneOf("gateway", "instance"),
  bastion: flag,
  article: flag,
  natAdmits: oneOf("all", "article"),
  sshFrom: addressRange,
  webAdmits: oneOf("balancer", "vpc"),
};
const rebuild: Rules<RebuildProps> = {
  ...site,
  // S0-23: seven days at most.
  stickiness: count(0, 604_800),
  healthCheckPath: urlPath,
  targetProtocol: oneOf("HTTP", "HTTPS"),
  servers: oneOf("instances", "group"),
  notify: subscriber,
  acl: flag,
};

/** The platform's stages, by the name that `up` takes. */
export const stages: Readonly<Record<string, (app: App, props: Record<string, unknown>) => Stack>> = {
  minimal: (app, props) => new MinimalStack(app, "minimal", checkProps<MinimalProps>("minimal", props, minimal)),
  rebuild: (app, props) => new RebuildStack(app, "rebuild", checkProps<RebuildProps>("rebuild", props, rebuild)),
  "wordpress-1": (app, props) => new WordpressStack(app, "wordpress-1", checkProps<WordpressProps>("wordpress-1", props, blog)),
  "wordpress-2": (app, props) => new WordpressWithDatabaseStack(app, "wordpress-2", checkProps<WordpressWithDatabaseProps>("wordpress-2", props, withDatabase)),
  "wordpress-3": (app, props) => new BalancedWordpressStack(app, "wordpress-3", checkProps<BalancedProps>("wordpress-3", props, { ...withDatabase, golden: imageId })),
};
