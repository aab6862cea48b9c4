/** How a base image comes to believe the API's certificates: the system's bundle, and variables for those who bring their own. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
const OWN = "/etc/ssl/certs/hakoniwa-authority.pem";

/** What every process of an instance has: the AWS CLI and boto3 have a bundle of their own, and so has Node. */
export const TRUST_ENVIRONMENT: readonly string[] = [`AWS_CA_BUNDLE=${BUNDLE}`, `NODE_EXTRA_CA_CERTS=${OWN}`];

/** @param root the image's root directory @param certificate in PEM */
export function addTrusted(root: string, certificate: string): void {
  mkdirSync(join(root, "etc/ssl/certs"), { recursive: true, mode: 0o755 });
  mkdirSync(join(root, "etc/profile.d"), { recursive: true, mode: 0o755 });
  writeFileSync(join(root, OWN), certificate, { mode: 0o644 });
  appendFileSync(join(root, BUNDLE), `\n${certificate}`, { mode: 0o644 });
  writeFileSync(join(root, "etc/environment"), TRUST_ENVIRONMENT.map((line) => `${line}\n`).join(""), { mode: 0o644 });
  writeFileSync(join(root, "etc/profile.d/hakoniwa.sh"), TRUST_ENVIRONMENT.map((line) => `export ${line}\n`).join(""), { mode: 0o644 });
}
