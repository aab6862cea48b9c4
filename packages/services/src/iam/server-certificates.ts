/** Certificates for load balancers (S4-41): https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_server-certs.html */
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, type Asked, type Context } from "../define.js";
import { onPath } from "./access.js";
import { keyPairMismatch, malformedCertificate, quotaExceeded, serverCertificateExists, serverCertificateInUse, serverCertificateNotFound } from "./errors.js";
import { isChain, isKeyOf, isShowable, readCertificates, readPrivateKey, validFrom, validTo } from "../pem.js";
import { serverCertificates, type ServerCertificate } from "./state-credentials.js";
import { byName, checkLength, checkName, checkedPath, mergeTags, nameOf, page, removeTags, showTags, underPath, uniqueId } from "./values.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const CERTIFICATES = 20;
/** No authority's is this long, and each link takes a signature to check. */
const LONGEST_CHAIN = 20;

interface Named {
  readonly ServerCertificateName: string;
  readonly Path?: string | undefined;
}

const onCertificate = (operation: string) => (input: Named, asked: Asked) => ({
  action: `iam:${operation}`,
  resources: [asked.facts.iam.serverCertificate(input.ServerCertificateName)?.arn ?? arnOf(asked.account, input.Path ?? "/", input.ServerCertificateName)],
});

