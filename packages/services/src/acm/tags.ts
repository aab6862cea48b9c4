/** https://docs.aws.amazon.com/acm/latest/userguide/tags.html */
import { Acm, type AcmTypes } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { onCertificate } from "./access.js";
import { findCertificate } from "./find.js";
import { certificates } from "./state.js";
import { mergeTags } from "./tagging.js";

export const tagOperations = operations(Acm, {
  AddTagsToCertificate: {
    authorize: onCertificate("AddTagsToCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      ctx.db(certificates).put({ ...certificate, tags: mergeTags(ctx, certificate.arn, certificate.tags, input.Tags) });
      return {};
    },
  },

  RemoveTagsFromCertificate: {
    authorize: onCertificate("RemoveTagsFromCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.CertificateArn);
      // With a value only that one is meant; without, whichever.
      const leaves = ([key, value]: readonly [string, string]): boolean => input.Tags.some((tag) => tag.Key === key && (tag.Value === undefined || tag.Value === value));
      ctx.db(certificates).put({ ...certificate, tags: Object.fromEntries(Object.entries(certificate.tags).filter((tag) => !leaves(tag))) });
      return {};
    },
  },

  ListTagsForCertificate: {
    authorize: onCertificate("ListTagsForCertificate"),
    handle: (ctx, input) => ({ Tags: showTags(ctx, input.CertificateArn) }),
  },

  TagResource: {
    authorize: onCertificate("TagResource"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.ResourceArn);
      ctx.db(certificates).put({ ...certificate, tags: mergeTags(ctx, certificate.arn, certificate.tags, input.Tags) });
      return {};
    },
  },

  UntagResource: {
    authorize: onCertificate("UntagResource"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx.db, input.ResourceArn);
      ctx.db(certificates).put({ ...certificate, tags: Object.fromEntries(Object.entries(certificate.tags).filter(([key]) => !input.TagKeys.includes(key))) });
      return {};
    },
  },

  ListTagsForResource: {
    authorize: onCertificate("ListTagsForResource"),
    handle: (ctx, input) => ({ Tags: showTags(ctx, input.ResourceArn) }),
  },
});

function showTags({ db }: Context, arn: string): readonly AcmTypes.Tag[] {
  return Object.entries(findCertificate(db, arn).tags).map(([Key, Value]) => ({ Key, Value }));
}
