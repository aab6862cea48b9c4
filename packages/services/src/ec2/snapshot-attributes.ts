/** Who may make volumes of a snapshot: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html */
import { Ec2 } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { invalidValue, operationNotPermitted } from "./errors.js";
import { changedPermissions, grantsOf } from "./permissions-of-accounts.js";
import { settingsOf } from "./settings.js";
import { needSnapshot } from "./snapshots.js";
import { snapshots } from "./state-disks.js";
import { computeArn } from "./taggable.js";

export const snapshotAttributeOperations = operations(Ec2, {
  DescribeSnapshotAttribute: {
    authorize: (input, asked) => ({ action: "ec2:DescribeSnapshotAttribute", resources: [computeArn(asked, "snapshot", input.SnapshotId)] }),
    handle(ctx, input) {
      const snapshot = needSnapshot(ctx.db, input.SnapshotId);
      if (input.Attribute === "createVolumePermission") return { SnapshotId: snapshot.id, CreateVolumePermissions: grantsOf(snapshot.permissions) };
      if (input.Attribute === "productCodes") return { SnapshotId: snapshot.id, ProductCodes: [] };
      throw unknownAttribute(input.Attribute);
    },
  },

  ModifySnapshotAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ModifySnapshotAttribute", resources: [computeArn(asked, "snapshot", input.SnapshotId)] }),
    handle(ctx, input) {
      const snapshot = needSnapshot(ctx.db, input.SnapshotId);
      if (input.Attribute !== undefined && input.Attribute !== "createVolumePermission") throw unknownAttribute(input.Attribute);
      const { Add, Remove } = input.CreateVolumePermission ?? {};
      const permissions = changedPermissions(snapshot.permissions, { OperationType: input.OperationType, UserIds: input.UserIds, Groups: input.GroupNames, Add, Remove });
      const more = permissions.filter((holder) => !snapshot.permissions.includes(holder));
      if (snapshot.encrypted && more.length > 0) throw operationNotPermitted(`Encrypted snapshots with EBS default key cannot be shared`);
      if (more.includes("all") && settingsOf(ctx.db).snapshotBlockPublicAccess !== "unblocked") {
        throw operationNotPermitted("Cannot modify CreateVolumePermission due to snapshot block public access setting.");
      }
      ctx.db(snapshots).put({ ...snapshot, permissions });
      return {};
    },
  },

  ResetSnapshotAttribute: {
    authorize: (input, asked) => ({ action: "ec2:ResetSnapshotAttribute", resources: [computeArn(asked, "snapshot", input.SnapshotId)] }),
    handle(ctx, input) {
      if (input.Attribute !== "createVolumePermission") throw unknownAttribute(input.Attribute);
      ctx.db(snapshots).put({ ...needSnapshot(ctx.db, input.SnapshotId), permissions: [] });
      return {};
    },
  },
});

function unknownAttribute(name: string): Error {
  return invalidValue(`Value (${name}) for parameter attribute is invalid. Unknown attribute.`);
}
