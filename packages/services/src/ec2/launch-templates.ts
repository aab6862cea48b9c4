/** Launch templates and their numbered versions: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-launch-templates.html */
import { AwsError } from "@hakoniwa/kernel";
import { Ec2, type Ec2Types } from "@hakoniwa/wire";
import { onEverything } from "../access.js";
import { operations, type Context } from "../define.js";
import { allows } from "./access.js";
import { idempotentMismatch, invalidValue } from "./errors.js";
import { paginate, paginateBy, select } from "./filters.js";
import { checkTemplateData, findTemplate, findVersion, templateNameTaken } from "./launch-template-lookup.js";
import { launchTemplates, launchTemplateVersions, type LaunchTemplate, type LaunchTemplateVersion } from "./state-compute.js";
import { checkTagSpecifications, dropTags, putTags, tagsOf } from "./tags.js";
import { timestamp } from "./times.js";

export const launchTemplateOperations = operations(Ec2, {
  CreateLaunchTemplate: {
    authorize: allows("CreateLaunchTemplate", () => [["launch-template", undefined]]),
    handle(ctx, input) {
      const earlier = input.ClientToken ? ctx.db(launchTemplates).where("clientToken", input.ClientToken)[0] : undefined;
      if (earlier && earlier.name !== input.LaunchTemplateName) throw idempotentMismatch();
      if (earlier) return { LaunchTemplate: described(ctx, earlier) };
      checkName(input.LaunchTemplateName);
      checkTagSpecifications(input.TagSpecifications, ["launch-template"]);
      checkTemplateData(input.LaunchTemplateData);
      if (ctx.db(launchTemplates).where("name", input.LaunchTemplateName).length > 0) throw templateNameTaken();
      const template = ctx.db(launchTemplates).put({
        id: ctx.ids.aws("lt"),
        name: input.LaunchTemplateName,
        created: ctx.now,
        createdBy: ctx.caller.principal.arn,
        defaultVersion: 1,
        latestVersion: 1,
        clientToken: input.ClientToken,
      });
      putVersion(ctx, template, 1, input.VersionDescription, input.LaunchTemplateData);
      putTags(ctx, "launch-template", template.id, input.TagSpecifications);
      return { LaunchTemplate: described(ctx, template) };
    },
  },

  CreateLaunchTemplateVersion: {
    authorize: allows("CreateLaunchTemplateVersion", (input) => [["launch-template", input.LaunchTemplateId, input.LaunchTemplateName]]),
    handle(ctx, input) {
      const template = findTemplate(ctx.db, input);
      checkTemplateData(input.LaunchTemplateData);
      // The new version takes the source's members unless it gives them itself.
      const source = input.SourceVersion === undefined ? {} : findVersion(ctx.db, template, input.SourceVersion).data;
      const next = ctx.db(launchTemplates).put({ ...template, latestVersion: template.latestVersion + 1 });
      const version = putVersion(ctx, next, next.latestVersion, input.VersionDescription, { ...source, ...present(input.LaunchTemplateData) });
      return { LaunchTemplateVersion: describedVersion(next, version) };
    },
  },

  DescribeLaunchTemplates: {
    authorize: onEverything("ec2:DescribeLaunchTemplates"),
    handle(ctx, input) {
      const { LaunchTemplateIds: ids = [], LaunchTemplateNames: names = [] } = input;
      const all = ctx.db(launchTemplates).list();
      for (const id of ids) findTemplate(ctx.db, { LaunchTemplateId: id });
      for (const name of names) findTemplate(ctx.db, { LaunchTemplateName: name });
      const asked = ids.length + names.length === 0 ? all : all.filter((template) => ids.includes(template.id) || names.includes(template.name));
      const known = {
        "create-time": (template: LaunchTemplate) => timestamp(template.created).toISOString(),
        "launch-template-name": (template: LaunchTemplate) => template.name,
      };
      const page = paginate(select(ctx.db, asked, input.Filters, known, (template) => template.id), input, 1);
      return { LaunchTemplates: page.items.map((template) => described(ctx, template)), NextToken: page.nextToken };
    },
  },

  DescribeLaunchTemplateVersions: {
    authorize: onEverything("ec2:DescribeLaunchTemplateVersions"),
    handle(ctx, input) {
      const found = askedVersions(ctx, input);
      const known = {
        "create-time": ({ version }: Versioned) => timestamp(version.created).toISOString(),
        "ebs-optimized": ({ version }: Versioned) => version.data.EbsOptimized,
        "http-endpoint": ({ version }: Versioned) => version.data.MetadataOptions?.HttpEndpoint,
        "http-protocol-ipv4": ({ version }: Versioned) => version.data.MetadataOptions?.HttpEndpoint,
        "http-tokens": ({ version }: Versioned) => version.data.MetadataOptions?.HttpTokens,
        "host-resource-group-arn": ({ version }: Versioned) => version.data.Placement?.HostResourceGroupArn,
        "kernel-id": ({ version }: Versioned) => version.data.KernelId,
        "license-configuration-arn": ({ version }: Versioned) => version.data.LicenseSpecifications?.map((license) => license.LicenseConfigurationArn),
        "network-card-index": ({ version }: Versioned) => version.data.NetworkInterfaces?.map((each) => each.NetworkCardIndex),
        "ram-disk-id": ({ version }: Versioned) => version.data.RamDiskId,
        "image-id": ({ version }: Versioned) => version.data.ImageId,
        "instance-type": ({ version }: Versioned) => version.data.InstanceType,
        "is-default-version": ({ template, version }: Versioned) => version.version === template.defaultVersion,
        "iam-instance-profile": ({ version }: Versioned) => version.data.IamInstanceProfile?.Arn,
      };
      const page = paginateBy(select(ctx.db, found, input.Filters, known, ({ template }) => template.id), input, ({ template, version }) => [template.id, version.version], 1);
      return { LaunchTemplateVersions: page.items.map(({ template, version }) => describedVersion(template, version)), NextToken: page.nextToken };
    },
  },

  ModifyLaunchTemplate: {
    authorize: allows("ModifyLaunchTemplate", (input) => [["launch-template", input.LaunchTemplateId, input.LaunchTemplateName]]),
    handle(ctx, input) {
      const template = findTemplate(ctx.db, input);
      const wanted = input.DefaultVersion ?? String(template.defaultVersion);
      const changed = { ...template, defaultVersion: findVersion(ctx.db, template, wanted).version };
      return { LaunchTemplate: described(ctx, ctx.db(launchTemplates).put(changed)) };
    },
  },

  DeleteLaunchTemplate: {
    authorize: allows("DeleteLaunchTemplate", (input) => [["launch-template", input.LaunchTemplateId, input.LaunchTemplateName]]),
    handle(ctx, input) {
      const template = findTemplate(ctx.db, input);
      const answer = described(ctx, template);
      for (const version of ctx.db(launchTemplateVersions).where("template", template.id)) ctx.db(launchTemplateVersions).delete(`${template.id}/${version.version}`);
      ctx.db(launchTemplates).delete(template.id);
      dropTags(ctx.db, template.id);
      return { LaunchTemplate: answer };
    },
  },
});

