/**
 * The public images that Amazon publishes, and their SSM parameters. Ids are the same on every start and differ between regions, as AWS's do.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters-ami.html
 */
import { createHash } from "node:crypto";
import type { VolumeType } from "./state-disks.js";

export interface PublicImage {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly ownerId: string;
  readonly created: number;
  readonly rootDeviceName: string;
  readonly snapshotId: string;
  /** GiB. */
  readonly volumeSize: number;
  readonly volumeType: VolumeType;
  readonly imdsSupport: "v2.0" | undefined;
  readonly enaSupport: boolean;
  /** The data plane's name of its content. */
  readonly content: "al2023" | "nat";
  /** The SSM parameters that lead to it. */
  readonly parameters: readonly string[];
}

/** The account that owns Amazon's images in the commercial regions. */
const AMAZON = "137112412989";
const LATEST = "/aws/service/ami-amazon-linux-latest";

type Entry = Omit<PublicImage, "id" | "snapshotId" | "ownerId" | "rootDeviceName">;

const ENTRIES: readonly Entry[] = [
  {
    name: "al2023-ami-2023.9.20251208.0-kernel-6.1-x86_64",
    description: "Amazon Linux 2023 AMI 2023.9.20251208.0 x86_64 HVM kernel-6.1",
    created: Date.UTC(2025, 11, 9, 3, 12, 41),
    volumeSize: 8,
    volumeType: "gp3",
    imdsSupport: "v2.0",
    enaSupport: true,
    content: "al2023",
    parameters: [`${LATEST}/al2023-ami-kernel-default-x86_64`, `${LATEST}/al2023-ami-kernel-6.1-x86_64`],
  },
  {
    name: "al2023-ami-minimal-2023.9.20251208.0-kernel-6.1-x86_64",
    description: "Amazon Linux 2023 AMI 2023.9.20251208.0 x86_64 Minimal HVM kernel-6.1",
    created: Date.UTC(2025, 11, 9, 3, 12, 48),
    volumeSize: 2,
    volumeType: "gp3",
    imdsSupport: "v2.0",
    enaSupport: true,
    content: "al2023",
    parameters: [`${LATEST}/al2023-ami-minimal-kernel-default-x86_64`, `${LATEST}/al2023-ami-minimal-kernel-6.1-x86_64`],
  },
  {
    name: "amzn2-ami-hvm-2.0.20251208.0-x86_64-gp2",
    description: "Amazon Linux 2 AMI 2.0.20251208.0 x86_64 HVM gp2",
    created: Date.UTC(2025, 11, 9, 1, 40, 5),
    volumeSize: 8,
    volumeType: "gp2",
    imdsSupport: undefined,
    enaSupport: true,
    content: "al2023",
    parameters: [`${LATEST}/amzn2-ami-hvm-x86_64-gp2`],
  },
  {
    name: "amzn2-ami-kernel-5.10-hvm-2.0.20251208.0-x86_64-gp2",
    description: "Amazon Linux 2 Kernel 5.10 AMI 2.0.20251208.0 x86_64 HVM gp2",
    created: Date.UTC(2025, 11, 9, 1, 40, 11),
    volumeSize: 8,
    volumeType: "gp2",
    imdsSupport: undefined,
    enaSupport: true,
    content: "al2023",
    parameters: [`${LATEST}/amzn2-ami-kernel-5.10-hvm-x86_64-gp2`],
  },
  {
    name: "amzn-ami-hvm-2018.03.0.20231218.0-x86_64-gp2",
    description: "Amazon Linux AMI 2018.03.0.20231218.0 x86_64 HVM gp2",
    created: Date.UTC(2023, 11, 20, 1, 12, 33),
    volumeSize: 8,
    volumeType: "gp2",
    imdsSupport: undefined,
    enaSupport: true,
    content: "al2023",
    parameters: [`${LATEST}/amzn-ami-hvm-x86_64-gp2`],
  },
  {
    name: "amzn-ami-vpc-nat-2018.03.0.20211001.0-x86_64-ebs",
    description: "Amazon Linux AMI 2018.03.0.20211001.0 x86_64 VPC HVM ebs",
    created: Date.UTC(2021, 9, 8, 18, 3, 27),
    volumeSize: 8,
    volumeType: "standard",
    imdsSupport: undefined,
    enaSupport: true,
    content: "nat",
    parameters: [],
  },
];

const catalogues = new Map<string, readonly PublicImage[]>();

/** Every public image of a region. */
export function publicImages(region: string): readonly PublicImage[] {
  let catalogue = catalogues.get(region);
  if (!catalogue) {
    catalogue = ENTRIES.map((entry) => ({
      ...entry,
      id: stableId("ami", region, entry.name),
      snapshotId: stableId("snap", region, entry.name),
      ownerId: AMAZON,
      rootDeviceName: "/dev/xvda",
    }));
    catalogues.set(region, catalogue);
  }
  return catalogue;
}

export function publicImage(region: string, id: string): PublicImage | undefined {
  return publicImages(region).find((image) => image.id === id);
}

/** Image ids by the names of Amazon's public SSM parameters. */
export function publicImageParameters(region: string): ReadonlyMap<string, string> {
  return new Map(publicImages(region).flatMap((image) => image.parameters.map((name) => [name, image.id] as const)));
}

function stableId(prefix: string, region: string, name: string): string {
  return `${prefix}-0${createHash("sha256").update(`${prefix}/${region}/${name}`).digest("hex").slice(0, 16)}`;
}
