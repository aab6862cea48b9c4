import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { readPublicKey } from "./ssh-keys.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

/** Made with `ssh-keygen`; the fingerprint is what `ssh-keygen -lf` says, with the padding that EC2 adds. */
const ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGhZqeyH7sSvbcMdm6SJHlqFLSJwJvxRUeUrwGlEyHEk ann@example";
const FINGERPRINT = "kn7VpfSaMr1D/gRn7u7kjXF2jkPdXQ+UPsArzr2JXi4=";

describe("a key pair", () => {
  test("is made with its private key given once (S4-17)", async () => {
    const { KeyMaterial, KeyFingerprint } = await cloud.aws.ec2.CreateKeyPair({ KeyName: "ann" });
    const privateKey = createPrivateKey(KeyMaterial!);
    expect(KeyMaterial).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(privateKey.asymmetricKeyDetails?.modulusLength).toBe(2048);
    const sha1 = createHash("sha1").update(privateKey.export({ type: "pkcs8", format: "der" })).digest("hex");
    expect(KeyFingerprint!.replaceAll(":", "")).toBe(sha1);
    const { KeyPairs } = await cloud.aws.ec2.DescribeKeyPairs({ KeyNames: ["ann"], IncludePublicKey: true });
    expect(KeyPairs![0]).not.toHaveProperty("KeyMaterial");
    const imported = readPublicKey(KeyPairs![0]!.PublicKey!)!;
    const md5 = createHash("md5").update(createPublicKey(privateKey).export({ type: "spki", format: "der" })).digest("hex");
    expect(imported.fingerprint.replaceAll(":", "")).toBe(md5);
  });

  test("can be Ed25519, in OpenSSH's own form", async () => {
    const { KeyMaterial, KeyFingerprint } = await cloud.aws.ec2.CreateKeyPair({ KeyName: "ann", KeyType: "ed25519" });
    expect(KeyMaterial).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    const { KeyPairs } = await cloud.aws.ec2.DescribeKeyPairs({ IncludePublicKey: true });
    expect(readPublicKey(KeyPairs![0]!.PublicKey!)).toMatchObject({ type: "ed25519", fingerprint: KeyFingerprint });
  });

  test("can be imported, its name is unique, and deleting it twice is no error", async () => {
    const PublicKeyMaterial = Buffer.from(ED25519);
    const { KeyFingerprint } = await cloud.aws.ec2.ImportKeyPair({ KeyName: "ann", PublicKeyMaterial });
    expect(KeyFingerprint).toBe(FINGERPRINT);
    await expect(cloud.aws.ec2.CreateKeyPair({ KeyName: "ann" })).rejects.toMatchObject({ code: "InvalidKeyPair.Duplicate" });
    expect(await cloud.aws.ec2.DeleteKeyPair({ KeyName: "ann" })).toMatchObject({ Return: true });
    expect(await cloud.aws.ec2.DeleteKeyPair({ KeyName: "ann" })).toEqual({ Return: true });
    await expect(cloud.aws.ec2.DescribeKeyPairs({ KeyNames: ["ann"] })).rejects.toMatchObject({ code: "InvalidKeyPair.NotFound" });
  });

  test.each([["nonsense"], ["ssh-rsa"], ["ssh-rsa AAAA"], ["ssh-dss AAAAB3NzaC1kc3M="], [""], ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA/////w=="]])("is refused when its material is %j", async (material) => {
    await expect(cloud.aws.ec2.ImportKeyPair({ KeyName: "bad", PublicKeyMaterial: Buffer.from(material) })).rejects.toMatchObject({ code: "InvalidKey.Format" });
  });
});
