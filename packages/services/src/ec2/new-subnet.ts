import type { Context } from "../define.js";
import { networkAcls, subnets, type Subnet } from "./state.js";

/** Records a subnet under its VPC's default network ACL. The main route table rules it as long as no other is associated. */
export function createSubnet(ctx: Context, wanted: Omit<Subnet, "id">): Subnet {
  const subnet = ctx.db(subnets).put({ id: ctx.ids.aws("subnet"), ...wanted });
  const acl = ctx.db(networkAcls).where("vpc", wanted.vpcId).find((a) => a.isDefault)!;
  ctx.db(networkAcls).put({ ...acl, associations: [...acl.associations, { id: ctx.ids.aws("aclassoc"), subnetId: subnet.id }] });
  return subnet;
}
