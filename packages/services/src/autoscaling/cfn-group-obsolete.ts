/** Which instances of a group are not what it launches today: a rolling update replaces them. */
import type { Aws, AutoscalingTypes, Ec2Types } from "@hakoniwa/wire";

type Group = AutoscalingTypes.AutoScalingGroup;
type Instance = AutoscalingTypes.Instance;
type Template = AutoscalingTypes.LaunchTemplateSpecification;

/** The ids of those that were launched from something else, or where the group no longer launches. */
export function obsoleteInstances(aws: Aws, group: Group): ReadonlySet<string> {
  const instances = group.Instances ?? [];
  const source = sourceOf(aws, group);
  const subnets = subnetsOf(aws, group, instances);
  return new Set(instances.filter((instance) => !source(instance) || !subnets(instance)).map(({ InstanceId }) => InstanceId));
}

/** Whether an instance is what the group launches today. */
function sourceOf(aws: Aws, group: Group): (instance: Instance) => boolean {
  const mixed = group.MixedInstancesPolicy?.LaunchTemplate;
  const template = group.LaunchTemplate ?? mixed?.LaunchTemplateSpecification;
  if (!template) return (instance) => instance.LaunchConfigurationName === group.LaunchConfigurationName;
  const overrides = mixed?.Overrides ?? [];
  const wanted = new Map([template, ...overrides.flatMap((override) => override.LaunchTemplateSpecification ?? [])].map((one) => [one.LaunchTemplateId, versionOf(aws, one)]));
  const types = overrides.flatMap((override) => override.InstanceType ?? []);
  return ({ LaunchTemplate: from, InstanceType: type }) =>
    from?.LaunchTemplateId !== undefined && wanted.get(from.LaunchTemplateId) === from.Version && (types.length === 0 || types.includes(type ?? ""));
}

/** What `$Latest` and `$Default` mean now. */
function versionOf(aws: Aws, { LaunchTemplateId: id = "", Version: version = "$Default" }: Template): string {
  if (!version.startsWith("$")) return version;
  const [template] = aws.ec2.DescribeLaunchTemplates({ LaunchTemplateIds: [id] }).LaunchTemplates ?? [];
  return String(version === "$Latest" ? template?.LatestVersionNumber : template?.DefaultVersionNumber);
}

/** Whether an instance is where the group launches. */
function subnetsOf(aws: Aws, { VPCZoneIdentifier: subnets = "", AvailabilityZones: zones }: Group, instances: readonly Instance[]): (instance: Instance) => boolean {
  if (subnets === "") return ({ AvailabilityZone: zone }) => zones.includes(zone);
  const own = new Set(subnets.split(","));
  const ids = instances.map(({ InstanceId }) => InstanceId);
  const found: readonly Ec2Types.Instance[] = ids.length === 0 ? [] : (aws.ec2.DescribeInstances({ InstanceIds: ids }).Reservations ?? []).flatMap(({ Instances = [] }) => Instances);
  const where = new Map(found.map(({ InstanceId, SubnetId }) => [InstanceId, SubnetId]));
  // One that has no subnet any more has ended.
  return ({ InstanceId: id }) => own.has(where.get(id) ?? subnets.split(",")[0]!);
}
