/**
 * The predefined security policies of load balancers.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/elb-security-policy-table.html
 */
import type { ListenerTls, TlsVersion } from "@hakoniwa/network";

export interface SslPolicy {
  readonly name: string;
  readonly protocols: readonly TlsVersion[];
  readonly ciphers: readonly string[];
}

const TLS13 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
const ECDHE_GCM = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"];
const ECDHE_GCM_256 = ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"];
const ECDHE_CBC2 = ["ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256"];
const ECDHE_CBC2_256 = ["ECDHE-ECDSA-AES256-SHA384", "ECDHE-RSA-AES256-SHA384"];
const ECDHE_CBC = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA"];
const ECDHE_CBC_256 = ["ECDHE-RSA-AES256-SHA", "ECDHE-ECDSA-AES256-SHA"];
const RSA = ["AES128-GCM-SHA256", "AES128-SHA256"];
const RSA_CBC = ["AES128-SHA"];
const RSA_256 = ["AES256-GCM-SHA384", "AES256-SHA256"];
const RSA_CBC_256 = ["AES256-SHA"];

const FORWARD = [...ECDHE_GCM, ...ECDHE_CBC2, ...ECDHE_GCM_256, ...ECDHE_CBC2_256];
const FORWARD_OLD = [...ECDHE_GCM, ...ECDHE_CBC2, ...ECDHE_CBC, ...ECDHE_GCM_256, ...ECDHE_CBC2_256, ...ECDHE_CBC_256];
const ALL = [...FORWARD_OLD, ...RSA, ...RSA_CBC, ...RSA_256, ...RSA_CBC_256];
const WITHOUT_CBC1 = [...FORWARD, ...RSA, ...RSA_256];
const GCM = [...ECDHE_GCM, ...ECDHE_GCM_256];

const TO_12: readonly TlsVersion[] = ["TLSv1", "TLSv1.1", "TLSv1.2"];
const FROM_11: readonly TlsVersion[] = ["TLSv1.1", "TLSv1.2"];
const ONLY_12: readonly TlsVersion[] = ["TLSv1.2"];

export const SSL_POLICIES: readonly SslPolicy[] = [
  { name: "ELBSecurityPolicy-2016-08", protocols: TO_12, ciphers: ALL },
  { name: "ELBSecurityPolicy-TLS13-1-2-2021-06", protocols: ["TLSv1.2", "TLSv1.3"], ciphers: [...TLS13, ...FORWARD] },
  { name: "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", protocols: ["TLSv1.2", "TLSv1.3"], ciphers: [...TLS13, ...GCM] },
  { name: "ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", protocols: ["TLSv1.2", "TLSv1.3"], ciphers: [...TLS13, ...WITHOUT_CBC1] },
  { name: "ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", protocols: ["TLSv1.2", "TLSv1.3"], ciphers: [...TLS13, ...ALL] },
  { name: "ELBSecurityPolicy-TLS13-1-1-2021-06", protocols: ["TLSv1.1", "TLSv1.2", "TLSv1.3"], ciphers: [...TLS13, ...ALL] },
  { name: "ELBSecurityPolicy-TLS13-1-0-2021-06", protocols: [...TO_12, "TLSv1.3"], ciphers: [...TLS13, ...ALL] },
  { name: "ELBSecurityPolicy-TLS13-1-3-2021-06", protocols: ["TLSv1.3"], ciphers: TLS13 },
  { name: "ELBSecurityPolicy-TLS-1-2-2017-01", protocols: ONLY_12, ciphers: WITHOUT_CBC1 },
  { name: "ELBSecurityPolicy-TLS-1-2-Ext-2018-06", protocols: ONLY_12, ciphers: ALL },
  { name: "ELBSecurityPolicy-TLS-1-1-2017-01", protocols: FROM_11, ciphers: ALL },
  { name: "ELBSecurityPolicy-FS-2018-06", protocols: TO_12, ciphers: FORWARD_OLD },
  { name: "ELBSecurityPolicy-FS-1-1-2019-08", protocols: FROM_11, ciphers: FORWARD_OLD },
  { name: "ELBSecurityPolicy-FS-1-2-2019-08", protocols: ONLY_12, ciphers: FORWARD_OLD },
  { name: "ELBSecurityPolicy-FS-1-2-Res-2019-08", protocols: ONLY_12, ciphers: FORWARD },
  { name: "ELBSecurityPolicy-FS-1-2-Res-2020-10", protocols: ONLY_12, ciphers: GCM },
  { name: "ELBSecurityPolicy-2015-05", protocols: TO_12, ciphers: ALL },
];

export function sslPolicy(name: string): SslPolicy | undefined {
  return SSL_POLICIES.find((policy) => policy.name === name);
}

/** How a listener under a policy speaks TLS; only the certificates are missing. */
export function tlsOf({ protocols, ciphers }: SslPolicy): Omit<ListenerTls, "certificates"> {
  const [least = "TLSv1.2"] = protocols;
  return { minVersion: least, maxVersion: protocols.at(-1) ?? least, ciphers };
}
