/** One of each thing that joins networks, for tests that read everything. */
import * as ec2 from "@aws-sdk/client-ec2";

export interface Connections {
  readonly connectedVpc: string;
  readonly reservedSubnet: string;
  readonly prefixList: string;
  /** A group that a peered VPC's rules name. */
  readonly referencedGroup: string;
}

/** Two peered VPCs with rules across, one of them stale; endpoints, a prefix list in use, a reservation and a flow log. */
export async function someConnections(client: ec2.EC2Client): Promise<Connections> {
  const vpc = async (CidrBlock: string): Promise<string> => (await client.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc!.VpcId!;
  const [one, other] = [await vpc("10.200.0.0/16"), await vpc("10.201.0.0/16")];
  const { VpcPeeringConnection } = await client.send(new ec2.CreateVpcPeeringConnectionCommand({ VpcId: one, PeerVpcId: other }));
  await client.send(new ec2.AcceptVpcPeeringConnectionCommand({ VpcPeeringConnectionId: VpcPeeringConnection!.VpcPeeringConnectionId }));
  const group = async (VpcId: string, GroupName: string): Promise<string> => (await client.send(new ec2.CreateSecurityGroupCommand({ VpcId, GroupName, Description: GroupName }))).GroupId!;
  const [GroupId, kept, deleted] = [await group(one, "web"), await group(other, "kept"), await group(other, "deleted")];
  const Entries = [{ Cidr: "203.0.113.0/24" }];
  const { PrefixList } = await client.send(new ec2.CreateManagedPrefixListCommand({ PrefixListName: "offices", AddressFamily: "IPv4", MaxEntries: 1, Entries }));
  const PrefixListId = PrefixList!.PrefixListId!;
  const UserIdGroupPairs = [{ GroupId: kept }, { GroupId: deleted }];
  await client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [{ IpProtocol: "-1", UserIdGroupPairs, PrefixListIds: [{ PrefixListId }] }] }));
  await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: deleted }));
  const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId: one, CidrBlock: "10.200.0.0/24" }));
  const SubnetId = Subnet!.SubnetId!;
  await client.send(new ec2.CreateSubnetCidrReservationCommand({ SubnetId, Cidr: "10.200.0.32/28", ReservationType: "explicit" }));
  await client.send(new ec2.CreateVpcEndpointCommand({ VpcId: one, ServiceName: "com.amazonaws.ap-northeast-1.s3" }));
  await client.send(new ec2.CreateFlowLogsCommand({ ResourceIds: [one], ResourceType: "VPC", TrafficType: "ALL", LogGroupName: "flow", DeliverLogsPermissionArn: "arn:aws:iam::123456789012:role/flow" }));
  return { connectedVpc: one, reservedSubnet: SubnetId, prefixList: PrefixListId, referencedGroup: kept };
}
