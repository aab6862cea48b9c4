/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_ElasticLoadBalancingV2.html: listeners, their rules and further certificates. */
import type { Aws, Elbv2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { withStackTags } from "../stack-tags.js";
import { unlessGone } from "../unless-gone.js";
import { replaceTags, tagsOf, type TagList } from "./cfn-tags.js";
import { DEFAULT_SSL_POLICY } from "./listeners.js";

const ACTION = ["Type", "Order", "TargetGroupArn", "ForwardConfig", "RedirectConfig", "FixedResponseConfig"];
const below = (property: string, members: readonly string[]): readonly string[] => members.map((member) => `${property}.${member}`);

interface ListenerProperties {
  readonly LoadBalancerArn: string;
  readonly Port?: number;
  readonly Protocol?: Elbv2Types.ProtocolEnum;
  readonly SslPolicy?: string;
  readonly Certificates?: readonly Elbv2Types.Certificate[];
  readonly DefaultActions: readonly Elbv2Types.Action[];
  readonly MutualAuthentication?: Elbv2Types.MutualAuthenticationAttributes;
  readonly Tags?: TagList;
}

const LISTENER = ["LoadBalancerArn", "Port", "Protocol", "SslPolicy", "Certificates", "MutualAuthentication.Mode", ...below("DefaultActions", ACTION), "Tags"];

export const listener = resourceType<ListenerProperties>("AWS::ElasticLoadBalancingV2::Listener", LISTENER, {
  create(aws, properties, request) {
    return aws.elbv2.CreateListener({ ...properties, Tags: withStackTags(properties.Tags, request) }).Listeners?.[0]?.ListenerArn ?? "";
  },
  update(aws, arn, next, previous, request) {
    const { Port, Protocol, Certificates, DefaultActions, MutualAuthentication } = next;
    const SslPolicy = next.SslPolicy ?? (previous.SslPolicy !== undefined && Protocol === "HTTPS" ? DEFAULT_SSL_POLICY : undefined);
    aws.elbv2.ModifyListener({ ListenerArn: arn, Port, Protocol, SslPolicy, Certificates, DefaultActions, MutualAuthentication });
    replaceTags(aws, arn, withStackTags(next.Tags, request));
  },
  read(aws, arn) {
    const found = unlessGone(() => aws.elbv2.DescribeListeners({ ListenerArns: [arn] }))?.Listeners?.[0];
    if (!found) return undefined;
    const { LoadBalancerArn = "", Port, Protocol, SslPolicy, Certificates, DefaultActions = [], MutualAuthentication } = found;
    return {
      LoadBalancerArn,
      Port: Port!,
      Protocol: Protocol!,
      ...(SslPolicy === undefined ? {} : { SslPolicy }),
      ...(Certificates ? { Certificates } : {}),
      DefaultActions,
      ...(MutualAuthentication ? { MutualAuthentication } : {}),
      Tags: tagsOf(aws, arn),
    };
  },
  delete(aws, arn) {
    unlessGone(() => aws.elbv2.DeleteListener({ ListenerArn: arn }));
  },
  attributes: (_aws, arn) => ({ ListenerArn: arn }),
});

interface RuleProperties {
  readonly ListenerArn: string;
  readonly Priority: number;
  readonly Conditions: readonly Elbv2Types.RuleCondition[];
  readonly Actions: readonly Elbv2Types.Action[];
  readonly Tags?: TagList;
}

const CONDITION = [
  "Field", "Values", "PathPatternConfig.Values", "HostHeaderConfig.Values", "HttpRequestMethodConfig", "QueryStringConfig", "SourceIpConfig.Values", "HttpHeaderConfig.HttpHeaderName", "HttpHeaderConfig.Values",
];
const RULE = ["ListenerArn", "Priority", ...below("Conditions", CONDITION), ...below("Actions", ACTION), "Tags"];

export const listenerRule = resourceType<RuleProperties>("AWS::ElasticLoadBalancingV2::ListenerRule", RULE, {
  create(aws, properties, request) {
    return aws.elbv2.CreateRule({ ...properties, Tags: withStackTags(properties.Tags, request) }).Rules?.[0]?.RuleArn ?? "";
  },
  update(aws, arn, next, previous, request) {
    aws.elbv2.ModifyRule({ RuleArn: arn, Conditions: next.Conditions, Actions: next.Actions });
    if (next.Priority !== previous.Priority) aws.elbv2.SetRulePriorities({ RulePriorities: [{ RuleArn: arn, Priority: next.Priority }] });
    replaceTags(aws, arn, withStackTags(next.Tags, request));
  },
  read(aws, arn, { ListenerArn }) {
    const found = unlessGone(() => aws.elbv2.DescribeRules({ RuleArns: [arn] }))?.Rules?.[0];
    return found && { ListenerArn, Priority: Number(found.Priority), Conditions: found.Conditions ?? [], Actions: found.Actions ?? [], Tags: tagsOf(aws, arn) };
  },
  delete(aws, arn) {
    unlessGone(() => aws.elbv2.DeleteRule({ RuleArn: arn }));
  },
  attributes: (_aws, arn) => ({ RuleArn: arn, IsDefault: false }),
});

interface CertificateProperties {
  readonly ListenerArn: string;
  readonly Certificates: readonly Elbv2Types.Certificate[];
}

export const listenerCertificate = resourceType<CertificateProperties>("AWS::ElasticLoadBalancingV2::ListenerCertificate", ["ListenerArn", "Certificates"], {
  create(aws, properties, request) {
    aws.elbv2.AddListenerCertificates(properties);
    return request.physicalName(64);
  },
  update(aws, _id, next, previous) {
    const wanted = new Set(next.Certificates.map(({ CertificateArn }) => CertificateArn));
    const leaving = previous.Certificates.filter(({ CertificateArn }) => !wanted.has(CertificateArn));
    aws.elbv2.AddListenerCertificates(next);
    if (leaving.length > 0) aws.elbv2.RemoveListenerCertificates({ ListenerArn: next.ListenerArn, Certificates: leaving });
  },
  read(aws, _id, { ListenerArn, Certificates }) {
    const all = certificatesOf(aws, ListenerArn);
    const own = Certificates.filter(({ CertificateArn }) => all.some((other) => !other.IsDefault && other.CertificateArn === CertificateArn));
    return own.length === 0 ? undefined : { ListenerArn, Certificates: own };
  },
  delete(aws, _id, { ListenerArn, Certificates }) {
    unlessGone(() => aws.elbv2.RemoveListenerCertificates({ ListenerArn, Certificates }));
  },
  attributes: (_aws, id) => ({ Id: id }),
});

function certificatesOf(aws: Aws, ListenerArn: string): readonly Elbv2Types.Certificate[] {
  return unlessGone(() => aws.elbv2.DescribeListenerCertificates({ ListenerArn }))?.Certificates ?? [];
}
