/** The addresses that wait conditions are signalled at: presigned, as S3's are. */

export interface WaitUrl {
  readonly region: string;
  readonly stackId: string;
  readonly logicalId: string;
  readonly accessKey: string;
  /** Seconds since the Unix epoch. */
  readonly expires: number;
  /** In base64. */
  readonly signature: string;
}

/** What a request asks for, when it is for such an address. */
export interface WaitTarget {
  readonly region: string;
  readonly account: string;
  readonly stackId: string;
  readonly logicalId: string;
  readonly expires: string | undefined;
  readonly signature: string | undefined;
}

export function waitUrl({ region, stackId, logicalId, accessKey, expires, signature }: WaitUrl): string {
  const path = encodeURIComponent(`${stackId}/${logicalId}`);
  return `https://cloudformation-waitcondition-${region}.s3.${region}.amazonaws.com/${path}?AWSAccessKeyId=${accessKey}&Expires=${expires}&Signature=${encodeURIComponent(signature)}`;
}

/** The region whose wait conditions a host speaks for; undefined for every other host. */
export function waitHost(host: string): string | undefined {
  const name = host.replace(/:\d{1,5}$/, "").replace(/\.$/, "").toLowerCase();
  const [, region, again] = /^cloudformation-waitcondition-([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2})\.s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:\.localhost)?$/.exec(name) ?? [];
  return region === again ? region : undefined;
}

/** @returns undefined when the path is no handle's in that region */
export function readWaitUrl(region: string, target: string): WaitTarget | undefined {
  const [path = "", search = ""] = target.split("?", 2);
  let name: string;
  try {
    name = decodeURIComponent(path.slice(1));
  } catch {
    return undefined;
  }
  const [, stackId, inRegion, account, logicalId] = /^(arn:aws:cloudformation:([a-z0-9-]+):(\d{12}):stack\/[A-Za-z][-A-Za-z0-9]{0,127}\/[0-9a-f-]{36})\/([A-Za-z0-9]{1,255})$/.exec(name) ?? [];
  if (stackId === undefined || account === undefined || logicalId === undefined || inRegion !== region) return undefined;
  const query = new URLSearchParams(search);
  // A client that unescapes what it was given sends "+" for itself, which reads as a blank.
  const signature = query.get("Signature")?.replaceAll(" ", "+");
  return { region, account, stackId, logicalId, expires: query.get("Expires") ?? undefined, signature };
}
