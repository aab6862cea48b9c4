/** Gets what files and sources name, with the credentials of AWS::CloudFormation::Authentication: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-authentication.html */
import { isMap, textOf, type Json, type JsonMap } from "./config-sets.js";
import { ownRegion, roleCredentials } from "./imds.js";
import { signed } from "./sigv4.js";

const PATIENCE = 120_000;

/** Where one authentication applies, and how. */
interface Authentication {
  readonly name: string;
  readonly settings: JsonMap;
}

export class Fetcher {
  readonly #all: readonly Authentication[];

  /** @param authentications the resource's AWS::CloudFormation::Authentication */
  constructor(authentications: Json | undefined) {
    this.#all = isMap(authentications) ? Object.entries(authentications).flatMap(([name, settings]) => (isMap(settings) ? [{ name, settings }] : [])) : [];
  }

  /**
   * @param by the authentication that is named; else the one that speaks for the address
   * @throws Error when it can't be had
   */
  async get(address: string, by?: Json): Promise<Buffer> {
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) throw new Error(`${address} is no http or https address`);
    const url = new URL(address);
    const found = by === undefined ? this.#all.find(({ settings }) => speaksFor(settings, url)) : this.#all.find(({ name }) => name === by);
    if (by !== undefined && !found) throw new Error(`No authentication named ${JSON.stringify(by)} exists`);
    const response = await fetch(url, { headers: found ? await headersOf(found, url) : {}, signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`Failed to retrieve ${address}: HTTP Error ${response.status} : ${(await response.text()).slice(0, 500)}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

function speaksFor(settings: JsonMap, url: URL): boolean {
  const listed = (name: string): readonly string[] => (Array.isArray(settings[name]) ? settings[name].map(String) : []);
  if (listed("uris").some((uri) => url.href.startsWith(uri))) return true;
  return typeOf(settings) === "s3" && listed("buckets").includes(bucketOf(url) ?? "");
}

function typeOf(settings: JsonMap): string {
  return textOf(settings["type"], "an authentication's type").toLowerCase();
}

/** @returns undefined when it is no address of S3's */
function bucketOf({ hostname, pathname }: URL): string | undefined {
  const [, bucket] = /^(?:(.+)\.)?s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/.exec(hostname) ?? [];
  if (!/(^|\.)s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com$/.test(hostname)) return undefined;
  return bucket ?? pathname.split("/")[1];
}

async function headersOf({ name, settings }: Authentication, url: URL): Promise<Readonly<Record<string, string>>> {
  const type = typeOf(settings);
  if (type === "basic") {
    const { username, password } = settings;
    return { authorization: `Basic ${Buffer.from(`${textOf(username, "a username")}:${textOf(password, "a password")}`).toString("base64")}` };
  }
  if (type !== "s3") throw new Error(`The authentication ${name} has the type ${type}: basic and S3 are supported`);
  const { roleName, accessKeyId, secretKey } = settings;
  const credentials = typeof roleName === "string" ? await roleCredentials(roleName) : { accessKeyId: textOf(accessKeyId, "an accessKeyId"), secretAccessKey: textOf(secretKey, "a secretKey"), sessionToken: undefined };
  const [, inRegion] = /s3[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws/.exec(url.hostname) ?? [];
  return signed({ method: "GET", url, headers: {}, body: "" }, credentials, { service: "s3", region: inRegion ?? (await ownRegion()) ?? "us-east-1", at: new Date() });
}
