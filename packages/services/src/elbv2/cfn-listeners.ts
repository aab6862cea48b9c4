/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ElasticLoadBalancingV2.html: listeners, their rules and further certificates. */
import { resource } from "@hakoniwa/cloudformation";
import type { Elbv2Types } from "@hakoniwa/wire";
import { refuseProperties } from "../not-implemented.js";
import { unlessGone } from "../unless-gone.js";

interface ListenerProperties {
  readonly LoadBalancerArn: string;
  readonly Port?: number;
  readonly Protocol?: Elbv2Types.ProtocolEnum;
  readonly SslPolicy?: string;
  readonly Certificates?: readonly Elbv2Types.Certificate[];
  readonly DefaultActions: readonly ActionProperties[];
}

/** The status code's type is a plain text in templates. */
type ActionProperties = Elbv2Types.Action;

const LISTENER = "AWS::ElasticLoadBalancingV2::Listener";
const LISTENER_PROPERTIES = ["LoadBalancerArn", "Port", "Protocol", "SslPolicy", "Certificates", "DefaultActions"];

export const listener = resource<ListenerProperties>(LISTENER, {
  create(aws, properties) {
    refuseProperties(LISTENER, properties, LISTENER_PROPERTIES);
    return aws.elbv2.CreateListener(properties).Listeners?.[0]?.ListenerArn ?? "";
  },
  update(aws, arn, next) {
    refuseProperties(LISTENER, next, LISTENER_PROPERTIES);
    const { Port, Protocol, SslPolicy, Certificates, DefaultActions } = next;
    aws.elbv2.ModifyListener({ ListenerArn: arn, Port, Protocol, SslPolicy, Certificates, DefaultActions });
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
  readonly Actions: readonly ActionProperties[];
}

const RULE = "AWS::ElasticLoadBalancingV2::ListenerRule";
const RULE_PROPERTIES = ["ListenerArn", "Priority", "Conditions", "Actions"];

export const listenerRule = resource<RuleProperties>(RULE, {
  create(aws, properties) {
    refuseProperties(RULE, properties, RULE_PROPERTIES);
    return aws.elbv2.CreateRule(properties).Rules?.[0]?.RuleArn ?? "";
  },
  update(aws, arn, next, previous) {
    refuseProperties(RULE, next, RULE_PROPERTIES);
    aws.elbv2.ModifyRule({ RuleArn: arn, Conditions: next.Conditions, Actions: next.Actions });
    if (next.Priority !== previous.Priority) aws.elbv2.SetRulePriorities({ RulePriorities: [{ RuleArn: arn, Priority: next.Priority }] });
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

export const listenerCertificate = resource<CertificateProperties>("AWS::ElasticLoadBalancingV2::ListenerCertificate", {
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
  delete(aws, _id, { ListenerArn, Certificates }) {
    unlessGone(() => aws.elbv2.RemoveListenerCertificates({ ListenerArn, Certificates }));
  },
});
