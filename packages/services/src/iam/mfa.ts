/** Virtual MFA devices (S3-15): https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html */
import type { Principal } from "@hakoniwa/kernel";
import { Iam, type IamTypes } from "@hakoniwa/wire";
import { operations, type Asked, type Context } from "../define.js";
import { onUser } from "./access.js";
import { constraint, deviceEnabled, deviceExists, deviceInUse, deviceNotFound, invalidCode, quotaExceeded, validation } from "./errors.js";
import { userOf } from "./find.js";
import { showUser } from "./show.js";
import { users } from "./state.js";
import { mfaDevices, ROOT_OWNER, type MfaDevice } from "./state-credentials.js";
import { driftOf } from "./totp.js";
import { checkName, checkedPath, checkOneOf, mergeTags, page, showTags } from "./values.js";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const DEVICES_PER_USER = 8;
/** Steps that a device's clock may be off when it is enabled, and when it is synchronized again. */
const NEAR = 2;
const FAR = 20;
/** 320 bits, as AWS's seeds have. */
const SEED_LENGTH = 64;

const onDevice = (operation: string) => (input: { readonly SerialNumber: string }) => ({ action: `iam:${operation}`, resources: [input.SerialNumber] });
const onOwner = (operation: string) => (input: { readonly UserName?: string | undefined }, asked: Asked) =>
  onUser(operation)(isRoot(asked.caller.principal, input.UserName) ? {} : { UserName: input.UserName }, asked);

