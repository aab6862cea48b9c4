/** What becomes of certificates that are issued: https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html */
import { createPrivateKey } from "node:crypto";
import { Acm } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onCertificate } from "./access.js";
import { certificateInUse, invalidState, notYet, requestInProgress, validation } from "./errors.js";
import { findCertificate, usersOf } from "./find.js";
import { statusOf } from "./plan.js";
import { certificates } from "./state.js";

export const lifecycleOperations = operations(Acm, {
  ExportCertificate: {
    authorize: onCertificate("ExportCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      const { arn, issued, request } = certificate;
      if (request?.export !== "ENABLED") throw validation(`Certificate ARN: ${arn} is not a private certificate`);
      if (certificate.status === "PENDING_VALIDATION") throw requestInProgress(arn);
      if (!issued || certificate.status !== "ISSUED") throw validation(`The certificate ${arn} is ${certificate.status}, so it can't be exported.`);
      const passphrase = Buffer.from(input.Passphrase);
      // https://docs.aws.amazon.com/acm/latest/userguide/export-public-certificate.html
      if (!/^[\x20-\x7e]*$/.test(passphrase.toString("latin1")) || /[#$%]/.test(passphrase.toString("latin1"))) {
        throw validation("The passphrase can use any ASCII characters except #, $, or %.");
      }
      const privateKey = createPrivateKey(issued.privateKey).export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase });
      if (!certificate.exported) ctx.db(certificates).put({ ...certificate, exported: true });
      return { Certificate: issued.certificate, CertificateChain: issued.chain ?? "", PrivateKey: privateKey.toString() };
    },
  },

  RenewCertificate: {
    authorize: onCertificate("RenewCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      const { arn, renewal } = certificate;
      if (certificate.status === "PENDING_VALIDATION" || renewal?.status === "PENDING_AUTO_RENEWAL") throw requestInProgress(arn);
      const isRenewable = certificate.request !== undefined && certificate.exported && statusOf(certificate, ctx.peerNow) === "ISSUED";
      if (!isRenewable) throw validation(`The certificate ${arn} is not eligible for renewal: only issued certificates that have been exported can be renewed.`);
      ctx.db(certificates).put({ ...certificate, renewal: { status: "PENDING_AUTO_RENEWAL", updated: ctx.now } });
      return {};
    },
  },

  RevokeCertificate: {
    authorize: onCertificate("RevokeCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      const { arn } = certificate;
      if (usersOf(ctx.facts, arn).length > 0) throw certificateInUse(arn, ctx.account);
      if (!certificate.exported || certificate.status !== "ISSUED") throw validation(`The certificate ${arn} can't be revoked: only issued certificates that have been exported can.`);
      ctx.db(certificates).put({ ...certificate, status: "REVOKED", revoked: { at: ctx.now, reason: input.RevocationReason } });
      return { CertificateArn: arn };
    },
  },

  UpdateCertificateOptions: {
    authorize: onCertificate("UpdateCertificateOptions"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      const { arn, request } = certificate;
      if (input.Options.ValidationMethod !== undefined) throw notYet("Options.ValidationMethod");
      if (!request || statusOf(certificate, ctx.peerNow) !== "ISSUED") throw invalidState(`The options of ${arn} can't be updated: only those of certificates that ACM issued can.`);
      const { CertificateTransparencyLoggingPreference: transparency = request.transparency, Export: exporting = request.export } = input.Options;
      ctx.db(certificates).put({ ...certificate, request: { ...request, transparency, export: exporting } });
      return {};
    },
  },
});
