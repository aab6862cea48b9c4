/** The API of network interfaces: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-eni.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { invalidCombination, invalidParameter, invalidValue, managedByService, missingParameter, notFound, refuse } from "./errors.js";
import { describedInterface, interfaceFilters } from "./interface-descriptions.js";
import { paginate, select } from "./filters.js";
import { once } from "./idempotency.js";
import { named, need } from "./lookup.js";
import { attachInterface, checkedGroups, createInterface, deleteInterface, detachInterface, interfaceInUse } from "./network-interfaces.js";
import { serviceOwner } from "./service-owner.js";
import { instances, networkInterfaces, type NetworkInterface } from "./state.js";
import { checkTagSpecifications, putTags } from "./tags.js";

const UNSUPPORTED = [
  "Ipv4Prefixes",
  "Ipv4PrefixCount",
  "Ipv6Prefixes",
  "Ipv6PrefixCount",
  "Ipv6Addresses",
  "Ipv6AddressCount",
  "EnablePrimaryIpv6",
  "ConnectionTrackingSpecification",
  "Operator",
];

export const networkInterfaceOperations = operations(Ec2, {
  CreateNetworkInterface: {
    authorize: allows("CreateNetworkInterface", (input) => [["network-interface", undefined], ["subnet", input.SubnetId]]),
    handle(ctx, input) {
      refuse("CreateNetworkInterface", input, UNSUPPORTED);
      if (input.InterfaceType !== undefined && (input.InterfaceType as string) !== "interface") refuse("CreateNetworkInterface", input, ["InterfaceType"]);
      checkTagSpecifications(input.TagSpecifications, ["network-interface"]);
      const { via } = ctx.caller;
      const [id] = once(ctx, "CreateNetworkInterface", input, () => {
        const made = createInterface(ctx, {
          subnetId: input.SubnetId,
          description: input.Description,
          ...addressesOf(input),
          securityGroups: input.Groups,
          requester: via.kind === "serviceRole" ? serviceOwner(via.service) : undefined,
        });
        putTags(ctx, "network-interface", made.id, input.TagSpecifications);
        return [made.id];
      });
      return { NetworkInterface: describedInterface(ctx, ctx.db(networkInterfaces).get(id!)!), ClientToken: input.ClientToken };
    },
  },

  DescribeNetworkInterfaces: {
    authorize: onEverything("ec2:DescribeNetworkInterfaces"),
    handle(ctx, input) {
      const all = named(ctx.db, networkInterfaces, "networkInterface", input.NetworkInterfaceIds);
      const page = paginate(select(ctx.db, all, input.Filters, interfaceFilters(ctx), (i) => i.id), input);
      return { NetworkInterfaces: page.items.map((i) => describedInterface(ctx, i)), NextToken: page.nextToken };
    },
  },

  DeleteNetworkInterface: {
    authorize: allows("DeleteNetworkInterface", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      const found = own(ctx, input.NetworkInterfaceId);
      // A service's own interface is always held by its workload, which the service has taken down by now.
      if (found.attachment && found.requester === undefined) throw interfaceInUse(found.id);
      deleteInterface(ctx.db, found.id);
      return {};
    },
  },

  ModifyNetworkInterfaceAttribute: {
    authorize: allows("ModifyNetworkInterfaceAttribute", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      refuse("ModifyNetworkInterfaceAttribute", input, ["EnaSrdSpecification", "EnablePrimaryIpv6", "ConnectionTrackingSpecification", "AssociatePublicIpAddress", "AssociatedSubnetIds"]);
      const found = own(ctx, input.NetworkInterfaceId);
      const given = [input.Description, input.SourceDestCheck, input.Groups, input.Attachment].filter((value) => value !== undefined);
      if (given.length === 0) throw missingParameter("attribute");
      if (given.length > 1) throw invalidCombination("Fields for multiple attribute types specified: only one attribute can be modified at a time.");
      ctx.db(networkInterfaces).put(modified(ctx, found, input));
      return {};
    },
  },

  ResetNetworkInterfaceAttribute: {
    authorize: allows("ResetNetworkInterfaceAttribute", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      const found = own(ctx, input.NetworkInterfaceId);
      if (input.SourceDestCheck === undefined) throw missingParameter("sourceDestCheck");
      ctx.db(networkInterfaces).put({ ...found, sourceDestCheck: true });
      return {};
    },
  },

  DescribeNetworkInterfaceAttribute: {
    authorize: allows("DescribeNetworkInterfaceAttribute", (input) => [["network-interface", input.NetworkInterfaceId]]),
    handle(ctx, input) {
      const found = need(ctx.db, networkInterfaces, "networkInterface", input.NetworkInterfaceId, "networkInterfaceId");
      const described = describedInterface(ctx, found);
      const base = { NetworkInterfaceId: found.id };
      switch (input.Attribute) {
        case "description":
          return { ...base, Description: { Value: found.description } };
        case "sourceDestCheck":
          return { ...base, SourceDestCheck: { Value: found.sourceDestCheck } };
        case "groupSet":
          return { ...base, Groups: described.Groups };
        case "attachment":
          return { ...base, Attachment: described.Attachment };
        case "associatePublicIpAddress":
          return { ...base, AssociatePublicIpAddress: found.autoAssignPublicIp };
        default:
          throw invalidParameter(input.Attribute, "attribute", "Unknown attribute.");
      }
    },
  },

  AttachNetworkInterface: {
    authorize: allows("AttachNetworkInterface", (input) => [["network-interface", input.NetworkInterfaceId], ["instance", input.InstanceId]]),
    handle(ctx, input) {
      refuse("AttachNetworkInterface", input, ["EnaSrdSpecification", "EnaQueueCount"]);
      if (input.NetworkCardIndex) refuse("AttachNetworkInterface", input, ["NetworkCardIndex"]);
      const found = own(ctx, input.NetworkInterfaceId);
      const instance = need(ctx.db, instances, "instance", input.InstanceId, "instanceId");
      if (instance.state === "terminated" || instance.state === "shutting-down") {
        throw new AwsError("IncorrectState", `Instance '${instance.id}' is not 'running' or 'stopped'.`);
      }
      if (!Number.isInteger(input.DeviceIndex) || input.DeviceIndex < 1) throw invalidParameter(input.DeviceIndex, "deviceIndex", "It must be 1 or greater.");
      if (instance.availabilityZone !== found.availabilityZone || instance.vpcId !== found.vpcId) {
        throw invalidValue("You may not attach a network interface to an instance if they are not in the same availability zone and VPC");
      }
      const id = attachInterface(ctx, found.id, { instanceId: instance.id, deviceIndex: input.DeviceIndex, deleteOnTermination: false });
      return { AttachmentId: id, NetworkCardIndex: 0 };
    },
  },

  DetachNetworkInterface: {
    authorize: allows("DetachNetworkInterface", (input) => [["network-interface", undefined, input.AttachmentId], ["instance", undefined, input.AttachmentId]]),
    handle(ctx, input) {
      const [found] = ctx.db(networkInterfaces).where("attachment", input.AttachmentId);
      if (!found?.attachment) throw notFound("attachment", input.AttachmentId);
      if (found.requester !== undefined) {
        throw new AwsError("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.");
      }
      if (found.attachment.deviceIndex === 0) {
        throw new AwsError("OperationNotPermitted", `The network interface at device index 0 cannot be detached.`);
      }
      detachInterface(ctx.db, found.id);
      return {};
    },
  },
});

/** The interface that a request names, if the caller may change it: a service's is its own only. */
export function own(ctx: Context, id: string | undefined): NetworkInterface {
  const found = need(ctx.db, networkInterfaces, "networkInterface", id, "networkInterfaceId");
  const { via } = ctx.caller;
  const owner = via.kind === "serviceRole" ? serviceOwner(via.service) : undefined;
  if (found.requester !== undefined && found.requester !== owner) throw managedByService();
  return found;
}

