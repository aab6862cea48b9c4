import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openAuthority } from "./certificate-authority.js";

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

  it("vouches for no longer than a client accepts", async () => {
    const late = await openAuthority({ authority }, () => Date.now() - 500 * 24 * 3600 * 1000);
    expect((await greet("ssm.ap-northeast-1.amazonaws.com", first.certificate, late.contextFor)).authorized).toBe(false);
  });
});
