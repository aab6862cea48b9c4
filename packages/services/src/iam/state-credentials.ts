/** IAM's records and tables of what users prove themselves with, and of the account's rules about it. */
import { table } from "@hakoniwa/kernel";
import type { Tags } from "./state.js";

/** A password (S3-14), as its scrypt hash. */
export interface LoginProfile {
  readonly userName: string;
  readonly created: number;
  readonly resetRequired: boolean;
  /** The same for all of a user's passwords, so that one hash tells whether any of them comes again. */
  readonly salt: string;
  readonly hash: string;
  /** When this password was set. */
  readonly changed: number;
  /** Hashes of the passwords before, the latest first, as many as a policy may ask about. */
  readonly previous: readonly string[];
}

/** A virtual MFA device (S3-15). */
export interface MfaDevice {
  readonly serial: string;
  readonly name: string;
  readonly created: number;
  /** Base32 (RFC 4648). */
  readonly seed: string;
  /** Whom it is enabled for; absent while it is nobody's. */
  readonly owner?: string;
  readonly enabled?: number;
  /** How many time steps of 30 s its clock is ahead of ours. */
  readonly drift: number;
  readonly tags: Tags;
}

/** The owner of the root user's devices: no user can have this name. */
export const ROOT_OWNER = "<root_account>";

/** A certificate for load balancers (S4-41). */
export interface ServerCertificate {
  readonly name: string;
  readonly id: string;
  readonly path: string;
  readonly arn: string;
  /** What it was called by before it was renamed: who shows it goes on. */
  readonly formerArns?: readonly string[];
  readonly uploaded: number;
  readonly expires: number;
  /** All PEM. */
  readonly certificate: string;
  readonly chain?: string;
  readonly privateKey: string;
  readonly tags: Tags;
}

/** An X.509 certificate that a user signs with (S3-13). */
export interface SigningCertificate {
  readonly id: string;
  readonly userName: string;
  readonly certificate: string;
  readonly active: boolean;
  readonly uploaded: number;
}

export interface SshPublicKey {
  readonly id: string;
  readonly userName: string;
  /** `ssh-rsa BASE64`. */
  readonly key: string;
  /** MD5, as colon-separated hex. */
  readonly fingerprint: string;
  readonly active: boolean;
  readonly uploaded: number;
}

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly symbols: boolean;
  readonly numbers: boolean;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly usersMayChange: boolean;
  /** Days; 0 for never. */
  readonly maxAge: number;
  /** How many passwords back none may come again. */
  readonly reusePrevention: number;
  readonly hardExpiry?: boolean;
}

/** The account's latest credential report. */
export interface CredentialReport {
  readonly generated: number;
  readonly content: string;
}

/** When a user's key or a role was last used. AWS notes the first use in a span of 15 minutes, and so do we. */
export interface Use {
  /** An access key's id, or a role's. */
  readonly id: string;
  readonly used: number;
  readonly region: string;
  /** As IAM names it, e.g. `ec2`. */
  readonly service: string;
}

/** The deletion of a service-linked role that somebody asked for. */
export interface RoleDeletion {
  readonly taskId: string;
  readonly roleName: string;
}

const user = (record: { readonly userName: string }): string => record.userName;
const ONE = "the account's";

export const loginProfiles = table<LoginProfile>()({ name: "iam.login-profiles", key: user });
export const mfaDevices = table<MfaDevice>()({
  name: "iam.mfa-devices",
  key: (d) => d.serial,
  indexes: { owner: (d) => (d.owner === undefined ? [] : [d.owner]) },
});
export const serverCertificates = table<ServerCertificate>()({
  name: "iam.server-certificates",
  key: (c) => c.name,
  indexes: { folded: (c) => c.name.toLowerCase(), arn: (c) => [c.arn, ...(c.formerArns ?? [])] },
});
export const signingCertificates = table<SigningCertificate>()({ name: "iam.signing-certificates", key: (c) => c.id, indexes: { user } });
export const sshPublicKeys = table<SshPublicKey>()({ name: "iam.ssh-public-keys", key: (k) => k.id, indexes: { user } });
/** One at most, as for reports. */
export const passwordPolicies = table<PasswordPolicy>()({ name: "iam.password-policies", key: () => ONE });
export const credentialReports = table<CredentialReport>()({ name: "iam.credential-reports", key: () => ONE });
export const uses = table<Use>()({ name: "iam.uses", key: (u) => u.id });
export const roleDeletions = table<RoleDeletion>()({ name: "iam.role-deletions", key: (d) => d.taskId });

export const credentialTables = [
  loginProfiles,
  mfaDevices,
  serverCertificates,
  signingCertificates,
  sshPublicKeys,
  passwordPolicies,
  credentialReports,
  uses,
  roleDeletions,
];