function addressesOf(input: Ec2Types.CreateNetworkInterfaceRequest): { readonly privateIpAddress: string | undefined; readonly secondaryAddresses: readonly string[]; readonly secondaryCount: number | undefined } {
  const listed = input.PrivateIpAddresses ?? [];
  const primaries = listed.filter((a) => a.Primary);
  if (primaries.length > 1 || (primaries.length > 0 && input.PrivateIpAddress !== undefined)) {
    throw invalidCombination("Only one primary private IP address can be specified.");
  }
  if (listed.length > 0 && input.SecondaryPrivateIpAddressCount !== undefined) {
    throw invalidCombination("PrivateIpAddresses and SecondaryPrivateIpAddressCount can't be used together.");
  }
  const count = input.SecondaryPrivateIpAddressCount;
  if (count !== undefined && (!Number.isInteger(count) || count < 0 || count > 49)) {
    throw invalidParameter(count, "secondaryPrivateIpAddressCount", "It must be between 0 and 49.");
  }
  return {
    privateIpAddress: input.PrivateIpAddress ?? primaries[0]?.PrivateIpAddress,
    secondaryAddresses: listed.filter((a) => !a.Primary).map((a) => a.PrivateIpAddress ?? ""),
    secondaryCount: count,
  };
}

function modified(ctx: Context, found: NetworkInterface, input: Ec2Types.ModifyNetworkInterfaceAttributeRequest): NetworkInterface {
  if (input.Description) return { ...found, description: input.Description.Value ?? "" };
  if (input.SourceDestCheck) return { ...found, sourceDestCheck: input.SourceDestCheck.Value ?? true };
  if (input.Groups) {
    if (input.Groups.length === 0) throw invalidValue("A network interface must have at least one security group.");
    return { ...found, securityGroups: checkedGroups(ctx.db, found.vpcId, input.Groups) };
  }
  return { ...found, attachment: modifiedAttachment(found, input.Attachment!) };
}

function modifiedAttachment(found: NetworkInterface, asked: Ec2Types.NetworkInterfaceAttachmentChanges): NetworkInterface["attachment"] {
  refuse("ModifyNetworkInterfaceAttribute", asked, ["EnaQueueCount", "DefaultEnaQueueCount"]);
  if (!found.attachment || found.attachment.id !== asked.AttachmentId) throw notFound("attachment", asked.AttachmentId ?? "");
  return { ...found.attachment, deleteOnTermination: asked.DeleteOnTermination ?? found.attachment.deleteOnTermination };
}
