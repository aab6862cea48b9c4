/** The blueprint's stage as a stack, through the SDK and its waiters: made, changed, and taken down without a rest. */
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
  ValidateTemplateCommand,
  waitUntilStackCreateComplete,
  waitUntilStackDeleteComplete,
  waitUntilStackExists,
  waitUntilStackUpdateComplete,
} from "@aws-sdk/client-cloudformation";
import { DescribeAddressesCommand, DescribeInstancesCommand, DescribeRouteTablesCommand, DescribeTagsCommand, DescribeVolumesCommand, DescribeVpcsCommand } from "@aws-sdk/client-ec2";
import { DescribeInstanceHealthCommand, waitUntilInstanceInService } from "@aws-sdk/client-elastic-load-balancing";
import { describe, expect, it } from "vitest";
import { patience, useCloud } from "./cloud.js";
import { synthesize } from "./synthesis.js";

const StackName = "minimal";

interface Options {
  readonly nat?: string;
  readonly bastion?: boolean;
  readonly zones?: number;
  readonly article?: boolean;
}

describe.each<Options>([{}, { nat: "instance" }, { bastion: true }, { zones: 2 }, { zones: 2, nat: "instance", bastion: true }, { article: true }])("the stage minimal with %j", (options) => {
  const cloud = useCloud();
  let stackId: string;

  const waiting = () => ({ client: cloud.cloudformation, ...patience });
  const group = async () => (await cloud.autoscaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ["asg-hakoniwa-minimal"] }))).AutoScalingGroups![0]!;
  const resources = async () =>
    new Map((await cloud.cloudformation.send(new DescribeStackResourcesCommand({ StackName }))).StackResources!.map((each) => [each.LogicalResourceId!, each]));
  const update = async (change: { readonly body?: string; readonly tag?: string }): Promise<void> => {
    const template = change.body === undefined ? { UsePreviousTemplate: true } : { TemplateBody: change.body };
    await cloud.cloudformation.send(new UpdateStackCommand({ StackName, ...template, Tags: [{ Key: "team", Value: change.tag ?? "four" }] }));
    await waitUntilStackUpdateComplete(waiting(), { StackName });
  };

  it("is made: every resource complete, the group in service, the outputs told (S4-08 to S4-31, S4-43)", async () => {
    const TemplateBody = await synthesize({ ...options });
    const { Parameters, Description } = await cloud.cloudformation.send(new ValidateTemplateCommand({ TemplateBody }));
    expect(Description).toContain("heals itself");
    expect(Parameters!.map((parameter) => parameter.ParameterKey)).toContain("WebImage");
    const { StackId } = await cloud.cloudformation.send(new CreateStackCommand({ StackName, TemplateBody, Tags: [{ Key: "team", Value: "four" }] }));
    stackId = StackId!;
    await waitUntilStackExists(waiting(), { StackName });
    await waitUntilStackCreateComplete(waiting(), { StackName });
    const { Stacks } = await cloud.cloudformation.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks).toMatchObject([{ StackId, StackStatus: "CREATE_COMPLETE", Tags: [{ Key: "team", Value: "four" }] }]);
    const outputs = Object.fromEntries(Stacks![0]!.Outputs!.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
    expect(outputs).toMatchObject({ SiteUrl: expect.stringMatching(/^http:\/\/elb-hakoniwa-minimal-\d+\.ap-northeast-1\.elb\.amazonaws\.com\/$/), AutoScalingGroupName: "asg-hakoniwa-minimal" });
    const made = await resources();
    expect([...made.values()].map((each) => each.ResourceStatus)).toEqual(Array.from(made, () => "CREATE_COMPLETE"));
    expect([...made.keys()].sort()).toEqual(Object.keys((JSON.parse(TemplateBody) as { Resources: object }).Resources).sort());
    expect(made.has("Bastion")).toBe(options.bastion === true || options.article === true);
    expect((await group()).Instances).toHaveLength(options.zones ?? 1);
    const { Vpcs } = await cloud.ec2.send(new DescribeVpcsCommand({ VpcIds: [made.get("Vpc")!.PhysicalResourceId!] }));
    expect(Object.fromEntries(Vpcs![0]!.Tags!.map(({ Key, Value }) => [Key, Value]))).toMatchObject({
      Name: "vpc-hakoniwa-minimal", team: "four", "aws:cloudformation:stack-name": StackName, "aws:cloudformation:logical-id": "Vpc", "aws:cloudformation:stack-id": StackId,
    });
  });

  it.each(["", "2"].slice(0, options.zones ?? 1))("sends the private subnet%s out through its NAT (S4-13, S4-18, S4-20, S4-35, S0-10)", async (zone) => {
    const made = await resources();
    const { RouteTables } = await cloud.ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [made.get(`PrivateRouteTable${zone}`)!.PhysicalResourceId!] }));
    const route = RouteTables![0]!.Routes!.find((each) => each.DestinationCidrBlock === "0.0.0.0/0");
    expect(route).toMatchObject({ State: "active" });
    if (options.nat !== "instance" && !options.article) {
      expect(route!.NatGatewayId).toBe(made.get(`NatGateway${zone}`)!.PhysicalResourceId);
      return;
    }
    expect(route!.InstanceId).toBe(made.get(`NatInstance${zone}`)!.PhysicalResourceId);
    const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ InstanceIds: [route!.InstanceId!] }));
    expect(Reservations![0]!.Instances![0]).toMatchObject({ SourceDestCheck: false, PublicIpAddress: expect.stringMatching(/^\d/) });
  });

  it("takes another tag to its resources, replacing none", async () => {
    const before = await resources();
    await update({ tag: "five" });
    const after = await resources();
    expect([...after.values()].map((each) => each.PhysicalResourceId)).toEqual([...before.values()].map((each) => each.PhysicalResourceId));
    const { Tags } = await cloud.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["team"] }] }));
    const told = (value: string) => Tags!.filter((tag) => tag.Value === value).map((tag) => tag.ResourceId!);
    const ids = ["Vpc", "PublicSubnet", "InternetGateway", "PrivateRouteTable"].map((each) => after.get(each)!.PhysicalResourceId!);
    expect(told("five")).toEqual(expect.arrayContaining(ids));
    // AWS's registry knows no changeable tags of key pairs and launch templates, and a group gives its own to new instances only.
    const members = (await group()).Instances!.map((member) => member.InstanceId!).sort();
    expect(told("four").sort()).toEqual([...members, expect.stringMatching(/^key-/), expect.stringMatching(/^lt-/)]);
  });

  it("refuses an update that changes nothing", async () => {
    await expect(update({ tag: "five" })).rejects.toMatchObject({ name: "ValidationError", message: "No updates are to be performed." });
  });

  it("grows to three servers, all taken in by the balancer (S4-30, S2-51)", async () => {
    const body = await synthesize({ ...options, size: 3 });
    await update({ body, tag: "five" });
    await expect.poll(async () => (await group()).Instances!.map((each) => each.LifecycleState), { timeout: 10_000 }).toEqual(["InService", "InService", "InService"]);
    expect(await group()).toMatchObject({ MinSize: 3, MaxSize: 3, DesiredCapacity: 3 });
    // Its two checks take five seconds, which once is enough.
    if (Object.keys(options).length === 0) await waitUntilInstanceInService({ client: cloud.elb, ...patience }, { LoadBalancerName: "elb-hakoniwa-minimal" });
    expect((await cloud.elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "elb-hakoniwa-minimal" }))).InstanceStates).toHaveLength(3);
    const { TemplateBody } = await cloud.cloudformation.send(new GetTemplateCommand({ StackName }));
    expect(JSON.parse(TemplateBody!)).toEqual(JSON.parse(body));
  });

  it("goes, and leaves nothing but its history", async () => {
    await cloud.cloudformation.send(new DeleteStackCommand({ StackName }));
    await waitUntilStackDeleteComplete(waiting(), { StackName: stackId });
    await expect(cloud.cloudformation.send(new DescribeStacksCommand({ StackName }))).rejects.toMatchObject({ name: "ValidationError", message: "Stack with id minimal does not exist" });
    const { StackEvents } = await cloud.cloudformation.send(new DescribeStackEventsCommand({ StackName: stackId }));
    expect(StackEvents![0]).toMatchObject({ LogicalResourceId: StackName, ResourceStatus: "DELETE_COMPLETE" });
    expect(StackEvents!.filter((event) => event.ResourceStatus!.endsWith("FAILED"))).toEqual([]);
    expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs!.map((vpc) => vpc.IsDefault)).toEqual([true]);
    expect((await cloud.ec2.send(new DescribeAddressesCommand({}))).Addresses).toEqual([]);
    expect((await cloud.ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
    const kept = (): readonly string[] => [cloud.paper.networks, cloud.paper.workloads, cloud.paper.disks, cloud.paper.names].flatMap((port) => port.keys());
    await expect.poll(kept, { timeout: 5_000 }).toEqual([]);
  });
});
