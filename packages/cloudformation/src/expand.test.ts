import { describe, expect, test } from "vitest";
import { expandTemplate } from "./expand.js";
import { makeGoal, outputsOf, propertiesOf } from "./goal.js";
import { resolveParameters, type GivenParameter } from "./parameters.js";
import { parse, type ParsedTemplate } from "./parse.js";
import { registrySchemas } from "./schema.js";
import type { Environment, LiveResource } from "./scope.js";
import { readHead, readTemplate } from "./template.js";

const environment: Environment = {
  account: "123456789012",
  region: "ap-northeast-1",
  stackName: "web",
  stackId: "arn:stack",
  notificationArns: [],
  availabilityZones: () => ["ap-northeast-1a"],
  ssm: () => undefined,
  exportValue: () => undefined,
  parameterAttribute: () => undefined,
};

function expand(text: string, given: readonly GivenParameter[] = []): ParsedTemplate {
  const parsed = parse(`Transform: AWS::LanguageExtensions\n${text}`);
  const parameters = resolveParameters(readHead(parsed).parameters, given, { ssm: () => undefined, exists: () => true });
  return expandTemplate(parsed, parameters, environment)!;
}

function rootOf(text: string, given: readonly GivenParameter[] = []): Record<string, unknown> {
  return expand(text, given).root as Record<string, unknown>;
}

const VPCS = `
Parameters:
  Names: {Type: CommaDelimitedList, Default: "A,B"}
Resources:
  Fn::ForEach::Vpcs:
    - Name
    - !Ref Names
    - Vpc\${Name}:
        Type: AWS::EC2::VPC
        DeletionPolicy: !If [Keep, Retain, Delete]
        Properties:
          CidrBlock: 10.0.0.0/16
          Tags:
            - {Key: !Ref Name, Value: !Sub "\${Name} of \${AWS::StackName}"}
Conditions:
  Keep: !Equals [!Select [0, !Ref Names], A]
Outputs:
  Fn::ForEach::Out:
    - Name
    - !Ref Names
    - Fn::ForEach::Which:
        - Attribute
        - [CidrBlock, VpcId]
        - \${Attribute}\${Name}:
            Value: !GetAtt ["Vpc\${Name}", !Ref Attribute]
`;

describe("Fn::ForEach", () => {
  test("makes resources and outputs, loops in loops, from a list parameter", () => {
    const root = rootOf(VPCS);
    expect(root["Resources"]).toMatchObject({
      VpcA: { DeletionPolicy: "Retain", Properties: { Tags: [{ Key: "A", Value: { "Fn::Sub": "A of ${AWS::StackName}" } }] } },
      VpcB: { Type: "AWS::EC2::VPC" },
    });
    expect(Object.keys(root["Outputs"] as object)).toEqual(["CidrBlockA", "VpcIdA", "CidrBlockB", "VpcIdB"]);
    expect(root["Outputs"]).toMatchObject({ VpcIdB: { Value: { "Fn::GetAtt": ["VpcB", "VpcId"] } } });
    expect(Object.keys(rootOf(VPCS, [{ key: "Names", value: "X,Y,Z" }])["Resources"] as object)).toEqual(["VpcX", "VpcY", "VpcZ"]);
  });

  test("makes properties, and what a logical id can't hold is left out by &{}", () => {
    const root = rootOf(`
Mappings: {Regions: {ap-northeast-1: {Blocks: ["10.0.0.0/16", "10.1.0.0/16"]}}}
Resources:
  Fn::ForEach::Vpcs:
    - Block
    - !FindInMap [Regions, !Ref AWS::Region, Blocks]
    - Vpc&{Block}:
        Type: AWS::EC2::VPC
        Properties:
          Fn::ForEach::Options:
            - Option
            - [Hostnames, Support]
            - EnableDns\${Option}: true
          CidrBlock: !Ref Block`);
    expect(root["Resources"]).toEqual({
      Vpc1000016: { Type: "AWS::EC2::VPC", Properties: { EnableDnsHostnames: true, EnableDnsSupport: true, CidrBlock: "10.0.0.0/16" } },
      Vpc1010016: { Type: "AWS::EC2::VPC", Properties: { EnableDnsHostnames: true, EnableDnsSupport: true, CidrBlock: "10.1.0.0/16" } },
    });
  });

  test("a mistake in a loop's body is told where it stands in the text", () => {
    const expanded = expand("Resources:\n  Fn::ForEach::Vpcs:\n    - Name\n    - [A, B]\n    - Vpc${Name}:\n        Type: AWS::EC2::VPC\n        Properties:\n          CidrBlok: x\n");
    expect(() => makeGoal(readTemplate(expanded), new Map(), environment, registrySchemas())).toThrow("extraneous key [CidrBlok] is not permitted [/Resources/VpcA/Properties/CidrBlok, line 9, column 11]");
  });

  const loop = (identifier: string, collection: string, body: string): string => `Resources:\n  Fn::ForEach::L: [${identifier}, ${collection}, ${body}]`;
  test.each([
    ["two members", "Resources:\n  Fn::ForEach::L: [X, [a]]", "Fn::ForEach layout is incorrect."],
    ["a collection that is no list", loop("X", "a", "{'V${X}': 1}"), "Fn::ForEach layout is incorrect. The collection must be a list of strings."],
    ["a key without the identifier", loop("X", "[a]", "{V: 1}"), "The key V must contain ${X}."],
    ["items that make the same key", loop("X", "[a, a]", "{'V${X}': 1}"), "the key Va comes twice"],
    ["a loop with the identifier of the one around it", loop("X", "[a]", "{'Fn::ForEach::M': [X, [b], {'V${X}': 1}]}"), "The identifier X is taken by a loop around it."],
    ["a collection that only the stack knows", loop("X", "[!Ref V]", "{'V${X}': 1}"), "Unresolved resource dependencies [V]"],
    ["loops that multiply without end", bomb(), "the processed template is too large"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => expand(text)).toThrow(message);
  });

  test("is left alone without the transform, which then refuses its name", () => {
    const parsed = parse("Resources:\n  Fn::ForEach::L: [X, [a], {'V${X}': {Type: AWS::EC2::VPC}}]");
    expect(expandTemplate(parsed, new Map(), environment)).toBe(parsed);
    expect(() => readTemplate(parsed)).toThrow("Resources name Fn::ForEach::L is non alphanumeric.");
  });

  test("over a parameter without a value can't be written out yet", () => {
    const parsed = parse(`Transform: AWS::LanguageExtensions\n${VPCS}`);
    expect(expandTemplate(parsed, new Map(), environment)).toBeUndefined();
  });
});

