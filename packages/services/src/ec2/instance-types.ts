/** Instance types that a small web platform uses, with AWS's own figures: https://aws.amazon.com/ec2/instance-types/ */

export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly threadsPerCore: number;
  readonly memoryMiB: number;
  readonly clockGhz: number;
  readonly network: string;
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  readonly nitro: boolean;
  readonly burstable: boolean;
  readonly currentGeneration: boolean;
  readonly freeTier: boolean;
}

type Row = readonly [size: string, vcpus: number, memoryGiB: number, interfaces: number, addresses: number];

interface Family {
  readonly name: string;
  readonly clockGhz: number;
  readonly network: string;
  readonly nitro: boolean;
  readonly burstable: boolean;
  readonly currentGeneration: boolean;
  readonly threadsPerCore: number;
  readonly sizes: readonly Row[];
}

const UP_TO_5 = "Up to 5 Gigabit";
const UP_TO_10 = "Up to 10 Gigabit";
const T3_SIZES: readonly Row[] = [
  ["nano", 2, 0.5, 2, 2],
  ["micro", 2, 1, 2, 2],
  ["small", 2, 2, 3, 4],
  ["medium", 2, 4, 3, 6],
  ["large", 2, 8, 3, 12],
  ["xlarge", 4, 16, 4, 15],
  ["2xlarge", 8, 32, 4, 15],
];

const FAMILIES: readonly Family[] = [
  { name: "t1", clockGhz: 1, network: "Very Low", nitro: false, burstable: false, currentGeneration: false, threadsPerCore: 1, sizes: [["micro", 1, 0.612, 2, 2]] },
  { name: "m1", clockGhz: 2, network: "Low", nitro: false, burstable: false, currentGeneration: false, threadsPerCore: 1, sizes: [["small", 1, 1.7, 2, 4], ["medium", 1, 3.7, 2, 6]] },
  {
    name: "t2",
    clockGhz: 2.5,
    network: "Low to Moderate",
    nitro: false,
    burstable: true,
    currentGeneration: true,
    threadsPerCore: 1,
    sizes: [["nano", 1, 0.5, 2, 2], ["micro", 1, 1, 2, 2], ["small", 1, 2, 3, 4], ["medium", 2, 4, 3, 6], ["large", 2, 8, 3, 12], ["xlarge", 4, 16, 3, 15], ["2xlarge", 8, 32, 3, 15]],
  },
  { name: "t3", clockGhz: 2.5, network: UP_TO_5, nitro: true, burstable: true, currentGeneration: true, threadsPerCore: 2, sizes: T3_SIZES },
  { name: "t3a", clockGhz: 2.2, network: UP_TO_5, nitro: true, burstable: true, currentGeneration: true, threadsPerCore: 2, sizes: T3_SIZES },
  {
    name: "m5",
    clockGhz: 3.1,
    network: UP_TO_10,
    nitro: true,
    burstable: false,
    currentGeneration: true,
    threadsPerCore: 2,
    sizes: [["large", 2, 8, 3, 10], ["xlarge", 4, 16, 4, 15], ["2xlarge", 8, 32, 4, 15], ["4xlarge", 16, 64, 8, 30]],
  },
  {
    name: "c5",
    clockGhz: 3.4,
    network: UP_TO_10,
    nitro: true,
    burstable: false,
    currentGeneration: true,
    threadsPerCore: 2,
    sizes: [["large", 2, 4, 3, 10], ["xlarge", 4, 8, 4, 15], ["2xlarge", 8, 16, 4, 15], ["4xlarge", 16, 32, 8, 30]],
  },
];

const FREE_TIER: ReadonlySet<string> = new Set(["t1.micro", "t2.micro", "t3.micro", "t3.small"]);

const TYPES: ReadonlyMap<string, InstanceType> = new Map(
  FAMILIES.flatMap(({ name: family, sizes, ...common }) =>
    sizes.map(([size, vcpus, memoryGiB, interfaces, addressesPerInterface]): readonly [string, InstanceType] => {
      const name = `${family}.${size}`;
      return [name, { ...common, name, vcpus, memoryMiB: Math.floor(memoryGiB * 1024), interfaces, addressesPerInterface, freeTier: FREE_TIER.has(name) }];
    }),
  ),
);

export function instanceTypes(): readonly InstanceType[] {
  return [...TYPES.values()];
}

export function instanceType(name: string): InstanceType | undefined {
  return TYPES.get(name);
}