export const serverCertificateOperations = operations(Iam, {
  UploadServerCertificate: {
    authorize: onCertificate("UploadServerCertificate"),
    handle(ctx, input) {
      checkName("serverCertificateName", input.ServerCertificateName, 128);
      const path = checkedPath(input.Path);
      const expires = checkCertificate(input, ctx.peerNow);
      checkFree(ctx, input.ServerCertificateName);
      if (ctx.db(serverCertificates).list().length >= CERTIFICATES) throw quotaExceeded("ServerCertificatesPerAccount", CERTIFICATES);
      const certificate = ctx.db(serverCertificates).put({
        name: input.ServerCertificateName,
        id: uniqueId(ctx.ids, "ASCA"),
        path,
        arn: arnOf(ctx.account, path, input.ServerCertificateName),
        uploaded: ctx.now,
        expires,
        certificate: input.CertificateBody,
        ...(input.CertificateChain ? { chain: input.CertificateChain } : {}),
        privateKey: input.PrivateKey,
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      return { ServerCertificateMetadata: metadata(certificate), ...tagsOf(certificate) };
    },
  },

  GetServerCertificate: {
    authorize: onCertificate("GetServerCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx, input);
      // Nobody gets the private key back.
      return {
        ServerCertificate: {
          ServerCertificateMetadata: metadata(certificate),
          CertificateBody: certificate.certificate,
          ...(certificate.chain === undefined ? {} : { CertificateChain: certificate.chain }),
          ...tagsOf(certificate),
        },
      };
    },
  },

  ListServerCertificates: {
    authorize: onPath("ListServerCertificates", "server-certificate"),
    handle(ctx, input) {
      const all = ctx.db(serverCertificates).list().filter(underPath(input.PathPrefix));
      const { records, rest } = page(all.sort(byName), input, nameOf);
      return { ServerCertificateMetadataList: records.map(metadata), ...rest };
    },
  },

  UpdateServerCertificate: {
    authorize: onCertificate("UpdateServerCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx, input);
      const name = input.NewServerCertificateName ?? certificate.name;
      checkName("newServerCertificateName", name, 128);
      const path = input.NewPath === undefined ? certificate.path : checkedPath(input.NewPath);
      if (name.toLowerCase() !== certificate.name.toLowerCase()) checkFree(ctx, name);
      ctx.db(serverCertificates).delete(certificate.name);
      const [arn, formerArns] = [arnOf(ctx.account, path, name), [certificate.arn, ...(certificate.formerArns ?? [])]];
      ctx.db(serverCertificates).put({ ...certificate, name, path, arn, formerArns: formerArns.filter((former) => former !== arn) });
      return {};
    },
  },

  DeleteServerCertificate: {
    authorize: onCertificate("DeleteServerCertificate"),
    handle(ctx, input) {
      const { name, id, arn, formerArns = [] } = findCertificate(ctx, input);
      const usersOf = (each: string) => ctx.everywhere().flatMap(({ elb, elbv2 }) => [...elb.certificateUsers(each), ...elbv2.certificateUsers(each)]);
      const [user] = [arn, ...formerArns].flatMap(usersOf);
      if (user !== undefined) throw serverCertificateInUse(id, user);
      ctx.db(serverCertificates).delete(name);
      return {};
    },
  },

  TagServerCertificate: {
    authorize: onCertificate("TagServerCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx, input);
      ctx.db(serverCertificates).put({ ...certificate, tags: mergeTags(certificate.tags, input.Tags, ctx.caller.via.kind === "user") });
      return {};
    },
  },

  UntagServerCertificate: {
    authorize: onCertificate("UntagServerCertificate"),
    handle(ctx, input) {
      const certificate = findCertificate(ctx, input);
      ctx.db(serverCertificates).put({ ...certificate, tags: removeTags(certificate.tags, input.TagKeys) });
      return {};
    },
  },

  ListServerCertificateTags: {
    authorize: onCertificate("ListServerCertificateTags"),
    handle(ctx, input) {
      const { records, rest } = page(showTags(findCertificate(ctx, input).tags), input, ({ Key }) => Key);
      return { Tags: records, ...rest };
    },
  },
});

const arnOf = (account: string, path: string, name: string): string => `arn:aws:iam::${account}:server-certificate${path}${name}`;

function findCertificate(ctx: Context, { ServerCertificateName: name }: Named): ServerCertificate {
  const certificate = ctx.db(serverCertificates).get(name);
  if (!certificate) throw serverCertificateNotFound(name);
  return certificate;
}

function checkFree(ctx: Context, name: string): void {
  if (ctx.db(serverCertificates).where("folded", name.toLowerCase()).length > 0) throw serverCertificateExists(name);
}

/**
 * Reads the certificate, holds its key and its chain against it.
 * @returns when it expires
 * @throws MalformedCertificate, KeyPairMismatch
 */
function checkCertificate(input: IamTypes.UploadServerCertificateRequest, now: number): number {
  checkLength("certificateBody", input.CertificateBody, 1, 16384);
  const certificates = readCertificates(input.CertificateBody);
  const [leaf] = certificates ?? [];
  if (!leaf || certificates!.length > 1) throw malformedCertificate("Unable to parse certificate. Please ensure the certificate is in PEM format.");
  const key = readPrivateKey(input.PrivateKey);
  if (!key) throw malformedCertificate("Unable to parse private key. Please ensure the private key is in PEM format and not encrypted.");
  if (!isKeyOf(leaf, key)) throw keyPairMismatch();
  if (validFrom(leaf) > now || validTo(leaf) <= now) throw malformedCertificate("The certificate must be valid at the time of upload.");
  if (input.CertificateChain) {
    checkLength("certificateChain", input.CertificateChain, 1, 2_097_152);
    const chain = readCertificates(input.CertificateChain);
    if (!chain || chain.length > LONGEST_CHAIN) throw malformedCertificate("Unable to parse certificate chain. Please ensure the certificate chain is in PEM format.");
    if (!isChain(leaf, chain)) {
      throw malformedCertificate(
        "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any " +
          "intermediaries in order. The index within the chain of the invalid certificate is: -1",
      );
    }
  }
  if (!isShowable(input.CertificateBody, input.CertificateChain, input.PrivateKey)) {
    throw malformedCertificate("The certificate can't be shown by a load balancer: its key, or a signature of its chain, is too weak.");
  }
  return validTo(leaf);
}

function metadata(certificate: ServerCertificate): IamTypes.ServerCertificateMetadata {
  return {
    Path: certificate.path,
    ServerCertificateName: certificate.name,
    ServerCertificateId: certificate.id,
    Arn: certificate.arn,
    UploadDate: new Date(certificate.uploaded),
    Expiration: new Date(certificate.expires),
  };
}

function tagsOf(certificate: ServerCertificate): { readonly Tags?: readonly IamTypes.Tag[] } {
  return Object.keys(certificate.tags).length > 0 ? { Tags: showTags(certificate.tags) } : {};
}
