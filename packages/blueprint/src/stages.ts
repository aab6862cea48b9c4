import type { App, Stack } from "aws-cdk-lib";
import { MinimalStack, type MinimalProps } from "./minimal.js";
import { checkProps, count, flag, namePart, oneOf } from "./props.js";

/** The platform's stages, by the name that `up` takes. */
export const stages: Readonly<Record<string, (app: App, props: Record<string, unknown>) => Stack>> = {
  minimal: (app, props) =>
    new MinimalStack(
      app,
      "minimal",
      checkProps<MinimalProps>("minimal", props, { service: namePart, environment: namePart, nat: oneOf("gateway", "instance"), bastion: flag, size: count(1, 100) }),
    ),
};
