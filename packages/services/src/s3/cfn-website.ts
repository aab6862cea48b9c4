/** Websites as templates write them: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-websiteconfiguration.html */
import type { S3Types } from "@hakoniwa/wire";

interface RoutingRuleProperties {
  readonly RedirectRule: S3Types.Redirect;
  readonly RoutingRuleCondition?: S3Types.Condition;
}

export interface WebsiteProperties {
  readonly IndexDocument?: string;
  readonly ErrorDocument?: string;
  readonly RedirectAllRequestsTo?: S3Types.RedirectAllRequestsTo;
  readonly RoutingRules?: readonly RoutingRuleProperties[];
}

export function website({ IndexDocument, ErrorDocument, RedirectAllRequestsTo, RoutingRules }: WebsiteProperties): S3Types.WebsiteConfiguration {
  return {
    IndexDocument: IndexDocument === undefined ? undefined : { Suffix: IndexDocument },
    ErrorDocument: ErrorDocument === undefined ? undefined : { Key: ErrorDocument },
    RedirectAllRequestsTo,
    RoutingRules: RoutingRules?.map(({ RedirectRule, RoutingRuleCondition }) => ({ Redirect: RedirectRule, Condition: RoutingRuleCondition })),
  };
}

export function readWebsite({ IndexDocument, ErrorDocument, RedirectAllRequestsTo, RoutingRules }: S3Types.GetBucketWebsiteOutput): WebsiteProperties {
  return {
    ...(IndexDocument?.Suffix === undefined ? {} : { IndexDocument: IndexDocument.Suffix }),
    ...(ErrorDocument?.Key === undefined ? {} : { ErrorDocument: ErrorDocument.Key }),
    ...(RedirectAllRequestsTo ? { RedirectAllRequestsTo } : {}),
    ...(RoutingRules
      ? { RoutingRules: RoutingRules.map(({ Redirect, Condition }) => ({ RedirectRule: Redirect, ...(Condition ? { RoutingRuleCondition: Condition } : {}) })) }
      : {}),
  };
}
