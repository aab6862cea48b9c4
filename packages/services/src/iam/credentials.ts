/** Every operation about credentials: what users prove themselves with, the account's rules about it, and reports of it. */
import { accessKeyOperations } from "./access-keys.js";
import { credentialReportOperations } from "./credential-report.js";
import { loginProfileOperations } from "./login-profiles.js";
import { mfaOperations } from "./mfa.js";
import { ownKeyOperations } from "./own-keys.js";
import { passwordPolicyOperations } from "./password-policy.js";
import { serverCertificateOperations } from "./server-certificates.js";

export const credentialOperations = [
  accessKeyOperations,
  loginProfileOperations,
  passwordPolicyOperations,
  mfaOperations,
  ownKeyOperations,
  serverCertificateOperations,
  credentialReportOperations,
];
