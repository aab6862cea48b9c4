/** TLS as listeners speak it. */
import tls from "node:tls";
import { X509Certificate } from "node:crypto";
import type { ListenerTls, TlsCertificate } from "@hakoniwa/network";

export interface TlsContexts {
  readonly fallback: tls.SecureContext;
  /** For the server name that a client asks for. */
  select(name: string): tls.SecureContext;
}

/**
 * The contexts of a listener's certificates, made once for each update.
 * @throws Error when a certificate, key or cipher can't be used
 */
export function contextsOf(listener: ListenerTls): TlsContexts {
  const [first, ...others] = listener.certificates.map((certificate) => ({
    context: tls.createSecureContext(optionsOf(certificate, listener)),
    matches: matcherOf(certificate),
  }));
  if (first === undefined) {
    throw new Error("a listener of TLS needs a certificate");
  }
  return {
    fallback: first.context,
    // The default certificate's own names go first too, as it is tried with the others.
    select: (name) => [first, ...others].find(({ matches }) => matches(name))?.context ?? first.context,
  };
}

/** What OpenSSL needs to know for one certificate under the listener's policy. */
export function optionsOf({ certificate, chain, privateKey }: TlsCertificate, { minVersion, maxVersion, ciphers }: ListenerTls): tls.SecureContextOptions {
  // Old policies allow what OpenSSL's default security level does not.
  const old = minVersion === "TLSv1" || minVersion === "TLSv1.1";
  const level = old ? ["@SECLEVEL=0"] : [];
  return {
    cert: chain === undefined ? certificate : `${certificate.trimEnd()}\n${chain}`,
    key: privateKey,
    minVersion,
    maxVersion,
    ciphers: [...(ciphers ?? ["DEFAULT"]), ...level].join(":"),
    honorCipherOrder: true,
  };
}

/** Names with a wildcard stand for one label, as clients read them. */
function matcherOf({ certificate }: TlsCertificate): (name: string) => boolean {
  const parsed = new X509Certificate(certificate);
  return (name) => parsed.checkHost(name) !== undefined;
}
