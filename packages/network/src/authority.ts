/** What a certificate authority must offer: it vouches for servers' names. */
import type { TlsCertificate } from "./balancer.js";

/** The kind of key pair, as ACM calls it. */
export type CertificateKey = "RSA_2048" | "EC_prime256v1" | "EC_secp384r1";

export interface CertificateRequest {
  /** DNS names, the first of which is the subject's. */
  readonly names: readonly string[];
  readonly key: CertificateKey;
  /** Milliseconds since 1970, by the clock of real peers. */
  readonly notBefore: number;
  /** It ends no later than the authority itself. */
  readonly notAfter: number;
}

export interface CertificateAuthority {
  /** Makes a key pair and a certificate for it. Nothing is kept: each call makes another. */
  issue(request: CertificateRequest): Promise<TlsCertificate & { readonly chain: string }>;
}
