/** Further ranges of VPCs: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html */
import type { Reader } from "@hakoniwa/kernel";
import { AwsError } from "@hakoniwa/kernel";
import { contains, overlaps } from "@hakoniwa/network";
import { Ec2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { allows } from "./access.js";
import { secondaryCidr } from "./cidrs.js";
import { hasDependencies, limitExceeded, missingParameter, notFound, refuse } from "./errors.js";
import { need } from "./lookup.js";
import { peeredRanges } from "./peering-state.js";
import { routeTables, subnets, vpcs, type Vpc } from "./state.js";

/** What a VPC's call would need IPv6 for. The network has IPv4 only. */
export const IPV6 = ["AmazonProvidedIpv6CidrBlock", "Ipv6Pool", "Ipv6CidrBlock", "Ipv6IpamPoolId", "Ipv6NetmaskLength", "Ipv6CidrBlockNetworkBorderGroup"];
export const IPAM = ["Ipv4IpamPoolId", "Ipv4NetmaskLength"];
/** https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html */
const MOST_CIDRS = 5;

export const vpcCidrBlockOperations = operations(Ec2, {
  AssociateVpcCidrBlock: {
    authorize: allows("AssociateVpcCidrBlock", (input) => [["vpc", input.VpcId]]),
    handle(ctx, input) {
      refuse("AssociateVpcCidrBlock", input, [...IPV6, ...IPAM]);
      const vpc = need(ctx.db, vpcs, "vpc", input.VpcId, "vpcId");
      if (!input.CidrBlock) throw missingParameter("cidrBlock");
      const cidr = secondaryCidr(input.CidrBlock, vpc.cidrs.map((c) => c.cidr));
      refuseRouted(ctx.db, vpc, cidr);
      const peered = peeredRanges(ctx.db, ctx.find, vpc.id, ctx.now).find((range) => overlaps(range, cidr));
      if (peered !== undefined) throw new AwsError("InvalidVpc.Range", `The CIDR '${cidr}' overlaps with the CIDR '${peered}' of a peered VPC.`);
      if (vpc.cidrs.length >= MOST_CIDRS) throw limitExceeded("CidrLimitExceeded", `This network '${vpc.id}' has met its maximum number of allowed CIDRs: ${MOST_CIDRS}`);
      const added = { associationId: ctx.ids.aws("vpc-cidr-assoc"), cidr };
      ctx.db(vpcs).put({ ...vpc, cidrs: [...vpc.cidrs, added] });
      return { VpcId: vpc.id, CidrBlockAssociation: { AssociationId: added.associationId, CidrBlock: cidr, CidrBlockState: { State: "associating" } } };
    },
  },

  DisassociateVpcCidrBlock: {
    authorize: allows("DisassociateVpcCidrBlock", (input) => [["vpc", undefined, input.AssociationId]]),
    handle(ctx, input) {
      const [vpc] = ctx.db(vpcs).where("association", input.AssociationId);
      if (!vpc) throw notFound("vpcCidrAssociation", input.AssociationId);
      const leaving = vpc.cidrs.find((c) => c.associationId === input.AssociationId)!;
      if (leaving === vpc.cidrs[0]) {
        throw new AwsError("OperationNotPermitted", `The vpc CIDR block with association ID ${input.AssociationId} may not be disassociated. It is the primary IPv4 CIDR block of the VPC`);
      }
      if (ctx.db(subnets).where("vpc", vpc.id).some((s) => overlaps(s.cidr, leaving.cidr))) throw hasDependencies("vpc CIDR block association", input.AssociationId);
      ctx.db(vpcs).put({ ...vpc, cidrs: vpc.cidrs.filter((c) => c !== leaving) });
      return { VpcId: vpc.id, CidrBlockAssociation: { AssociationId: leaving.associationId, CidrBlock: leaving.cidr, CidrBlockState: { State: "disassociating" } } };
    },
  },
});

/** A new range must be smaller than what the VPC's routes lead elsewhere, or its local route would take their packets. */
function refuseRouted(db: Reader, vpc: Vpc, cidr: string): void {
  for (const table of db(routeTables).where("vpc", vpc.id)) {
    const route = table.routes.find((r) => !r.destination.startsWith("pl-") && contains(cidr, r.destination));
    if (route) throw new AwsError("InvalidVpc.Range", `The CIDR '${cidr}' is the same as or larger than the destination ${route.destination} of a route in route table ${table.id}.`);
  }
}
