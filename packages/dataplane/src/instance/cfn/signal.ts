/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-signal.html */
import { randomUUID } from "node:crypto";
import { createApi } from "./api.js";
import { instanceId } from "./imds.js";
import { COMMON, helped, parseOptions, UsageError, type OptionSpec } from "./options.js";

const SPECS: Readonly<Record<string, OptionSpec>> = {
  ...COMMON,
  success: { short: "s" },
  reason: { short: "r" },
  data: { short: "d" },
  id: { short: "i" },
  "exit-code": { short: "e" },
  stack: {},
  resource: {},
};
const TRIES = 5;

export async function signal(args: readonly string[]): Promise<number> {
  const parsed = parseOptions(args, SPECS);
  if (helped(parsed, "cfn-signal [options] [WaitConditionHandle URL]", SPECS)) return 0;
  const { options, rest } = parsed;
  const succeeded = outcome(options);
  const { stack, resource } = options;
  const [handle] = rest;
  const id = options["id"] ?? (await instanceId()) ?? randomUUID();
  if (handle !== undefined) {
    await put(decoded(handle), {
      Status: succeeded ? "SUCCESS" : "FAILURE",
      Reason: options["reason"] ?? (succeeded ? "Configuration Complete" : "Configuration Failed"),
      UniqueId: id,
      Data: options["data"] ?? "",
    });
    return 0;
  }
  if (stack === undefined || resource === undefined) throw new UsageError("You must specify a WaitConditionHandle URL, or a stack name (--stack) and a logical resource id (--resource)");
  const api = await createApi(parsed);
  await api.signal(stack, resource, id, succeeded ? "SUCCESS" : "FAILURE");
  return 0;
}

/** @throws UsageError when neither says what happened in words that there are */
export function outcome(options: Readonly<Record<string, string>>): boolean {
  const { success = "true", "exit-code": code } = options;
  if (code !== undefined) {
    if (!/^-?\d+$/.test(code)) throw new UsageError(`option -e: invalid integer value: '${code}'`);
    return Number(code) === 0;
  }
  if (success !== "true" && success !== "false") throw new UsageError(`option -s: invalid choice: '${success}' (choose from 'true', 'false')`);
  return success === "true";
}

/** Templates may hand it over in base64. */
export function decoded(handle: string): string {
  const text = /^https?:/.test(handle) ? handle : Buffer.from(handle, "base64").toString("utf8");
  if (!URL.canParse(text)) throw new UsageError(`${handle} is no WaitConditionHandle URL`);
  return text;
}

async function put(url: string, message: Readonly<Record<string, string>>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    // Bytes have no type of their own: the address was signed without one.
    const response = await fetch(url, { method: "PUT", body: Buffer.from(JSON.stringify(message)) }).catch((error: Error) => error);
    if (!(response instanceof Error) && response.ok) return;
    const told = response instanceof Error ? response.message : await response.text();
    const lasting = !(response instanceof Error) && response.status < 500;
    if (lasting || tries === TRIES) throw new Error(`Error: the signal was not taken: ${told}`);
    await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** tries));
  }
}
