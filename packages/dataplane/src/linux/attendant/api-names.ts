/** The names of the AWS API, and where they lead in the box. Pure. */
import type { Address } from "@hakoniwa/network";
import { API_ADDRESS, serviceAddress } from "../network/reserved.js";

const REGION = "[a-z]{2}(?:-[a-z]+)+-\\d";
/** `s3.REGION`, `s3-REGION`, `s3`, each after any bucket's name: https://docs.aws.amazon.com/general/latest/gr/s3.html */
const S3 = new RegExp(`^(?:.+\\.)?s3(?:[.-](?:dualstack\\.)?${REGION})?\\.amazonaws\\.com$`);
/** `ec2.REGION`; the names of load balancers and instances have another part before `amazonaws.com`. */
const REGIONAL = new RegExp(`^(?:api\\.)?([a-z0-9-]+)\\.${REGION}\\.(?:amazonaws\\.com|api\\.aws)$`);
/** Services of the whole world, and the old names of those in us-east-1: `iam`, `sts`, `ec2`. */
const GLOBAL = /^([a-z][a-z0-9-]*)\.amazonaws\.com$/;

/**
 * The API answers at every service's name: for those that are not here it says so itself.
 * @param name in lower case, without a final dot
 */
export function apiAddressOf(name: string): Address | undefined {
  if (S3.test(name)) return serviceAddress("s3");
  const service = (REGIONAL.exec(name) ?? GLOBAL.exec(name))?.[1];
  return service === undefined ? undefined : serviceAddress(service) ?? API_ADDRESS;
}
