/** CORS configurations: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html */
import { S3, type S3Types } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { onBucket } from "./access.js";
import { invalidRequest, malformedXml, noSuchSetting } from "./errors.js";
import { bucketOf } from "./find.js";
import { change, forget } from "./settings.js";

const METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];

export const corsOperations = operations(S3, {
  PutBucketCors: {
    authorize: onBucket("s3:PutBucketCORS"),
    handle(ctx, input) {
      const { CORSRules: rules } = input.CORSConfiguration;
      if (rules.length < 1 || rules.length > 100) throw malformedXml();
      rules.forEach(checkRule);
      return change(ctx, input, { cors: rules });
    },
  },
  GetBucketCors: {
    authorize: onBucket("s3:GetBucketCORS"),
    handle(ctx, input) {
      const { cors } = bucketOf(ctx, input);
      if (!cors) throw noSuchSetting("NoSuchCORSConfiguration", "The CORS configuration does not exist", input.Bucket);
      return { CORSRules: cors };
    },
  },
  DeleteBucketCors: {
    authorize: onBucket("s3:PutBucketCORS"),
    handle: (ctx, input) => forget(ctx, input, "cors"),
  },
});

function checkRule(rule: S3Types.CORSRule): void {
  if (rule.AllowedMethods.length === 0 || rule.AllowedOrigins.length === 0) throw malformedXml();
  const method = rule.AllowedMethods.find((name) => !METHODS.includes(name));
  if (method !== undefined) throw invalidRequest(`Found unsupported HTTP method in CORS config. Unsupported method is ${method}`);
  const stars = (text: string): number => text.split("*").length - 1;
  const origin = rule.AllowedOrigins.find((text) => stars(text) > 1);
  if (origin !== undefined) throw invalidRequest(`AllowedOrigin "${origin}" can not have more than one wildcard.`);
  const header = (rule.AllowedHeaders ?? []).find((text) => stars(text) > 1);
  if (header !== undefined) throw invalidRequest(`AllowedHeader "${header}" can not have more than one wildcard.`);
  const exposed = (rule.ExposeHeaders ?? []).find((text) => stars(text) > 0);
  if (exposed !== undefined) throw invalidRequest(`ExposeHeader "${exposed}" contains wildcard. We currently do not support wildcard for ExposeHeader`);
}
