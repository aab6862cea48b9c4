import { checkTemplate, parse, readTemplate, type ParameterDefinition, type Template } from "@hakoniwa/cloudformation";
import { Cloudformation, type CloudformationTypes } from "@hakoniwa/wire";
import type { Context } from "../define.js";
import { operations } from "../define.js";
import { access } from "./access.js";
import { templateUrl, validationError } from "./errors.js";
import { changeSetNamed, stackNamed } from "./find.js";
import type { Registry } from "./registry.js";
import { checkedBody, neededCapabilities } from "./requests.js";
import { templates } from "./state.js";

export function templateOperations(registry: Registry) {
  return operations(Cloudformation, {
    GetTemplate: {
      authorize: access("GetTemplate"),
      handle(ctx, input) {
        return { TemplateBody: storedBody(ctx, input.StackName, input.ChangeSetName), StagesAvailable: ["Original", "Processed"] };
      },
    },

    GetTemplateSummary: {
      authorize: access("GetTemplateSummary"),
      handle(ctx, input) {
        const template = given(ctx, input.TemplateBody, input.TemplateURL, input.StackName);
        checkTemplate(template, registry.schemas);
        return {
          ...summary(template),
          Parameters: [...template.parameters.values()].map(declaration),
          ResourceTypes: [...new Set([...template.resources.values()].map((resource) => resource.type))],
          Version: "2010-09-09",
          Metadata: template.metadata === undefined ? undefined : JSON.stringify(template.metadata),
        };
      },
    },

    ValidateTemplate: {
      authorize: access("ValidateTemplate"),
      handle(ctx, input) {
        const template = given(ctx, input.TemplateBody, input.TemplateURL, undefined);
        checkTemplate(template, registry.schemas);
        return {
          ...summary(template),
          Parameters: [...template.parameters.values()].map((parameter) => ({
            ParameterKey: parameter.name,
            DefaultValue: parameter.default,
            NoEcho: parameter.noEcho,
            Description: parameter.description,
          })),
        };
      },
    },
  });
}

function storedBody(ctx: Context, stackName: string | undefined, changeSetName: string | undefined): string {
  if (changeSetName !== undefined) return changeSetNamed(ctx.db, changeSetName, stackName).body;
  if (stackName === undefined) throw validationError("StackName or ChangeSetName must be specified.");
  const stack = stackNamed(ctx.db, stackName);
  const stored = ctx.db(templates).get(stack.configuration.templateId);
  if (!stored) throw validationError(`Stack with id ${stackName} does not have a template yet`);
  return stored.body;
}

function given(ctx: Context, body: string | undefined, url: string | undefined, stackName: string | undefined): Template {
  if ([body, url, stackName].filter((one) => one !== undefined).length !== 1) throw validationError("Exactly one of TemplateBody, TemplateURL and StackName must be specified.");
  if (url !== undefined) throw templateUrl();
  return readTemplate(parse(body === undefined ? storedBody(ctx, stackName, undefined) : checkedBody(body)));
}

function summary(template: Template): Pick<CloudformationTypes.ValidateTemplateOutput, "Description" | "Capabilities" | "CapabilitiesReason"> {
  const needed = neededCapabilities(template);
  return {
    Description: template.description,
    Capabilities: needed ? [needed.capability] : undefined,
    CapabilitiesReason: needed ? `The following resource(s) require capabilities: [${needed.types.join(", ")}]` : undefined,
  };
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