interface Versioned {
  readonly template: LaunchTemplate;
  readonly version: LaunchTemplateVersion;
}

/** Without a template only `$Latest` and `$Default` may be asked for, of all templates. Newest first, as AWS lists them. */
function askedVersions(ctx: Context, input: Ec2Types.DescribeLaunchTemplateVersionsRequest): readonly Versioned[] {
  const { Versions: wanted = [], MinVersion, MaxVersion } = input;
  if (input.LaunchTemplateId === undefined && input.LaunchTemplateName === undefined) {
    if (wanted.length === 0 || wanted.some((version) => version !== "$Latest" && version !== "$Default")) {
      throw invalidValue("You must specify either a launch template ID or launch template name, or the versions '$Latest' and/or '$Default'.");
    }
    return ctx.db(launchTemplates).list().flatMap((template) => wanted.map((each) => ({ template, version: findVersion(ctx.db, template, each) })));
  }
  const template = findTemplate(ctx.db, input);
  if (wanted.length > 0) return wanted.map((each) => ({ template, version: findVersion(ctx.db, template, each) }));
  const first = MinVersion === undefined ? 1 : wholeNumber("MinVersion", MinVersion);
  const last = MaxVersion === undefined ? template.latestVersion : wholeNumber("MaxVersion", MaxVersion);
  return ctx
    .db(launchTemplateVersions)
    .where("template", template.id)
    .filter((version) => version.version >= first && version.version <= last)
    .map((version) => ({ template, version }))
    .reverse();
}

function wholeNumber(parameter: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalidValue(`Value (${text}) for parameter ${parameter} is invalid. It must be a version number.`);
  return Number(text);
}

function putVersion(ctx: Context, template: LaunchTemplate, version: number, description: string | undefined, data: Ec2Types.RequestLaunchTemplateData): LaunchTemplateVersion {
  return ctx.db(launchTemplateVersions).put({ templateId: template.id, version, description, created: ctx.now, createdBy: ctx.caller.principal.arn, data: present(data) });
}

function present(data: Ec2Types.RequestLaunchTemplateData): Ec2Types.RequestLaunchTemplateData {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
}

function checkName(name: string): void {
  if (!/^[a-zA-Z0-9().\-/_]{3,128}$/.test(name)) {
    throw new AwsError(
      "InvalidLaunchTemplateName.MalformedException",
      `A launch template name must be between 3 and 128 characters, and may contain letters, numbers, and the following characters: - ( ) . / _. The name '${name}' is not.`,
    );
  }
}

function described(ctx: Context, template: LaunchTemplate): Ec2Types.LaunchTemplate {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    CreateTime: timestamp(template.created),
    CreatedBy: template.createdBy,
    DefaultVersionNumber: template.defaultVersion,
    LatestVersionNumber: template.latestVersion,
    Tags: tagsOf(ctx.db, template.id),
  };
}

function describedVersion(template: LaunchTemplate, version: LaunchTemplateVersion): Ec2Types.LaunchTemplateVersion {
  return {
    LaunchTemplateId: template.id,
    LaunchTemplateName: template.name,
    VersionNumber: version.version,
    VersionDescription: version.description,
    CreateTime: timestamp(version.created),
    CreatedBy: version.createdBy,
    DefaultVersion: version.version === template.defaultVersion,
    LaunchTemplateData: version.data as Ec2Types.ResponseLaunchTemplateData,
  };
}
