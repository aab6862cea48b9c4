/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-flowlog.html */
import { AwsError } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface FlowLogProperties {
  readonly ResourceId: string;
  readonly ResourceType: Ec2Types.FlowLogsResourceType;
  readonly TrafficType?: Ec2Types.TrafficType;
  readonly LogDestinationType?: Ec2Types.LogDestinationType;
  readonly LogDestination?: string;
  readonly LogGroupName?: string;
  readonly LogFormat?: string;
  readonly DeliverLogsPermissionArn?: string;
  readonly MaxAggregationInterval?: number;
  readonly DestinationOptions?: Ec2Types.DestinationOptionsRequest;
  readonly Tags?: readonly Ec2Types.Tag[];
}

/** A flow log tells its resource's kind by its id only. */
const KINDS: Readonly<Record<string, Ec2Types.FlowLogsResourceType>> = { vpc: "VPC", subnet: "Subnet", eni: "NetworkInterface" };

const FLOW_LOG = ["ResourceId", "ResourceType", "TrafficType", "LogDestinationType", "LogDestination", "LogGroupName", "LogFormat", "DeliverLogsPermissionArn", "MaxAggregationInterval", "DestinationOptions", "Tags"];

export const flowLog = resourceType<FlowLogProperties>("AWS::EC2::FlowLog", FLOW_LOG, {
  create(aws, p, request) {
    const { ResourceId, Tags: own, ...rest } = p;
    const { FlowLogIds, Unsuccessful } = aws.ec2.CreateFlowLogs({ ...rest, ResourceIds: [ResourceId], ClientToken: request.token, TagSpecifications: tagsFor("vpc-flow-log", own, request) });
    const problem = Unsuccessful?.[0]?.Error;
    if (problem) throw new AwsError("InvalidRequest", problem.Message ?? "");
    return FlowLogIds![0]!;
  },
  update: (aws, id, next, previous, request) => updateTags(aws, id, next.Tags, previous.Tags, request),
  read(aws, id) {
    const found = aws.ec2.DescribeFlowLogs({ Filter: [{ Name: "flow-log-id", Values: [id] }] }).FlowLogs?.[0];
    if (!found) return undefined;
    const { ResourceId = "", TrafficType, LogDestinationType, LogDestination, LogGroupName, LogFormat, DeliverLogsPermissionArn, MaxAggregationInterval, DestinationOptions, Tags = [] } = found;
    const told = { TrafficType, LogDestinationType, LogDestination, LogGroupName, LogFormat, DeliverLogsPermissionArn, MaxAggregationInterval, DestinationOptions };
    const known = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<FlowLogProperties>;
    return { ResourceId, ResourceType: KINDS[ResourceId.split("-")[0] ?? ""]!, ...known, Tags };
  },
  attributes: (_aws, Id) => ({ Id }),
  delete: (aws, id) => void unlessGone(() => aws.ec2.DeleteFlowLogs({ FlowLogIds: [id] })),
});
