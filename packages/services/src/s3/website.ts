/** Static websites: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html. The cloud's own door serves them. */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onBucket } from "./access.js";
import { invalidArgument, invalidRequest, malformedXml, noSuchSetting } from "./errors.js";
import { bucketOf } from "./find.js";
import { change, forget } from "./settings.js";

const MOST_RULES = 50;

export const websiteOperations = operations(S3, {
  PutBucketWebsite: {
    authorize: onBucket("s3:PutBucketWebsite"),
    handle(ctx, input) {
      const { WebsiteConfiguration: website } = input;
      check(website);
      return change(ctx, input, { website });
    },
  },
  GetBucketWebsite: {
    authorize: onBucket("s3:GetBucketWebsite"),
    handle(ctx, input) {
      const { website } = bucketOf(ctx, input);
      if (!website) throw noSuchSetting("NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration", input.Bucket);
      return website;
    },
  },
  DeleteBucketWebsite: {
    authorize: onBucket("s3:DeleteBucketWebsite"),
    handle: (ctx, input) => forget(ctx, input, "website"),
  },
});

/** @throws InvalidArgument, InvalidRequest, MalformedXML */
function check({ IndexDocument: index, ErrorDocument: error, RedirectAllRequestsTo: all, RoutingRules: rules = [] }: S3Types.WebsiteConfiguration): void {
  if (all) {
    if (index || error || rules.length > 0) throw invalidArgument("RedirectAllRequestsTo", all.HostName, "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.");
    checkProtocol(all.Protocol);
    return;
  }
  if (!index) throw invalidArgument("IndexDocument", "null", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
  if (index.Suffix === "" || index.Suffix.includes("/")) throw invalidArgument("IndexDocument", index.Suffix, "The IndexDocument Suffix is not well formed");
  if (error?.Key === "") throw invalidArgument("ErrorDocument", "", "The ErrorDocument Key is not well formed");
  if (rules.length > MOST_RULES) throw invalidRequest(`The number of routing rules must not exceed allowed limit of ${MOST_RULES} rules`);
  rules.forEach(checkRule);
}

function checkRule({ Condition: condition, Redirect: redirect }: S3Types.RoutingRule): void {
  if (condition && condition.KeyPrefixEquals === undefined && condition.HttpErrorCodeReturnedEquals === undefined) {
    throw invalidRequest("Condition cannot be empty. To redirect all requests without a condition, the condition element shouldn't be present.");
  }
  const { HttpErrorCodeReturnedEquals: code } = condition ?? {};
  if (code !== undefined && !/^[45]\d\d$/.test(code)) throw invalidRequest(`The provided HTTP error code (${code}) is not valid. Valid codes are 4XX or 5XX.`);
  if (Object.values(redirect).every((value) => value === undefined)) throw malformedXml();
  const { HttpRedirectCode: status } = redirect;
  if (status !== undefined && !/^3\d\d$/.test(status)) throw invalidRequest(`The provided HTTP redirect code (${status}) is not valid. Valid codes are 3XX except 300.`);
  if (redirect.ReplaceKeyWith !== undefined && redirect.ReplaceKeyPrefixWith !== undefined) {
    throw invalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.");
  }
  checkProtocol(redirect.Protocol);
}

function checkProtocol(protocol: string | undefined): void {
  if (protocol !== undefined && protocol !== "http" && protocol !== "https") throw invalidRequest("Invalid protocol, protocol can be http or https. If not defined the protocol will be selected automatically.");
}
