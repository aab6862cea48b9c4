/** Finding launch templates and versions, and what a version's data may hold. */
import { AwsError, type Reader } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import { invalidCombination, invalidValue, missingParameter } from "./errors.js";
import { launchTemplates, launchTemplateVersions, type LaunchTemplate, type LaunchTemplateVersion } from "./state-compute.js";
import { refuseReserved } from "./tags.js";
import { checkUserData } from "./user-data.js";

export function templateNameTaken(): AwsError {
  return new AwsError("InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.");
}

interface Named {
  readonly LaunchTemplateId?: string | undefined;
  readonly LaunchTemplateName?: string | undefined;
}

/** @throws AwsError unless exactly one of id and name is given, and names a template */
export function findTemplate(db: Reader, { LaunchTemplateId: id, LaunchTemplateName: name }: Named): LaunchTemplate {
  if (id !== undefined && name !== undefined) throw invalidCombination("You must specify either a launch template ID or a launch template name, not both.");
  if (id === undefined && name === undefined) throw missingParameter("LaunchTemplateId or LaunchTemplateName");
  if (id !== undefined) {
    if (!/^lt-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) throw new AwsError("InvalidLaunchTemplateId.Malformed", `Invalid id: "${id}" (expecting "lt-...")`);
    const template = db(launchTemplates).get(id);
    if (!template) throw new AwsError("InvalidLaunchTemplateId.NotFound", `The specified launch template, with template ID ${id}, does not exist.`);
    return template;
  }
  const template = db(launchTemplates).where("name", name ?? "")[0];
  if (!template) throw new AwsError("InvalidLaunchTemplateName.NotFoundException", "The specified launch template does not exist.");
  return template;
}

/** @param wanted a version's number, `$Latest` or `$Default` */
export function findVersion(db: Reader, template: LaunchTemplate, wanted: string): LaunchTemplateVersion {
  const number = versionNumber(template, wanted);
  if (number === undefined) throw invalidValue(`Value (${wanted}) for parameter Version is invalid. It must be a version number, $Latest or $Default.`);
  const version = db(launchTemplateVersions).get(`${template.id}/${number}`);
  if (!version) {
    throw new AwsError("InvalidLaunchTemplateId.VersionNotFound", `Could not find launch template version ${number} for the launch template with ID ${template.id}`);
  }
  return version;
}

/** For facts, which answer `undefined` where the API refuses. */
export function lookUpVersion(db: Reader, idOrName: string, wanted: string): { readonly template: LaunchTemplate; readonly version: LaunchTemplateVersion } | undefined {
  const template = db(launchTemplates).get(idOrName) ?? db(launchTemplates).where("name", idOrName)[0];
  const number = template && versionNumber(template, wanted);
  const version = template && number !== undefined ? db(launchTemplateVersions).get(`${template.id}/${number}`) : undefined;
  return template && version ? { template, version } : undefined;
}

function versionNumber(template: LaunchTemplate, wanted: string): number | undefined {
  if (wanted === "$Latest") return template.latestVersion;
  if (wanted === "$Default" || wanted === "") return template.defaultVersion;
  return /^\d{1,9}$/.test(wanted) ? Number(wanted) : undefined;
}

/** What can be known to be wrong before a launch; the rest shows when the template is used, as in AWS. */
export function checkTemplateData(data: Ec2Types.RequestLaunchTemplateData): void {
  if (Object.values(data).every((value) => value === undefined)) throw missingParameter("LaunchTemplateData");
  if (data.UserData !== undefined) checkUserData(data.UserData);
  // A service may launch from it, which may set any.
  for (const { Key = "" } of (data.TagSpecifications ?? []).flatMap(({ Tags = [] }) => Tags)) refuseReserved(Key);
  if (data.NetworkInterfaces?.length && (data.SecurityGroupIds?.length || data.SecurityGroups?.length)) {
    throw invalidCombination("Network interfaces and an instance-level security groups may not be specified on the same request");
  }
}
