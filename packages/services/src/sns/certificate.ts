/** A certificate of our own for what SNS signs: X.509 with nothing but a key, a name and a time. */
import { generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import type { SigningKey } from "./state.js";

const YEARS = 10 * 365 * 24 * 3_600_000;
const SHA256_WITH_RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
const COMMON_NAME = [0x55, 0x04, 0x03];
const NAME = "sns.amazonaws.com (Hakoniwa)";

const make = promisify(generateKeyPair);

/** @param serial hex digits */
export async function newSigningKey(now: number, serial: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await make("rsa", { modulusLength: 2_048 });
  const algorithm = sequence(der(0x06, Buffer.from(SHA256_WITH_RSA)), der(0x05, Buffer.alloc(0)));
  const name = sequence(der(0x31, sequence(der(0x06, Buffer.from(COMMON_NAME)), der(0x0c, Buffer.from(NAME)))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from(`4${serial}`, "hex")),
    algorithm,
    name,
    sequence(time(now - 24 * 3_600_000), time(now + YEARS)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
  );
  const signature = sign("sha256", body, privateKey);
  const certificate = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    id: "signing-key",
    privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const long = length < 0x80 ? [] : length < 0x100 ? [length] : [length >> 8, length & 0xff];
  const head = long.length === 0 ? [tag, length] : [tag, 0x80 + long.length, ...long];
  return Buffer.concat([Buffer.from(head), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** GeneralizedTime. */
function time(at: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`));
}
