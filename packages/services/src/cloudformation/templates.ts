import { checkTemplate, expandTemplate, LANGUAGE_EXTENSIONS, parse, readHead, readTemplate, transformsOf, type ParameterDefinition, type ParsedTemplate, type ResolvedParameter, type Template } from "@hakoniwa/cloudformation";
import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations, prepared } from "../define.js";
import { access } from "./access.js";
import { environmentOf } from "./environment.js";
import { validationError } from "./errors.js";
import { changeSetNamed, stackNamed } from "./find.js";
import type { Registry } from "./registry.js";
import { checkedBody, neededCapabilities } from "./requests.js";
import { templates } from "./state.js";
import { fetchAll, type Fetched } from "./template-source.js";

export function templateOperations(registry: Registry) {
  return operations(Cloudformation, {
    GetTemplate: {
      authorize: access("GetTemplate"),
      handle(ctx, input) {
        // A stack under review has none yet, which the CDK CLI takes for an empty one.
        if (input.StackName !== undefined && input.ChangeSetName === undefined && stackNamed(ctx.db, input.StackName).status === "REVIEW_IN_PROGRESS") return { StagesAvailable: [] };
        const { body, processed } = stored(ctx, input.StackName, input.ChangeSetName);
        const original = input.TemplateStage === "Original" || processed === undefined;
        return { TemplateBody: original ? body : withoutTransforms(processed), StagesAvailable: ["Original", "Processed"] };
      },
    },

    GetTemplateSummary: prepared({
      authorize: access("GetTemplateSummary"),
      prepare: fetchAll,
      handle(ctx, input: CloudformationTypes.GetTemplateSummaryInput, fetched: Fetched) {
        const { parsed, template } = given(ctx, registry, input, fetched);
        const { parameters } = readHead(parsed);
        const types = template ? [...template.resources.values()].map((resource) => resource.type) : [];
        return {
          ...summary(parsed, template),
          Parameters: [...parameters.values()].map(declaration),
          ResourceTypes: [...new Set(types)],
          ResourceIdentifierSummaries: identifiers(registry, template),
          Version: "2010-09-09",
          Metadata: template?.metadata === undefined ? undefined : JSON.stringify(template.metadata),
        };
      },
    }),

    ValidateTemplate: prepared({
      authorize: access("ValidateTemplate"),
      prepare: fetchAll,
      handle(ctx, input: CloudformationTypes.ValidateTemplateInput, fetched: Fetched) {
        const { parsed, template } = given(ctx, registry, input, fetched);
        return {
          ...summary(parsed, template),
          Parameters: [...readHead(parsed).parameters.values()].map((parameter) => ({
            ParameterKey: parameter.name,
            DefaultValue: parameter.default,
            NoEcho: parameter.noEcho,
            Description: parameter.description,
          })),
        };
      },
    }),
  });
}

interface Bodies {
  readonly body: string;
  readonly processed?: string | undefined;
}

function stored(ctx: Context, stackName: string | undefined, changeSetName: string | undefined): Bodies {
  if (changeSetName !== undefined) return changeSetNamed(ctx.db, changeSetName, stackName);
  if (stackName === undefined) throw validationError("StackName or ChangeSetName must be specified.");
  const stack = stackNamed(ctx.db, stackName);
  const found = ctx.db(templates).get(stack.configuration.templateId);
  if (!found) throw validationError(`Stack with id ${stackName} does not have a template yet`);
  return found;
}

/** We keep the transforms' names, as their functions are carried out later; who asks sees what they made. */
function withoutTransforms(processed: string): string {
  return JSON.stringify({ ...(JSON.parse(processed) as object), Transform: undefined });
}

interface Given {
  readonly TemplateBody?: string | undefined;
  readonly TemplateURL?: string | undefined;
  readonly StackName?: string | undefined;
}

/** @returns `template` undefined when loops go over parameters that have no value yet */
function given(ctx: Context, registry: Registry, input: Given, fetched: Fetched): { readonly parsed: ParsedTemplate; readonly template: Template | undefined } {
  const { TemplateBody: body, TemplateURL: url, StackName: stackName } = input;
  if ([body, url, stackName].filter((one) => one !== undefined).length !== 1) throw validationError("Exactly one of TemplateBody, TemplateURL and StackName must be specified.");
  const parsed = parse(fetched.template ?? (body === undefined ? stored(ctx, stackName, undefined).body : checkedBody(body)));
  const defaults = [...readHead(parsed).parameters.values()].filter((parameter) => parameter.default !== undefined).map(asDefault);
  const environment = environmentOf(ctx, { id: "", name: "" }, []);
  const expanded = expandTemplate(parsed, new Map(defaults.map((parameter) => [parameter.name, parameter])), environment);
  const template = expanded && readTemplate(expanded);
  if (template) checkTemplate(template, registry.schemas);
  return { parsed, template };
}

function asDefault({ name, type, default: text }: ParameterDefinition): ResolvedParameter {
  const list = type === "CommaDelimitedList" || type.startsWith("List<");
  return { name, given: text!, value: list ? text!.split(",").map((item) => item.trim()) : text! };
}

type Summary = Pick<CloudformationTypes.ValidateTemplateOutput, "Description" | "Capabilities" | "CapabilitiesReason" | "DeclaredTransforms">;

function summary(parsed: ParsedTemplate, template: Template | undefined): Summary {
  const transforms = transformsOf(parsed);
  const needed = template && neededCapabilities(template);
  const expand = transforms.includes(LANGUAGE_EXTENSIONS) ? (["CAPABILITY_AUTO_EXPAND"] as const) : [];
  const reasons = [
    ...(needed ? [`The following resource(s) require capabilities: [${needed.types.join(", ")}]`] : []),
    ...(expand.length > 0 ? [`The following transforms require capabilities: [${transforms.join(", ")}]`] : []),
  ];
  return {
    Description: template?.description,
    Capabilities: needed || expand.length > 0 ? [...(needed ? [needed.capability] : []), ...expand] : undefined,
    CapabilitiesReason: reasons.length > 0 ? reasons.join(" ") : undefined,
    DeclaredTransforms: transforms.length > 0 ? transforms : undefined,
  };
}

/** What an import must name of each resource. */
function identifiers(registry: Registry, template: Template | undefined): CloudformationTypes.GetTemplateSummaryOutput["ResourceIdentifierSummaries"] {
  const byType = new Map<string, string[]>();
  for (const { type, logicalId } of template?.resources.values() ?? []) byType.set(type, [...(byType.get(type) ?? []), logicalId]);
  return [...byType].map(([ResourceType, LogicalResourceIds]) => ({ ResourceType, LogicalResourceIds, ResourceIdentifiers: registry.schemas.get(ResourceType)?.identifier ?? [] }));
}

function declaration(parameter: ParameterDefinition): CloudformationTypes.ParameterDeclaration {
  return {
    ParameterKey: parameter.name,
    DefaultValue: parameter.default,
    ParameterType: parameter.type,
    NoEcho: parameter.noEcho,
    Description: parameter.description,
    ParameterConstraints: { AllowedValues: parameter.allowedValues ?? [] },
  };
}
