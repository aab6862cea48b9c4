/** What the instance knows of itself: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html */

const SERVICE = "http://169.254.169.254";
const PATIENCE = 5_000;

let token: Promise<string> | undefined;

/** @returns undefined when there is no such entry @throws Error when the service can't be asked */
export async function metadata(path: string): Promise<string | undefined> {
  token ??= tokenOf();
  const response = await fetch(`${SERVICE}/latest/${path}`, { headers: { "X-aws-ec2-metadata-token": await token }, signal: AbortSignal.timeout(PATIENCE) });
  const text = await response.text();
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`the instance metadata service answered ${response.status} for ${path}`);
  return text;
}

async function tokenOf(): Promise<string> {
  const response = await fetch(`${SERVICE}/latest/api/token`, {
    method: "PUT",
    headers: { "X-aws-ec2-metadata-token-ttl-seconds": "300" },
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(`the instance metadata service gave no token: ${response.status}`);
  return response.text();
}

export async function instanceId(): Promise<string | undefined> {
  return metadata("meta-data/instance-id");
}

export async function ownRegion(): Promise<string | undefined> {
  return metadata("meta-data/placement/region");
}

/** @throws Error when the instance has no such role */
export async function roleCredentials(role: string): Promise<Credentials> {
  const text = await metadata(`meta-data/iam/security-credentials/${role}`);
  if (text === undefined) throw new Error(`No credentials for the role ${role}: the instance's profile does not hold it`);
  const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(text) as Readonly<Record<string, string | undefined>>;
  if (AccessKeyId === undefined || SecretAccessKey === undefined) throw new Error(`No credentials for the role ${role}: ${text}`);
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}
