/** What users upload of their own: X.509 certificates to sign with (S3-13), and SSH public keys. */
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onUser } from "./access.js";
import { certificateNotFound, duplicateCertificate, duplicateSshKey, malformedCertificate, quotaExceeded, sshKeyNotFound } from "./errors.js";
import { findUser, userOf } from "./find.js";
import { readCertificates } from "../pem.js";
import { fingerprintOf, pemOf, readSshKey } from "./ssh-key.js";
import { signingCertificates, sshPublicKeys, type SigningCertificate, type SshPublicKey } from "./state-credentials.js";
import { checkLength, checkOneOf, idOf, page, uniqueId } from "./values.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const CERTIFICATES_PER_USER = 2;
const SSH_KEYS_PER_USER = 5;
const STATUS = ["Active", "Inactive"];

export const ownKeyOperations = operations(Iam, {
  UploadSigningCertificate: {
    authorize: onUser("UploadSigningCertificate"),
    handle(ctx, input) {
      const user = userOf(ctx, input);
      checkLength("certificateBody", input.CertificateBody, 1, 16384);
      const [certificate, ...more] = readCertificates(input.CertificateBody) ?? [];
      if (!certificate || more.length > 0) throw malformedCertificate("Unable to parse certificate. Please ensure the certificate is in PEM format.");
      const same = (other: SigningCertificate): boolean => readCertificates(other.certificate)?.[0]?.fingerprint256 === certificate.fingerprint256;
      if (ctx.db(signingCertificates).list().some(same)) throw duplicateCertificate();
      const table = ctx.db(signingCertificates);
      if (table.where("user", user.name).length >= CERTIFICATES_PER_USER) throw quotaExceeded("SigningCertificatesPerUser", CERTIFICATES_PER_USER);
      const id = ctx.ids.text(24, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
      return { Certificate: showCertificate(table.put({ id, userName: user.name, certificate: input.CertificateBody, active: true, uploaded: ctx.now })) };
    },
  },

  ListSigningCertificates: {
    authorize: onUser("ListSigningCertificates"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(signingCertificates).where("user", userOf(ctx, input).name), input, idOf);
      return { Certificates: records.map(showCertificate), ...rest };
    },
  },

  UpdateSigningCertificate: {
    authorize: onUser("UpdateSigningCertificate"),
    handle(ctx, input) {
      checkOneOf("status", input.Status, STATUS);
      ctx.db(signingCertificates).put({ ...findCertificate(ctx, input), active: input.Status === "Active" });
      return {};
    },
  },

  DeleteSigningCertificate: {
    authorize: onUser("DeleteSigningCertificate"),
    handle(ctx, input) {
      ctx.db(signingCertificates).delete(findCertificate(ctx, input).id);
      return {};
    },
  },

  UploadSSHPublicKey: {
    authorize: onUser("UploadSSHPublicKey"),
    handle(ctx, input) {
      const user = findUser(ctx.db, input.UserName);
      checkLength("sSHPublicKeyBody", input.SSHPublicKeyBody, 1, 16384);
      const key = readSshKey(input.SSHPublicKeyBody);
      const own = ctx.db(sshPublicKeys).where("user", user.name);
      if (own.some((other) => other.key === key)) throw duplicateSshKey();
      if (own.length >= SSH_KEYS_PER_USER) throw quotaExceeded("SSHPublicKeysPerUser", SSH_KEYS_PER_USER);
      const made = ctx.db(sshPublicKeys).put({
        id: uniqueId(ctx.ids, "APKA"),
        userName: user.name,
        key,
        fingerprint: fingerprintOf(key),
        active: true,
        uploaded: ctx.now,
      });
      return { SSHPublicKey: showSshKey(made, made.key) };
    },
  },

  GetSSHPublicKey: {
    authorize: onUser("GetSSHPublicKey"),
    handle(ctx, input) {
      checkOneOf("encoding", input.Encoding, ["SSH", "PEM"]);
      const key = findSshKey(ctx, input);
      return { SSHPublicKey: showSshKey(key, input.Encoding === "PEM" ? pemOf(key.key) : key.key) };
    },
  },

  ListSSHPublicKeys: {
    authorize: onUser("ListSSHPublicKeys"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(sshPublicKeys).where("user", userOf(ctx, input).name), input, idOf);
      return {
        SSHPublicKeys: records.map((key) => ({ UserName: key.userName, SSHPublicKeyId: key.id, Status: key.active ? "Active" : "Inactive", UploadDate: new Date(key.uploaded) })),
        ...rest,
      };
    },
  },

  UpdateSSHPublicKey: {
    authorize: onUser("UpdateSSHPublicKey"),
    handle(ctx, input) {
      checkOneOf("status", input.Status, STATUS);
      ctx.db(sshPublicKeys).put({ ...findSshKey(ctx, input), active: input.Status === "Active" });
      return {};
    },
  },

  DeleteSSHPublicKey: {
    authorize: onUser("DeleteSSHPublicKey"),
    handle(ctx, input) {
      ctx.db(sshPublicKeys).delete(findSshKey(ctx, input).id);
      return {};
    },
  },
});

function findCertificate(ctx: Context, input: { readonly UserName?: string | undefined; readonly CertificateId: string }): SigningCertificate {
  const user = userOf(ctx, input);
  const certificate = ctx.db(signingCertificates).get(input.CertificateId);
  if (!certificate || certificate.userName !== user.name) throw certificateNotFound(input.CertificateId);
  return certificate;
}

function findSshKey(ctx: Context, input: { readonly UserName: string; readonly SSHPublicKeyId: string }): SshPublicKey {
  const user = findUser(ctx.db, input.UserName);
  const key = ctx.db(sshPublicKeys).get(input.SSHPublicKeyId);
  if (!key || key.userName !== user.name) throw sshKeyNotFound(input.SSHPublicKeyId);
  return key;
}

function showCertificate(certificate: SigningCertificate): IamTypes.SigningCertificate {
  return {
    UserName: certificate.userName,
    CertificateId: certificate.id,
    CertificateBody: certificate.certificate,
    Status: certificate.active ? "Active" : "Inactive",
    UploadDate: new Date(certificate.uploaded),
  };
}

function showSshKey(key: SshPublicKey, body: string): IamTypes.SSHPublicKey {
  return {
    UserName: key.userName,
    SSHPublicKeyId: key.id,
    Fingerprint: key.fingerprint,
    SSHPublicKeyBody: body,
    Status: key.active ? "Active" : "Inactive",
    UploadDate: new Date(key.uploaded),
  };
}
