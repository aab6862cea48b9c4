import { describe, expect, test } from "vitest";
import { parse } from "./parse.js";
import { refuseMissingTypes, refuseUnknownTypes } from "./resource-types.js";
import { registrySchemas, registryTypes } from "./schema.js";
import { readTemplate } from "./template.js";

const templateOf = (...types: readonly string[]) => readTemplate(parse(`Resources:\n${types.map((type, i) => `  R${i}:\n    Type: ${type}\n`).join("")}`));

describe("the types of a template", () => {
  test("that AWS does not have are refused as AWS does", () => {
    expect(() => refuseUnknownTypes(templateOf("AWS::EC2::VPC", "AWS::EC2::VCP", "Some::Thing"), registrySchemas())).toThrow("Template format error: Unrecognized resource types: [AWS::EC2::VCP, Some::Thing]");
  });

  test("that AWS has are known, whether they are here or not", () => {
    expect(() => refuseUnknownTypes(templateOf("AWS::EC2::VPC", "AWS::KMS::Key", "AWS::CDK::Metadata", "Custom::Anything", "AWS::CloudFormation::CustomResource"), registrySchemas())).not.toThrow();
    expect([...registrySchemas().keys()].filter((type) => !registryTypes().has(type))).toEqual(["AWS::CDK::Metadata"]);
  });

  test("that are lacking are all named with their places, and why where that helps", () => {
    const template = templateOf("AWS::EC2::VPC", "AWS::KMS::Key", "Custom::Anything");
    const refuse = () => refuseMissingTypes(template, [...template.resources.values()], registrySchemas());
    expect(refuse).toThrow("Resource R1 is of type AWS::KMS::Key, which Hakoniwa does not implement yet [/Resources/R1/Type, line 5, column 5]");
    expect(refuse).toThrow("Resource R2 is of type Custom::Anything, which Hakoniwa does not implement yet: custom resources need Lambda [/Resources/R2/Type, line 7, column 5]");
  });

  test("are told of in one error, but not without end", () => {
    const template = templateOf(...Array.from({ length: 30 }, () => "AWS::KMS::Key"));
    const refuse = () => refuseMissingTypes(template, [...template.resources.values()], registrySchemas());
    expect(refuse).toThrow("and 10 more");
    expect(() => refuseMissingTypes(template, [], registrySchemas())).not.toThrow();
  });
});
