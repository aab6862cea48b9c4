/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-prefixlist.html */
import { AwsError } from "@hakoniwa/kernel";
import type { Aws, Ec2Types } from "@hakoniwa/wire";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { tagsFor, updateTags } from "./cfn-tags.js";

interface PrefixListProperties {
  readonly PrefixListName: string;
  readonly AddressFamily: string;
  readonly MaxEntries?: number;
  readonly Entries?: readonly { readonly Cidr: string; readonly Description?: string }[];
  readonly Tags?: readonly Ec2Types.Tag[];
}

export const prefixList = resourceType<PrefixListProperties>("AWS::EC2::PrefixList", ["PrefixListName", "AddressFamily", "MaxEntries", "Entries", "Tags"], {
  create(aws, p, request) {
    const { PrefixListName, AddressFamily, Entries } = p;
    const made = aws.ec2.CreateManagedPrefixList({
      PrefixListName,
      AddressFamily,
      Entries,
      MaxEntries: sizeOf(p),
      ClientToken: request.token,
      TagSpecifications: tagsFor("prefix-list", p.Tags, request),
    });
    return made.PrefixList!.PrefixListId!;
  },
  update(aws, PrefixListId, next, previous, request) {
    if (next.AddressFamily !== previous.AddressFamily) throw new AwsError("InvalidParameterValue", "The address family of a prefix list can't be changed.");
    const grows = sizeOf(next) > sizeOf(previous);
    const resize = (): void => void (sizeOf(next) !== sizeOf(previous) && aws.ec2.ModifyManagedPrefixList({ PrefixListId, MaxEntries: sizeOf(next) }));
    // A list must have room for its entries before and after.
    if (grows) resize();
    changeEntries(aws, PrefixListId, next.Entries ?? [], previous.Entries ?? []);
    if (!grows) resize();
    if (next.PrefixListName !== previous.PrefixListName) aws.ec2.ModifyManagedPrefixList({ PrefixListId, PrefixListName: next.PrefixListName });
    updateTags(aws, PrefixListId, next.Tags, previous.Tags, request);
  },
  read(aws, PrefixListId) {
    const found = unlessGone(() => aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] }))?.PrefixLists?.[0];
    if (!found) return undefined;
    const entries = aws.ec2.GetManagedPrefixListEntries({ PrefixListId }).Entries ?? [];
    return {
      PrefixListName: found.PrefixListName!,
      AddressFamily: found.AddressFamily!,
      MaxEntries: found.MaxEntries!,
      Entries: entries.map(({ Cidr, Description }) => ({ Cidr: Cidr!, ...(Description === undefined ? {} : { Description }) })),
      Tags: found.Tags ?? [],
    };
  },
  attributes(aws, PrefixListId) {
    const found = aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] }).PrefixLists![0]!;
    return { PrefixListId, Arn: found.PrefixListArn, OwnerId: found.OwnerId, Version: found.Version };
  },
  delete: (aws, PrefixListId) => void unlessGone(() => aws.ec2.DeleteManagedPrefixList({ PrefixListId })),
});

function sizeOf(p: PrefixListProperties): number {
  return p.MaxEntries ?? Math.max(1, p.Entries?.length ?? 0);
}

function changeEntries(aws: Aws, PrefixListId: string, next: readonly { readonly Cidr: string; readonly Description?: string }[], previous: typeof next): void {
  const RemoveEntries = previous.filter((entry) => !next.some((other) => other.Cidr === entry.Cidr)).map(({ Cidr }) => ({ Cidr }));
  const AddEntries = next.filter((entry) => !previous.some((other) => other.Cidr === entry.Cidr && other.Description === entry.Description));
  if (RemoveEntries.length + AddEntries.length === 0) return;
  const CurrentVersion = aws.ec2.DescribeManagedPrefixLists({ PrefixListIds: [PrefixListId] }).PrefixLists![0]!.Version;
  aws.ec2.ModifyManagedPrefixList({ PrefixListId, CurrentVersion, AddEntries, RemoveEntries });
}
