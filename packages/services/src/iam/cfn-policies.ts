/** Policies and instance profiles: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_IAM.html */
import type { Aws } from "@hakoniwa/wire";
import { documentAs, documentText } from "../policy-documents.js";
import { resourceType } from "../resource-type.js";
import { unlessGone } from "../unless-gone.js";
import { ofGroup, ofRole, ofUser, type Verbs } from "./cfn-attached.js";

interface Holders {
  readonly Users?: readonly string[];
  readonly Groups?: readonly string[];
  readonly Roles?: readonly string[];
}

/** The identities that a policy is for, each with its key to compare them by. */
function holdersOf(aws: Aws, properties: Holders): ReadonlyMap<string, Verbs> {
  return new Map([
    ...(properties.Users ?? []).map((name) => [`user/${name}`, ofUser(aws, name)] as const),
    ...(properties.Groups ?? []).map((name) => [`group/${name}`, ofGroup(aws, name)] as const),
    ...(properties.Roles ?? []).map((name) => [`role/${name}`, ofRole(aws, name)] as const),
  ]);
}

/** Of the identities that the template names, those of which `has` holds. */
function holdersWith(aws: Aws, given: Holders, has: (holder: Verbs) => boolean): Required<Holders> {
  const which = (names: readonly string[] = [], verbs: (aws: Aws, name: string) => Verbs): readonly string[] => names.filter((name) => unlessGone(() => has(verbs(aws, name))) ?? false);
  return { Users: which(given.Users, ofUser), Groups: which(given.Groups, ofGroup), Roles: which(given.Roles, ofRole) };
}

export interface ManagedPolicyProperties extends Holders {
  readonly ManagedPolicyName?: string;
  readonly Path?: string;
  readonly Description?: string;
  readonly PolicyDocument: unknown;
}

export const managedPolicy = resourceType<ManagedPolicyProperties>("AWS::IAM::ManagedPolicy", ["ManagedPolicyName", "Path", "Description", "PolicyDocument", "Users", "Groups", "Roles"], {
  customName: "ManagedPolicyName",
  create(aws, properties, request) {
    const { Policy: policy } = aws.iam.CreatePolicy({
      PolicyName: properties.ManagedPolicyName ?? request.physicalName(128),
      Path: properties.Path,
      Description: properties.Description,
      PolicyDocument: documentText(properties.PolicyDocument),
    });
    const arn = policy!.Arn!;
    for (const holder of holdersOf(aws, properties).values()) holder.attach(arn);
    return arn;
  },

  update(aws, arn, next, previous) {
    const document = documentText(next.PolicyDocument);
    if (document !== documentText(previous.PolicyDocument)) {
      const versions = aws.iam.ListPolicyVersions({ PolicyArn: arn }).Versions ?? [];
      // Five are the most; the oldest that isn't in force makes room.
      const oldest = versions.filter((version) => !version.IsDefaultVersion).at(-1);
      if (versions.length >= 5 && oldest) aws.iam.DeletePolicyVersion({ PolicyArn: arn, VersionId: oldest.VersionId! });
      aws.iam.CreatePolicyVersion({ PolicyArn: arn, PolicyDocument: document, SetAsDefault: true });
    }
    const [before, now] = [holdersOf(aws, previous), holdersOf(aws, next)];
    for (const [key, holder] of before) if (!now.has(key)) unlessGone(() => holder.detach(arn));
    for (const holder of now.values()) holder.attach(arn);
  },

  read(aws, arn, given) {
    const policy = unlessGone(() => aws.iam.GetPolicy({ PolicyArn: arn }))?.Policy;
    if (!policy) return undefined;
    const version = aws.iam.GetPolicyVersion({ PolicyArn: arn, VersionId: policy.DefaultVersionId! }).PolicyVersion?.Document ?? "";
    return {
      ManagedPolicyName: policy.PolicyName!,
      Path: policy.Path!,
      ...(policy.Description ? { Description: policy.Description } : {}),
      PolicyDocument: documentAs(given.PolicyDocument, decodeURIComponent(version)),
      ...holdersWith(aws, given, (holder) => holder.attached().includes(arn)),
    };
  },

  delete(aws, arn, properties) {
    unlessGone(() => {
      const versions = aws.iam.ListPolicyVersions({ PolicyArn: arn }).Versions ?? [];
      for (const holder of holdersOf(aws, properties).values()) unlessGone(() => holder.detach(arn));
      for (const version of versions) if (!version.IsDefaultVersion) aws.iam.DeletePolicyVersion({ PolicyArn: arn, VersionId: version.VersionId! });
      aws.iam.DeletePolicy({ PolicyArn: arn });
    });
  },

  attributes(aws, arn) {
    const policy = aws.iam.GetPolicy({ PolicyArn: arn }).Policy!;
    return {
      PolicyArn: arn,
      PolicyId: policy.PolicyId,
      AttachmentCount: policy.AttachmentCount,
      DefaultVersionId: policy.DefaultVersionId,
      IsAttachable: policy.IsAttachable,
      PermissionsBoundaryUsageCount: policy.PermissionsBoundaryUsageCount,
      CreateDate: policy.CreateDate?.toISOString(),
      UpdateDate: policy.UpdateDate?.toISOString(),
    };
  },
});

