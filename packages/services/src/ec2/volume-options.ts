/** What a volume may be: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html */
import { invalidCombination, invalidValue } from "./errors.js";
import type { VolumeShape, VolumeType } from "./state-disks.js";

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
/** IOPS per GiB at most. */
const RATIOS: Readonly<Partial<Record<VolumeType, number>>> = { gp3: 500, io1: 50, io2: 1000 };
/** MiB/s per IOPS at most. */
const MOST_PER_IOPS = 0.25;


/**
 * Checks a volume's size, type and performance, and adds what AWS adds.
 * @param wanted `type` as the user named it
 */
export function volumeOptions(wanted: { readonly size: number; readonly type: string; readonly iops: number | undefined; readonly throughput: number | undefined }): VolumeShape {
  const { size, iops, throughput } = wanted;
  if (!isVolumeType(wanted.type)) throw invalidValue(`Value (${wanted.type}) for parameter volumeType is invalid.`);
  const type = wanted.type;
  const limits = TYPES[type];
  checkSize(type, size, limits);
  if (iops !== undefined && !limits.iops) throw invalidCombination(`The parameter iops is not supported for ${type} volumes.`);
  if (iops !== undefined && limits.iops) checkIops(type, size, iops, limits.iops);
  if (iops === undefined && (type === "io1" || type === "io2")) throw invalidCombination(`The parameter iops must be specified for ${type} volumes.`);
  if (throughput !== undefined && type !== "gp3") throw invalidCombination(`The parameter throughput is not supported for ${type} volumes.`);
  if (throughput !== undefined) checkThroughput(throughput, iops ?? 3000);
  return { size, type, iops: iops ?? baseline(type, size), throughput: type === "gp3" ? (throughput ?? GP3_THROUGHPUT[0]) : undefined };
}

function checkSize(type: VolumeType, size: number, { size: [smallest, largest] }: Limits): void {
  if (!Number.isInteger(size) || size < smallest) throw invalidValue(`Volume of ${size}GiB is too small for volume type ${type}; minimum is ${smallest}GiB.`);
  if (size > largest) throw invalidValue(`Volume of ${size}GiB is too large for volume type ${type}; maximum is ${largest}GiB.`);
}

/** Below its fewest a gp3 volume can't go, whatever its size: only what is more must be earned by size. */
function checkIops(type: VolumeType, size: number, iops: number, [fewest, most]: readonly [number, number]): void {
  if (iops < fewest) throw invalidValue(`Volume iops of ${iops} is too low; minimum is ${fewest}.`);
  if (iops > most) throw invalidValue(`Volume iops of ${iops} is too high; maximum is ${most}.`);
  const ratio = RATIOS[type];
  if (ratio === undefined || iops <= size * ratio || (type === "gp3" && iops === fewest)) return;
  throw invalidCombination(`Iops to volume size ratio of ${(iops / size).toFixed(6)} is too high; maximum is ${ratio.toFixed(6)}.`);
}

function checkThroughput(throughput: number, iops: number): void {
  const [least, most] = GP3_THROUGHPUT;
  if (throughput < least) throw invalidValue(`Throughput of ${throughput} MiB/s is too low; minimum is ${least} MiB/s.`);
  if (throughput > most) throw invalidValue(`Throughput of ${throughput} MiB/s is too high; maximum is ${most} MiB/s.`);
  if (throughput / iops > MOST_PER_IOPS) throw invalidCombination(`Throughput (MiB/s) to iops ratio of ${(throughput / iops).toFixed(6)} is too high; maximum is ${MOST_PER_IOPS.toFixed(6)} MiB/s per iops.`);
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