describe("functions of AWS::LanguageExtensions", () => {
  const VPC = "Resources: {Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}";
  const live = (): LiveResource => ({ physicalId: "vpc-1", attributes: {} });
  const outputOf = (expression: string): string => {
    const text = `Parameters: {List: {Type: CommaDelimitedList, Default: "a,b"}}\nMappings: {Sizes: {here: {type: t3.micro}}}\n${VPC}\nOutputs: {X: {Value: ${expression}}}`;
    const parsed = expand(text);
    const parameters = resolveParameters(readHead(parsed).parameters, [], { ssm: () => undefined, exists: () => true });
    return outputsOf(makeGoal(readTemplate(parsed), parameters, environment, registrySchemas()), environment, live)[0]!.value;
  };

  test.each([
    ["!Length [a, b, c]", "3"],
    ["!Length {Ref: List}", "2"],
    ["!ToJsonString {a: [1, !Ref Vpc], b: true}", '{"a":[1,"vpc-1"],"b":true}'],
    ["!FindInMap [Sizes, there, type, {DefaultValue: none}]", "none"],
    ["!FindInMap [Sizes, here, type, {DefaultValue: none}]", "t3.micro"],
    ["!FindInMap [!Join ['', [Si, zes]], here, type]", "t3.micro"],
  ])("%s gives %s", (expression, expected) => {
    expect(outputOf(expression)).toBe(expected);
  });

  test.each([
    ["!Length [a]", "Fn::Length needs the transform AWS::LanguageExtensions"],
    ["!ToJsonString {a: 1}", "Fn::ToJsonString needs the transform AWS::LanguageExtensions"],
    ["!FindInMap [S, a, b, {DefaultValue: c}]", "every Fn::FindInMap object requires three parameters"],
  ])("%s needs the transform", (expression, message) => {
    const template = readTemplate(parse(`${VPC}\nMappings: {S: {a: {c: d}}}\nOutputs: {X: {Value: ${expression}}}`));
    expect(() => makeGoal(template, new Map(), environment, registrySchemas())).toThrow(message);
  });

  test("gives a resource its properties", () => {
    const goal = makeGoal(readTemplate(expand(VPCS)), resolveParameters(readHead(parse(VPCS)).parameters, [], { ssm: () => undefined, exists: () => true }), environment, registrySchemas());
    expect(propertiesOf(goal, "VpcB", environment, registrySchemas(), () => undefined)).toEqual({ CidrBlock: "10.0.0.0/16", Tags: [{ Key: "B", Value: "B of web" }] });
  });
});

/** Four loops of forty items each: 2.5 million resources from a few lines. */
function bomb(): string {
  const items = `[${Array.from({ length: 40 }, (_, i) => `i${i}`).join(", ")}]`;
  let body = "{'V${A}${B}${C}${D}': {Type: AWS::EC2::VPC}}";
  for (const name of ["A", "B", "C", "D"]) body = `{'Fn::ForEach::L${name}': [${name}, ${items}, ${body}]}`;
  return `Resources: ${body}`;
}
