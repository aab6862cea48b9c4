/** CloudFormation as the helper scripts ask it: as the instance itself, which its identity document proves, or with credentials. */
import { readFileSync } from "node:fs";
import { metadata, ownRegion, roleCredentials, type Credentials } from "./imds.js";
import type { Parsed } from "./options.js";
import { signed } from "./sigv4.js";

/** What CloudFormation refused, in its own words. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface StackResourceDetail {
  readonly metadata: unknown;
  readonly physicalId: string | undefined;
}

export interface Api {
  readonly region: string;
  describe(stack: string, resource: string): Promise<StackResourceDetail>;
  signal(stack: string, resource: string, uniqueId: string, status: "SUCCESS" | "FAILURE"): Promise<void>;
}

const VERSION = "2010-05-15";
const PATIENCE = 30_000;
const TRIES = 5;

/** @throws Error when there is no region to ask */
export async function createApi({ options }: Pick<Parsed, "options">): Promise<Api> {
  const region = options["region"] ?? (await ownRegion());
  if (region === undefined) throw new Error("No region: give --region");
  const url = new URL(options["url"] ?? `https://cloudformation.${region}.amazonaws.com/`);
  const credentials = await credentialsOf(options);
  const call = (parameters: Readonly<Record<string, string>>): Promise<string> => again(() => send(url, region, credentials, { ...parameters, Version: VERSION }));
  return {
    region,
    async describe(StackName, LogicalResourceId) {
      return readDetail(await call({ Action: "DescribeStackResource", StackName, LogicalResourceId }));
    },
    async signal(StackName, LogicalResourceId, UniqueId, Status) {
      await call({ Action: "SignalResource", StackName, LogicalResourceId, UniqueId, Status });
    },
  };
}

async function credentialsOf(options: Parsed["options"]): Promise<Credentials | undefined> {
  const { role, "access-key": accessKeyId, "secret-key": secretAccessKey, "credential-file": file } = options;
  if (role !== undefined) return roleCredentials(role);
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey, sessionToken: undefined };
  if (file === undefined) return undefined;
  const values = new Map(readFileSync(file, "utf8").split("\n").map((line) => line.split("=", 2).map((part) => part.trim()) as [string, string]));
  const [id, secret] = [values.get("AWSAccessKeyId"), values.get("AWSSecretKey")];
  if (id === undefined || secret === undefined) throw new Error(`${file} has no AWSAccessKeyId and AWSSecretKey`);
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: undefined };
}

async function send(url: URL, region: string, credentials: Credentials | undefined, parameters: Readonly<Record<string, string>>): Promise<string> {
  const body = new URLSearchParams(parameters).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };
  const auth = credentials ? signed({ method: "POST", url, headers, body }, credentials, { service: "cloudformation", region, at: new Date() }) : { ...headers, authorization: await identity() };
  const response = await fetch(url, { method: "POST", headers: auth, body, signal: AbortSignal.timeout(PATIENCE) });
  const text = await response.text();
  if (response.ok) return text;
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  if (code !== undefined) throw new ApiError(code, unescaped(message ?? ""));
  const { Error: told } = (text.startsWith("{") ? JSON.parse(text) : {}) as { readonly Error?: { readonly Code: string; readonly Message: string } };
  throw new ApiError(told?.Code ?? `HTTP ${response.status}`, told?.Message ?? text.slice(0, 200));
}

/** The instance's own signature, which gives access to the stack that it belongs to and to nothing else. */
async function identity(): Promise<string> {
  const [document, signature] = await Promise.all([metadata("dynamic/instance-identity/document"), metadata("dynamic/instance-identity/signature")]);
  if (document === undefined || signature === undefined) throw new Error("The instance has no identity to sign with: give --role");
  return `CFN_V1 ${Buffer.from(document).toString("base64")}:${signature.replaceAll("\n", "")}`;
}

/** What went wrong on the way, or on the other side, may go well the next time. */
async function again<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const lasting = error instanceof ApiError && !/^(HTTP 5|Throttling|InternalFailure|ServiceUnavailable)/.test(error.code);
      if (lasting || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200 * 2 ** tries));
    }
  }
}

export function readDetail(text: string): StackResourceDetail {
  if (text.startsWith("{")) {
    const answer = JSON.parse(text) as { readonly DescribeStackResourceResponse: { readonly DescribeStackResourceResult: { readonly StackResourceDetail: { readonly Metadata?: string; readonly PhysicalResourceId?: string } } } };
    const { Metadata: found = "{}", PhysicalResourceId: physicalId } = answer.DescribeStackResourceResponse.DescribeStackResourceResult.StackResourceDetail;
    return { metadata: JSON.parse(found), physicalId };
  }
  const found = /<Metadata>([^<]*)<\/Metadata>/.exec(text)?.[1] ?? "{}";
  return { metadata: JSON.parse(unescaped(found)), physicalId: /<PhysicalResourceId>([^<]*)<\/PhysicalResourceId>/.exec(text)?.[1] };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name ?? ""] ?? whole;
  });
}
