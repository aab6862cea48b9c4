/** https://docs.aws.amazon.com/acm/latest/APIReference/API_ImportCertificate.html */
import { Acm } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onCertificate } from "./access.js";
import { checkImport, checkReimport } from "./check-import.js";
import { validation } from "./errors.js";
import { findCertificate } from "./find.js";
import { checkQuota, newArn } from "./names.js";
import { certificates } from "./state.js";
import { mergeTags } from "./tagging.js";

export const importOperations = operations(Acm, {
  ImportCertificate: {
    authorize: onCertificate("ImportCertificate"),
    handle(ctx, input) {
      const before = input.CertificateArn === undefined ? undefined : findCertificate(ctx.db, input.CertificateArn);
      if (before && input.Tags?.length) throw validation("Tagging is not permitted on re-import.");
      const { issued, ...named } = checkImport(input, ctx.peerNow);
      if (before) {
        checkReimport(before, { issued, ...named });
        ctx.db(certificates).put({ ...before, ...named, imported: ctx.now, issued: { ...issued, at: ctx.now } });
        return { CertificateArn: before.arn };
      }
      checkQuota(ctx);
      const arn = newArn(ctx);
      ctx.db(certificates).put({
        arn,
        type: "IMPORTED",
        ...named,
        created: ctx.now,
        imported: ctx.now,
        status: "ISSUED",
        failure: undefined,
        request: undefined,
        issued: { ...issued, at: ctx.now },
        exported: false,
        renewal: undefined,
        revoked: undefined,
        tags: mergeTags(ctx, arn, {}, input.Tags),
      });
      return { CertificateArn: arn };
    },
  },
});
