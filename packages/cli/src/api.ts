/** AWS calls of commands, over the control socket. */
import { control, dataDirectory, type Options } from "@hakoniwa/cloud/client";
import type { AsyncAws } from "@hakoniwa/wire";

/** `api(options).cloudformation.DescribeStacks({})`: typed by AWS's models, as the owner of the machine. */
export function api(options: Options): AsyncAws {
  const { controlSocket } = dataDirectory(options.dataDir);
  const call = (service: string, operation: string) => (input: Record<string, unknown>) =>
    control(controlSocket, { do: "call", service, operation, region: options.region, input });
  const service = (name: string): object => new Proxy({}, { get: (_target, operation) => call(name, String(operation)) });
  return new Proxy({}, { get: (_target, name) => service(String(name)) }) as AsyncAws;
}
