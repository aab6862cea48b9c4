/** Instance profiles on instances: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/attach-iam-role.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything, passProfile } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { missingParameter } from "./errors.js";
import { paginate, select, type FilterTable } from "./filters.js";
import { needInstance } from "./instance-lookup.js";
import { profileOf } from "./launch-request.js";
import { instances, type Instance, type InstanceProfile } from "./state-compute.js";
import { timestamp } from "./times.js";

const associate = allows<Ec2Types.AssociateIamInstanceProfileRequest>("AssociateIamInstanceProfile", (input) => [["instance", input.InstanceId]]);
const replace = allows<Ec2Types.ReplaceIamInstanceProfileAssociationRequest>("ReplaceIamInstanceProfileAssociation", (input) => [["instance", undefined, input.AssociationId]]);

const FILTERS: FilterTable<Instance> = { "instance-id": (instance) => instance.id, state: () => "associated" };

export const profileAssociationOperations = operations(Ec2, {
  AssociateIamInstanceProfile: {
    authorize: (input, asked) => [...passProfile(asked, nameOrArn(input.IamInstanceProfile)), associate(input, asked)],
    handle(ctx, input) {
      const instance = needInstance(ctx.db, input.InstanceId);
      if (instance.state !== "running" && instance.state !== "stopped") throw new AwsError("IncorrectInstanceState", `The instance '${instance.id}' is not in the 'running' or 'stopped' states.`);
      if (instance.iamInstanceProfile) throw new AwsError("IncorrectState", `There is an existing association for instance ${instance.id}`);
      return { IamInstanceProfileAssociation: described(set(ctx, instance, needProfile(ctx, input.IamInstanceProfile)), "associating") };
    },
  },

  DisassociateIamInstanceProfile: {
    authorize: allows("DisassociateIamInstanceProfile", (input) => [["instance", undefined, input.AssociationId]]),
    handle(ctx, input) {
      const instance = associated(ctx, input.AssociationId);
      ctx.db(instances).put({ ...instance, iamInstanceProfile: undefined });
      return { IamInstanceProfileAssociation: described(instance, "disassociating") };
    },
  },

  ReplaceIamInstanceProfileAssociation: {
    authorize: (input, asked) => [...passProfile(asked, nameOrArn(input.IamInstanceProfile)), replace(input, asked)],
    handle(ctx, input) {
      const instance = associated(ctx, input.AssociationId);
      return { IamInstanceProfileAssociation: described(set(ctx, instance, needProfile(ctx, input.IamInstanceProfile)), "associating") };
    },
  },

  DescribeIamInstanceProfileAssociations: {
    authorize: onEverything("ec2:DescribeIamInstanceProfileAssociations"),
    handle(ctx, input) {
      const asked = input.AssociationIds?.length ? input.AssociationIds.map((id) => associated(ctx, id)) : ctx.db(instances).list().filter(isAssociated);
      const page = paginate(select(ctx.db, asked, input.Filters, FILTERS, (instance) => instance.id), input);
      return { IamInstanceProfileAssociations: page.items.map((instance) => described(instance, "associated")), NextToken: page.nextToken };
    },
  },
});

/** How a request names an instance profile. */
export function nameOrArn(given: { readonly Arn?: string | undefined; readonly Name?: string | undefined } | undefined): string | undefined {
  return given?.Arn ?? given?.Name;
}

function needProfile(ctx: Context, given: Ec2Types.IamInstanceProfileSpecification): InstanceProfile {
  const profile = profileOf(ctx, given);
  if (!profile) throw missingParameter("IamInstanceProfile.Name or IamInstanceProfile.Arn");
  return profile;
}

function isAssociated(instance: Instance): boolean {
  return instance.iamInstanceProfile !== undefined && instance.state !== "terminated";
}

function associated(ctx: Context, id: string): Instance {
  const instance = ctx.db(instances).where("profileAssociation", id)[0];
  if (!instance || !isAssociated(instance)) throw new AwsError("InvalidAssociationID.NotFound", `An invalid association-id of '${id}' was given`);
  return instance;
}

function set(ctx: Context, instance: Instance, iamInstanceProfile: InstanceProfile): Instance {
  return ctx.db(instances).put({ ...instance, iamInstanceProfile });
}

function described(instance: Instance, state: Ec2Types.IamInstanceProfileAssociationState): Ec2Types.IamInstanceProfileAssociation {
  const profile = instance.iamInstanceProfile;
  return {
    AssociationId: profile?.associationId,
    InstanceId: instance.id,
    IamInstanceProfile: { Arn: profile?.arn, Id: profile?.id },
    State: state,
    Timestamp: profile && timestamp(profile.associated),
  };
}