export interface InlinePolicyProperties extends Holders {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
}

/** One policy embedded in each of the identities it names. It has no name of its own, so one is made for the stack. */
export const inlinePolicy = resourceType<InlinePolicyProperties>("AWS::IAM::Policy", ["PolicyName", "PolicyDocument", "Users", "Groups", "Roles"], {
  create(aws, properties, request) {
    embed(aws, properties);
    return request.physicalName(128);
  },

  update(aws, _id, next, previous) {
    const now = holdersOf(aws, next);
    for (const [key, holder] of holdersOf(aws, previous)) {
      if (!now.has(key) || next.PolicyName !== previous.PolicyName) unlessGone(() => holder.remove(previous.PolicyName));
    }
    embed(aws, next);
  },

  read(aws, _id, given) {
    const { PolicyName, PolicyDocument } = given;
    const texts: string[] = [];
    const holders = holdersWith(aws, given, (holder) => texts.push(holder.embedded(PolicyName)) > 0);
    if (texts.length === 0) return undefined;
    const other = texts.find((text) => text !== documentText(PolicyDocument)) ?? texts[0]!;
    return { PolicyName, PolicyDocument: documentAs(PolicyDocument, other), ...holders };
  },

  delete(aws, _id, properties) {
    for (const holder of holdersOf(aws, properties).values()) unlessGone(() => holder.remove(properties.PolicyName));
  },

  attributes: (_aws, id) => ({ Id: id }),
});

function embed(aws: Aws, properties: InlinePolicyProperties): void {
  for (const holder of holdersOf(aws, properties).values()) holder.put(properties.PolicyName, documentText(properties.PolicyDocument));
}

export interface InstanceProfileProperties {
  readonly InstanceProfileName?: string;
  readonly Path?: string;
  readonly Roles: readonly string[];
}

export const instanceProfile = resourceType<InstanceProfileProperties>("AWS::IAM::InstanceProfile", ["InstanceProfileName", "Path", "Roles"], {
  customName: "InstanceProfileName",
  create(aws, properties, request) {
    const name = properties.InstanceProfileName ?? request.physicalName(128);
    aws.iam.CreateInstanceProfile({ InstanceProfileName: name, Path: properties.Path });
    setRoles(aws, name, properties.Roles);
    return name;
  },

  update: (aws, name, next) => setRoles(aws, name, next.Roles),

  read(aws, name) {
    const found = unlessGone(() => aws.iam.GetInstanceProfile({ InstanceProfileName: name }))?.InstanceProfile;
    return found && { InstanceProfileName: name, Path: found.Path, Roles: found.Roles.map(({ RoleName }) => RoleName) };
  },

  delete(aws, name) {
    unlessGone(() => {
      setRoles(aws, name, []);
      aws.iam.DeleteInstanceProfile({ InstanceProfileName: name });
    });
  },

  attributes: (aws, name) => ({ Arn: aws.iam.GetInstanceProfile({ InstanceProfileName: name }).InstanceProfile.Arn }),
});

function setRoles(aws: Aws, name: string, wanted: readonly string[]): void {
  const now = aws.iam.GetInstanceProfile({ InstanceProfileName: name }).InstanceProfile.Roles.map((role) => role.RoleName);
  for (const role of now) if (!wanted.includes(role)) aws.iam.RemoveRoleFromInstanceProfile({ InstanceProfileName: name, RoleName: role });
  for (const role of wanted) if (!now.includes(role)) aws.iam.AddRoleToInstanceProfile({ InstanceProfileName: name, RoleName: role });
}
