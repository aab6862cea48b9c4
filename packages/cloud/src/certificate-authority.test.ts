import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lateAuthority, openAuthority } from "./certificate-authority.js";

const directory = mkdtempSync(join(tmpdir(), "authority-"));
const authority = join(directory, "authority.pem");
let first: Awaited<ReturnType<typeof openAuthority>>;
beforeAll(async () => {
  first = await openAuthority({ authority }, Date.now);
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Connects as a client that trusts only `ca`. */
async function greet(name: string, ca: string, contextFor = first.contextFor): Promise<{ readonly authorized: boolean; readonly names: string | undefined }> {
  const server = createServer({ SNICallback: (asked, done) => void contextFor(asked).then((context) => done(null, context), (error: Error) => done(error)) });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const socket: TLSSocket = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", servername: name, ca, rejectUnauthorized: false });
  try {
    await once(socket, "secureConnect");
    return { authorized: socket.authorized, names: socket.getPeerX509Certificate()?.subjectAltName };
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("the local certificate authority", () => {
  it("is kept for its owner alone, and is the same after a restart", async () => {
    expect(statSync(authority).mode & 0o777).toBe(0o600);
    expect((await openAuthority({ authority }, Date.now)).certificate).toBe(first.certificate);
    expect(new X509Certificate(first.certificate).ca).toBe(true);
  });

  it("vouches for any name that is asked, long ones too, to those who trust it", async () => {
    const long = `${"bucket-".repeat(8)}1.s3.ap-northeast-1.amazonaws.com`;
    for (const name of ["ssm.ap-northeast-1.amazonaws.com", long]) expect(await greet(name, first.certificate)).toEqual({ authorized: true, names: `DNS:${name}` });
  });

  it("is believed by nobody else", async () => {
    const other = await openAuthority({ authority: join(directory, "other.pem") }, Date.now);
    expect((await greet("ssm.ap-northeast-1.amazonaws.com", other.certificate)).authorized).toBe(false);
  });

  it("issues certificates of each kind, with keys of their own, and ends none later than itself", async () => {
    const root = new X509Certificate(first.certificate);
    const seen = new Set<string>();
    for (const [key, kind] of [["RSA_2048", "rsa"], ["EC_prime256v1", "ec"], ["EC_secp384r1", "ec"], ["RSA_2048", "rsa"]] as const) {
      const made = await first.issue({ names: ["www.example.com", "*.example.com"], key, notBefore: Date.now() - 1_000, notAfter: Date.now() + 20_000 * 24 * 3_600_000 });
      const leaf = new X509Certificate(made.certificate);
      expect(made.chain).toBe(first.certificate);
      expect(leaf.verify(root.publicKey) && leaf.checkIssued(root) && leaf.checkPrivateKey(createPrivateKey(made.privateKey))).toBe(true);
      expect([leaf.publicKey.asymmetricKeyType, leaf.subject, leaf.subjectAltName]).toEqual([kind, "CN=www.example.com", "DNS:www.example.com, DNS:*.example.com"]);
      expect([leaf.checkHost("www.example.com"), leaf.checkHost("shop.example.com"), leaf.checkHost("a.b.example.com")]).toEqual(["www.example.com", "*.example.com", undefined]);
      expect(leaf.validTo).toBe(root.validTo);
      seen.add(leaf.serialNumber).add(leaf.publicKey.export({ type: "spki", format: "pem" }).toString());
    }
    expect(seen.size).toBe(8);
  });

  it("that is opened late is opened once, and again when that failed", async () => {
    let tries = 0;
    const late = lateAuthority(async () => {
      tries += 1;
      if (tries === 1) throw new Error("not yet");
      return first;
    });
    const wanted = { names: ["a.example.com"], key: "EC_prime256v1", notBefore: Date.now(), notAfter: Date.now() + 1_000 } as const;
    await expect(late.issue(wanted)).rejects.toThrow("not yet");
    await Promise.all([late.issue(wanted), late.issue(wanted)]);
    expect(tries).toBe(2);
  });

  it("vouches for no longer than a client accepts", async () => {
    const late = await openAuthority({ authority }, () => Date.now() - 500 * 24 * 3600 * 1000);
    expect((await greet("ssm.ap-northeast-1.amazonaws.com", first.certificate, late.contextFor)).authorized).toBe(false);
  });
});
