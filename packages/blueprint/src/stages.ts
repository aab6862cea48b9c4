import type { App, Stack } from "aws-cdk-lib";
import { MinimalStack } from "./minimal.js";

/** The platform's stages, by the name that `up` takes. */
export const stages: Readonly<Record<string, (app: App, props: Record<string, unknown>) => Stack>> = {
  minimal: (app, props) => new MinimalStack(app, "minimal", props),
};
