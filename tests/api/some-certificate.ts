/** A certificate that is issued, and what every read of ACM asks about it. */
import { RequestCertificateCommand, waitUntilCertificateValidated, type ACMClient } from "@aws-sdk/client-acm";
import { patience } from "./cloud.js";

export interface Certificate {
  readonly certificate: string;
}

export async function someCertificate(client: ACMClient): Promise<Certificate> {
  const { CertificateArn } = await client.send(new RequestCertificateCommand({ DomainName: "www.example.com", ValidationMethod: "DNS", Tags: [{ Key: "team", Value: "four" }] }));
  await waitUntilCertificateValidated({ client, ...patience }, { CertificateArn: CertificateArn! });
  return { certificate: CertificateArn! };
}

const named = ({ certificate }: Certificate): object => ({ CertificateArn: certificate });

export const questionsAboutCertificates: Readonly<Record<string, (ids: Certificate) => object>> = {
  "acm:DescribeCertificate": named,
  "acm:GetCertificate": named,
  "acm:ListTagsForCertificate": named,
  "acm:ListTagsForResource": ({ certificate }) => ({ ResourceArn: certificate }),
};
