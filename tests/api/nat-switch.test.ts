/** S4-35 on a stack that stands: the NAT gateway gives way to a NAT instance, and back. */
import { CreateStackCommand, UpdateStackCommand, waitUntilStackCreateComplete, waitUntilStackUpdateComplete } from "@aws-sdk/client-cloudformation";
import { DescribeAddressesCommand, DescribeRouteTablesCommand } from "@aws-sdk/client-ec2";
import { expect, it } from "vitest";
import { patience, useCloud } from "./cloud.js";
import { synthesize } from "./synthesis.js";

const StackName = "minimal";
const cloud = useCloud();


/** What the private subnet's default route leads to, and how many addresses are held. */
async function wayOut() {
  const { RouteTables } = await cloud.ec2.send(new DescribeRouteTablesCommand({ Filters: [{ Name: "tag:Name", Values: ["rtb-hakoniwa-minimal-private"] }] }));
  const route = RouteTables![0]!.Routes!.find((each) => each.DestinationCidrBlock === "0.0.0.0/0")!;
  const { Addresses } = await cloud.ec2.send(new DescribeAddressesCommand({}));
  return { by: route.NatGatewayId?.slice(0, 4) ?? route.InstanceId?.slice(0, 2), state: route.State, addresses: Addresses!.length };
}

it("switches from the NAT gateway to a NAT instance and back, as often as one likes (S4-35)", async () => {
  const waiting = { client: cloud.cloudformation, ...patience };
  const bodies = { gateway: await synthesize({}), instance: await synthesize({ nat: "instance" }) };
  await cloud.cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: bodies.gateway }));
  await waitUntilStackCreateComplete(waiting, { StackName });
  for (const kind of ["instance", "gateway", "instance", "gateway"] as const) {
    await cloud.cloudformation.send(new UpdateStackCommand({ StackName, TemplateBody: bodies[kind] }));
    await waitUntilStackUpdateComplete(waiting, { StackName });
    expect(await wayOut()).toEqual({ by: kind === "gateway" ? "nat-" : "i-", state: "active", addresses: 1 });
  }
});
