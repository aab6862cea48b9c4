/** What a volume may be: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
import { invalidCombination, invalidValue } from "./errors.js";
import type { VolumeType } from "./state-compute.js";

interface Limits {
  /** GiB. */
  readonly size: readonly [smallest: number, largest: number];
  readonly iops?: readonly [fewest: number, most: number];
}

const TYPES: Readonly<Record<VolumeType, Limits>> = {
  standard: { size: [1, 1024] },
  gp2: { size: [1, 16_384] },
  gp3: { size: [1, 65_536], iops: [3000, 80_000] },
  io1: { size: [4, 16_384], iops: [100, 64_000] },
  io2: { size: [4, 65_536], iops: [100, 256_000] },
  sc1: { size: [125, 16_384] },
  st1: { size: [125, 16_384] },
};
const GP3_THROUGHPUT = [125, 2000] as const;

export interface VolumeOptions {
  readonly size: number;
  readonly type: VolumeType;
  readonly iops: number | undefined;
  readonly throughput: number | undefined;
}

/**
 * Checks a volume's size, type and performance, and adds what AWS adds.
 * @param wanted `type` as the user named it
 */
export function volumeOptions(wanted: { readonly size: number; readonly type: string; readonly iops: number | undefined; readonly throughput: number | undefined }): VolumeOptions {
  const { size, iops, throughput } = wanted;
  if (!isVolumeType(wanted.type)) throw invalidValue(`Value (${wanted.type}) for parameter volumeType is invalid.`);
  const type = wanted.type;
  const limits = TYPES[type];
  if (!Number.isInteger(size) || size < limits.size[0] || size > limits.size[1]) {
    throw invalidValue(`Volume of ${size}GiB is invalid for volume type ${type}; it must be between ${limits.size[0]} and ${limits.size[1]} GiB`);
  }
  if (iops !== undefined && !limits.iops) throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (iops !== undefined && limits.iops && (iops < limits.iops[0] || iops > limits.iops[1])) {
    throw invalidValue(`Volume iops of ${iops} is invalid; it must be between ${limits.iops[0]} and ${limits.iops[1]}`);
  }
  if (iops === undefined && (type === "io1" || type === "io2")) throw invalidCombination(`The parameter iops must be specified for ${type} volumes.`);
  if (throughput !== undefined && type !== "gp3") throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  if (throughput !== undefined && (throughput < GP3_THROUGHPUT[0] || throughput > GP3_THROUGHPUT[1])) {
    throw invalidValue(`Volume throughput of ${throughput} is invalid; it must be between ${GP3_THROUGHPUT[0]} and ${GP3_THROUGHPUT[1]}`);
  }
  return { size, type, iops: iops ?? baseline(type, size), throughput: type === "gp3" ? (throughput ?? GP3_THROUGHPUT[0]) : undefined };
}

/** gp2 earns 3 IOPS a GiB, at least 100. */
function baseline(type: VolumeType, size: number): number | undefined {
  if (type === "gp3") return 3000;
  if (type === "gp2") return Math.min(16_000, Math.max(100, size * 3));
  return undefined;
}

function isVolumeType(type: string): type is VolumeType {
  return Object.hasOwn(TYPES, type);
}