export const mfaOperations = operations(Iam, {
  CreateVirtualMFADevice: {
    authorize: (input, asked) => onDevice("CreateVirtualMFADevice")({ SerialNumber: serialOf(asked.account, input.Path ?? "/", input.VirtualMFADeviceName) }),
    handle(ctx, input) {
      checkName("virtualMFADeviceName", input.VirtualMFADeviceName, 226);
      const serial = serialOf(ctx.account, checkedPath(input.Path), input.VirtualMFADeviceName);
      if (ctx.db(mfaDevices).get(serial)) throw deviceExists();
      const device = ctx.db(mfaDevices).put({
        serial,
        name: input.VirtualMFADeviceName,
        created: ctx.now,
        seed: ctx.ids.text(SEED_LENGTH, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"),
        drift: 0,
        tags: mergeTags({}, input.Tags ?? [], ctx.caller.via.kind === "user"),
      });
      // The only time that the seed is told. Its QR code holds no more than otpauth://totp/… with this seed.
      return { VirtualMFADevice: { SerialNumber: serial, Base32StringSeed: Buffer.from(device.seed), ...tagsOf(device) } };
    },
  },

  DeleteVirtualMFADevice: {
    authorize: onDevice("DeleteVirtualMFADevice"),
    handle(ctx, input) {
      const device = findDevice(ctx, input.SerialNumber);
      if (device.owner !== undefined) throw deviceInUse();
      ctx.db(mfaDevices).delete(device.serial);
      return {};
    },
  },

  EnableMFADevice: {
    authorize: onOwner("EnableMFADevice"),
    handle(ctx, input) {
      const owner = ownerOf(ctx, input.UserName);
      const device = findDevice(ctx, input.SerialNumber);
      if (device.owner !== undefined) throw deviceEnabled();
      if (ctx.db(mfaDevices).where("owner", owner).length >= DEVICES_PER_USER) throw quotaExceeded("MFADevicesPerUser", DEVICES_PER_USER);
      ctx.db(mfaDevices).put({ ...device, owner, enabled: ctx.now, drift: checkCodes(ctx, device, input, NEAR) });
      return {};
    },
  },

  ResyncMFADevice: {
    authorize: onOwner("ResyncMFADevice"),
    handle(ctx, input) {
      const device = deviceOf(ctx, ownerOf(ctx, input.UserName), input.SerialNumber);
      ctx.db(mfaDevices).put({ ...device, drift: checkCodes(ctx, device, input, FAR) });
      return {};
    },
  },

  DeactivateMFADevice: {
    authorize: onOwner("DeactivateMFADevice"),
    handle(ctx, input) {
      const { owner: _, enabled: __, ...device } = deviceOf(ctx, ownerOf(ctx, input.UserName), input.SerialNumber);
      ctx.db(mfaDevices).put({ ...device, drift: 0 });
      return {};
    },
  },

  GetMFADevice: {
    authorize: onOwner("GetMFADevice"),
    handle(ctx, input) {
      const device = input.UserName === undefined ? findDevice(ctx, input.SerialNumber) : deviceOf(ctx, ownerOf(ctx, input.UserName), input.SerialNumber);
      return { SerialNumber: device.serial, ...(device.owner === undefined ? {} : { UserName: device.owner, EnableDate: new Date(device.enabled!) }) };
    },
  },

  ListMFADevices: {
    authorize: onOwner("ListMFADevices"),
    handle(ctx, input) {
      const { records, rest } = page(ctx.db(mfaDevices).where("owner", ownerOf(ctx, input.UserName)), input, ({ serial }) => serial);
      return { MFADevices: records.map((device) => ({ UserName: device.owner!, SerialNumber: device.serial, EnableDate: new Date(device.enabled!) })), ...rest };
    },
  },

  ListVirtualMFADevices: {
    authorize: (_input, asked) => onDevice("ListVirtualMFADevices")({ SerialNumber: serialOf(asked.account, "/", "") }),
    handle(ctx, input) {
      const status = input.AssignmentStatus ?? "Any";
      checkOneOf("assignmentStatus", status, ["Assigned", "Unassigned", "Any"]);
      const all = ctx.db(mfaDevices).list().filter((device) => status === "Any" || (status === "Assigned") === (device.owner !== undefined));
      const { records, rest } = page(all, input, ({ serial }) => serial);
      return { VirtualMFADevices: records.map((device) => show(ctx, device)), ...rest };
    },
  },

  TagMFADevice: {
    authorize: onDevice("TagMFADevice"),
    handle(ctx, input) {
      const device = findDevice(ctx, input.SerialNumber);
      ctx.db(mfaDevices).put({ ...device, tags: mergeTags(device.tags, input.Tags, ctx.caller.via.kind === "user") });
      return {};
    },
  },

  UntagMFADevice: {
    authorize: onDevice("UntagMFADevice"),
    handle(ctx, input) {
      const device = findDevice(ctx, input.SerialNumber);
      ctx.db(mfaDevices).put({ ...device, tags: Object.fromEntries(Object.entries(device.tags).filter(([key]) => !input.TagKeys.includes(key))) });
      return {};
    },
  },

  ListMFADeviceTags: {
    authorize: onDevice("ListMFADeviceTags"),
    handle(ctx, input) {
      const { records, rest } = page(showTags(findDevice(ctx, input.SerialNumber).tags), input, ({ Key }) => Key);
      return { Tags: records, ...rest };
    },
  },
});

const serialOf = (account: string, path: string, name: string): string => `arn:aws:iam::${account}:mfa${path}${name}`;

/** The root user has no name; what it names itself is its own word or the account's id. */
function isRoot(principal: Principal, name: string | undefined): boolean {
  return principal.type === "root" && (name === undefined || name === "root" || name === principal.account);
}

function ownerOf(ctx: Context, name: string | undefined): string {
  if (isRoot(ctx.caller.principal, name)) return ROOT_OWNER;
  return userOf(ctx, { UserName: name }).name;
}

function findDevice(ctx: Context, serial: string): MfaDevice {
  const device = ctx.db(mfaDevices).get(serial);
  if (!device) throw deviceNotFound(serial);
  return device;
}

function deviceOf(ctx: Context, owner: string, serial: string): MfaDevice {
  const device = findDevice(ctx, serial);
  if (device.owner !== owner) throw deviceNotFound(serial);
  return device;
}

/** @throws InvalidAuthenticationCode unless the device shows the two codes one after the other @returns its drift */
function checkCodes(ctx: Context, device: MfaDevice, input: { readonly AuthenticationCode1: string; readonly AuthenticationCode2: string }, reach: number): number {
  const { AuthenticationCode1: first, AuthenticationCode2: second } = input;
  for (const [member, code] of [["authenticationCode1", first], ["authenticationCode2", second]] as const) {
    if (!/^\d{6}$/.test(code)) throw constraint(member, code, "satisfy regular expression pattern: [\\d]{6}");
  }
  if (first === second) throw validation("The two authentication codes must be consecutive, so they differ.");
  const drift = driftOf(device.seed, first, second, ctx.peerNow, reach);
  if (drift === undefined) throw invalidCode();
  return drift;
}

/** Without its seed, which only CreateVirtualMFADevice tells. */
function show(ctx: Context, device: MfaDevice): IamTypes.VirtualMFADevice {
  const user = device.owner === undefined ? undefined : ctx.db(users).get(device.owner);
  const root = { Path: "/", UserName: "root", UserId: ctx.account, Arn: `arn:aws:iam::${ctx.account}:root`, CreateDate: new Date(0) };
  return {
    SerialNumber: device.serial,
    ...(device.owner === undefined ? {} : { User: user ? showUser(user) : root, EnableDate: new Date(device.enabled!) }),
  };
}

function tagsOf(device: MfaDevice): { readonly Tags?: readonly IamTypes.Tag[] } {
  return Object.keys(device.tags).length > 0 ? { Tags: showTags(device.tags) } : {};
}
