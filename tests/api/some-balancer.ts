/** An Application Load Balancer with a listener, a rule and a target group, and what every read of it asks. */
import { AddTagsCommand, CreateListenerCommand, CreateLoadBalancerCommand, CreateRuleCommand, CreateTargetGroupCommand, type ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { DescribeSubnetsCommand, type EC2Client } from "@aws-sdk/client-ec2";

/** The ARNs of each. */
export interface Balancer {
  readonly balancer: string;
  readonly listener: string;
  readonly targetGroup: string;
}

/** In the default VPC, answering HTTPS with the certificate of this ARN. */
export async function someBalancer(elbv2: ElasticLoadBalancingV2Client, ec2: EC2Client, CertificateArn: string): Promise<Balancer> {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({ Filters: [{ Name: "default-for-az", Values: ["true"] }] }));
  const { LoadBalancers } = await elbv2.send(new CreateLoadBalancerCommand({ Name: "everything", Subnets: Subnets.map((subnet) => subnet.SubnetId!) }));
  const LoadBalancerArn = LoadBalancers![0]!.LoadBalancerArn!;
  const { TargetGroups } = await elbv2.send(new CreateTargetGroupCommand({ Name: "everything", Protocol: "HTTP", Port: 80, VpcId: Subnets[0]!.VpcId! }));
  const TargetGroupArn = TargetGroups![0]!.TargetGroupArn!;
  const forward = [{ Type: "forward" as const, TargetGroupArn }];
  const { Listeners } = await elbv2.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: "HTTPS", Port: 443, Certificates: [{ CertificateArn }], DefaultActions: forward }));
  const ListenerArn = Listeners![0]!.ListenerArn!;
  await elbv2.send(new CreateRuleCommand({ ListenerArn, Priority: 1, Conditions: [{ Field: "path-pattern", Values: ["/api/*"] }], Actions: forward }));
  await elbv2.send(new AddTagsCommand({ ResourceArns: [LoadBalancerArn, TargetGroupArn, ListenerArn], Tags: [{ Key: "team", Value: "four" }] }));
  return { balancer: LoadBalancerArn, listener: ListenerArn, targetGroup: TargetGroupArn };
}

export const questionsAboutBalancers: Readonly<Record<string, (ids: Balancer) => object>> = {
  "elbv2:DescribeLoadBalancerAttributes": ({ balancer }) => ({ LoadBalancerArn: balancer }),
  "elbv2:DescribeListenerCertificates": ({ listener }) => ({ ListenerArn: listener }),
  "elbv2:DescribeTargetGroupAttributes": ({ targetGroup }) => ({ TargetGroupArn: targetGroup }),
  "elbv2:DescribeTargetHealth": ({ targetGroup }) => ({ TargetGroupArn: targetGroup }),
  "elbv2:DescribeTags": ({ balancer, listener, targetGroup }) => ({ ResourceArns: [balancer, listener, targetGroup] }),
};
