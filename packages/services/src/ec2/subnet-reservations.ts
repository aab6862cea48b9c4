/** Subnet CIDR reservations: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html */
import { AwsError } from "@hakoniwa/kernel";
import { contains, overlaps } from "@hakoniwa/network";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { parsedCidr } from "./cidrs.js";
import { invalidParameter, missingParameter } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { need } from "./lookup.js";
import { subnetReservations, type SubnetCidrReservation } from "./state-connections.js";
import { subnets } from "./state.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";

export const subnetReservationOperations = operations(Ec2, {
  CreateSubnetCidrReservation: {
    authorize: allows("CreateSubnetCidrReservation", (input) => [["subnet", input.SubnetId]]),
    handle(ctx, input) {
      checkTagSpecifications(input.TagSpecifications, ["subnet-cidr-reservation"]);
      const subnet = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      const type = input.ReservationType;
      if (type !== "prefix" && type !== "explicit") throw invalidParameter(type, "reservationType", "It must be prefix or explicit.");
      if (!input.Cidr) throw missingParameter("cidr");
      const cidr = parsedCidr(input.Cidr, "cidr");
      if (!contains(subnet.cidr, cidr)) throw new AwsError("InvalidSubnetCidrReservation.Range", `The CIDR '${cidr}' is not within the subnet's CIDR ${subnet.cidr}.`);
      const clash = ctx.db(subnetReservations).where("subnet", subnet.id).find((other) => overlaps(other.cidr, cidr));
      if (clash) throw new AwsError("InvalidSubnetCidrReservation.Conflict", `The CIDR '${cidr}' conflicts with the subnet CIDR reservation ${clash.id}.`);
      const made = ctx.db(subnetReservations).put({ id: ctx.ids.aws("scr"), subnetId: subnet.id, cidr, type, description: input.Description });
      putTags(ctx, "subnet-cidr-reservation", made.id, input.TagSpecifications);
      return { SubnetCidrReservation: described(ctx, made) };
    },
  },

  DeleteSubnetCidrReservation: {
    authorize: allows("DeleteSubnetCidrReservation", (input) => [["subnet", undefined, input.SubnetCidrReservationId]]),
    handle(ctx, input) {
      const found = need(ctx.db, subnetReservations, "subnetReservation", input.SubnetCidrReservationId, "subnetCidrReservationId");
      const shown = described(ctx, found);
      ctx.db(subnetReservations).delete(found.id);
      dropTags(ctx.db, found.id);
      return { DeletedSubnetCidrReservation: shown };
    },
  },

  GetSubnetCidrReservations: {
    authorize: allows("GetSubnetCidrReservations", (input) => [["subnet", input.SubnetId]]),
    handle(ctx, input) {
      const subnet = need(ctx.db, subnets, "subnet", input.SubnetId, "subnetId");
      const found = select(ctx.db, ctx.db(subnetReservations).where("subnet", subnet.id), input.Filters, FILTERS, (r) => r.id);
      const page = paginate(found, input);
      return { SubnetIpv4CidrReservations: page.items.map((each) => described(ctx, each)), SubnetIpv6CidrReservations: [], NextToken: page.nextToken };
    },
  },
});

const FILTERS: FilterTable<SubnetCidrReservation> = { reservationType: (r) => r.type, "subnet-id": (r) => r.subnetId };

function described(ctx: Context, found: SubnetCidrReservation): Ec2Types.SubnetCidrReservation {
  return {
    SubnetCidrReservationId: found.id,
    SubnetId: found.subnetId,
    Cidr: found.cidr,
    ReservationType: found.type,
    OwnerId: ctx.account,
    Description: found.description,
    Tags: tagsOf(ctx.db, found.id),
  };
}
