import { describe, expect, test } from "vitest";
import { checkTemplate, makeGoal, outputsOf, propertiesOf, type Goal } from "./goal.js";
import { resolveParameters, type GivenParameter } from "./parameters.js";
import { parse } from "./parse.js";
import { registrySchemas } from "./schema.js";
import type { Environment } from "./scope.js";
import { readTemplate } from "./template.js";

const environment: Environment = {
  account: "123456789012",
  region: "ap-northeast-1",
  stackName: "web",
  stackId: "arn:stack",
  notificationArns: [],
  availabilityZones: () => ["ap-northeast-1a", "ap-northeast-1c"],
  ssm: (name) => ({ "/ami": "ami-1", "/size": "3" })[name],
  exportValue: (name) => (name === "net-vpc" ? "vpc-9" : undefined),
  parameterAttribute: (type, value, attribute) => (attribute === "VpcId" ? `vpc-of-${value}` : undefined),
};

function goalOf(text: string, given: readonly GivenParameter[] = []): Goal {
  const template = readTemplate(parse(text));
  const parameters = resolveParameters(template.parameters, given, { ssm: (name) => (name === "/secret" ? false : name === "/vpcs" ? "vpc-1,vpc-gone" : environment.ssm(name)), exists: (_type, value) => value !== "vpc-gone" });
  return makeGoal(template, parameters, environment, registrySchemas());
}

/** The outputs of a template with one VPC that exists as vpc-1. */
function outputsFrom(outputs: string, rest = ""): Record<string, string> {
  const goal = goalOf(`${rest}\nResources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\nOutputs:\n${outputs}`);
  const live = (): { physicalId: string; attributes: Record<string, string> } => ({ physicalId: "vpc-1", attributes: { CidrBlock: "10.0.0.0/16" } });
  return Object.fromEntries(outputsOf(goal, environment, live).map((output) => [output.name, output.value]));
}

describe("functions", () => {
  test.each([
    ["!Ref Vpc", "vpc-1"],
    ["!GetAtt Vpc.CidrBlock", "10.0.0.0/16"],
    ["!Sub '${AWS::Region}/${Vpc}/${Vpc.CidrBlock}/${!Kept}'", "ap-northeast-1/vpc-1/10.0.0.0/16/${Kept}"],
    ["!Sub ['${A}-${AWS::AccountId}', {A: !Ref Vpc}]", "vpc-1-123456789012"],
    ["!Join ['-', [a, !Ref Vpc, 3, true]]", "a-vpc-1-3-true"],
    ["!Select [1, !GetAZs '']", "ap-northeast-1c"],
    ["!Select ['1', !Split ['|', 'a|b|c']]", "b"],
    ["!If [Big, large, small]", "large"],
    ["!If [Small, large, small]", "small"],
    ["!FindInMap [Sizes, !Ref 'AWS::Region', type]", "t3.micro"],
    ["!Base64 hello!", "aGVsbG8h"],
    ["!Select [2, !Cidr [!GetAtt Vpc.CidrBlock, 3, 8]]", "10.0.2.0/24"],
    ["!ImportValue net-vpc", "vpc-9"],
    ["'{{resolve:ssm:/ami}}'", "ami-1"],
    ["!Ref Number", "5"],
    ["!Select [1, !Ref List]", "y"],
    ["!Join ['', !If [Small, [a], [b, !Ref 'AWS::NoValue', c]]]", "bc"],
  ])("%s gives %s", (expression, expected) => {
    const rest = `
Parameters:
  Number: {Type: Number, Default: 5}
  List: {Type: CommaDelimitedList, Default: "x, y"}
Mappings: {Sizes: {ap-northeast-1: {type: t3.micro}}}
Conditions:
  Big: !And [!Equals [!Ref Number, 5], !Not [!Equals [a, b]], !Or [!Equals [a, b], !Equals [a, a]]]
  Small: !Not [!Condition Big]`;
    expect(outputsFrom(`  X: {Value: ${expression}}`, rest)).toEqual({ X: expected });
  });

  test.each([
    ["!Select [5, [a, b]]", "Fn::Select cannot select nonexistent value at index 5"],
    ["!FindInMap [Nope, a, b]", "Mapping named 'Nope' is not present in the 'Mappings' section of template."],
    ["!Join [',', x]", "every Fn::Join object requires two parameters"],
    ["!If [Nope, a, b]", "unresolved condition dependency Nope in Fn::If"],
    ["!Ref Nope", "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template"],
    ["!GetAtt Nope.Arn", "instance of Fn::GetAtt references undefined resource Nope"],
    ["!GetAtt Vpc.Nope", "resource Vpc does not support attribute type Nope in Fn::GetAtt"],
    ["!ImportValue nope", "No export named nope found."],
    ["!Transform {Name: AWS::Include, Parameters: {Location: x}}", "No transform named AWS::Include found"],
    ["'{{resolve:secretsmanager:x}}'", "{{resolve:secretsmanager:x}} needs Secrets Manager, which Hakoniwa does not implement yet"],
    ["'{{resolve:ssm:}}'", "Could not parse the dynamic reference {{resolve:ssm:}}"],
    ["'{{resolve:ssm-secure:/x}}'", "SSM Secure reference is not supported in: [Outputs/X/Value]"],
    ["'{{resolve:ssm:/none}}'", "Parameters: [ssm:/none] cannot be found."],
    ["!ImportValue {Ref: Vpc}", "the attribute in Fn::ImportValue must not depend on any resources"],
    ["!Contains [[a], a]", "the tag !Contains is not known"],
    ["{'Fn::RefAll': 'AWS::EC2::VPC::Id'}", "Fn::RefAll may be used in rules only"],
    ["!Cidr [10.0.0.0/24, 300, 8]", "the count 300 is not from 1 to 256"],
  ])("%s is refused", (expression, message) => {
    expect(() => outputsFrom(`  X: {Value: ${expression}}`)).toThrow(message);
  });
});

describe("validation", () => {
  const resources = (yaml: string): string => `Resources:\n${yaml}`;

  test.each([
    ["unknown types", resources("  A: {Type: AWS::X::Y}\n  B: {Type: AWS::X::Z}"), "Template format error: Unrecognized resource types: [AWS::X::Y, AWS::X::Z]"],
    ["no resources", "Description: nothing", "Template format error: At least one Resources member must be defined."],
    ["unknown sections", "Resource: {}", "Invalid template property or properties [Resource]"],
    ["unknown members", resources("  A: {Type: AWS::EC2::VPC, Propertys: {}}"), "Invalid template resource property 'Propertys' [/Resources/A/Propertys, line 2, column 28]"],
    ["unresolved names", resources("  A: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref X, CidrBlock: !Ref Y}}"), "Template format error: Unresolved resource dependencies [X, Y] in the Resources block of the template [/Resources/A/Properties/VpcId/Ref, line 2, column 44] [/Resources/A/Properties/CidrBlock/Ref, line 2, column 59]"],
    ["missing properties", resources("  A: {Type: AWS::EC2::Subnet, Properties: {CidrBlock: 10.0.0.0/24}}"), "#: required key [VpcId] not found [/Resources/A/Properties, line 2, column 31]"],
    ["unknown properties", resources("  A: {Type: AWS::EC2::VPC, Properties: {CidrBlok: 10.0.0.0/16}}"), "#/CidrBlok: extraneous key [CidrBlok] is not permitted [/Resources/A/Properties/CidrBlok, line 2, column 41]"],
    [
      "nested mistakes",
      resources("  G:\n    Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: web\n      SecurityGroupIngress:\n        - IpProtocol: tcp\n          FromPort: http"),
      '#/SecurityGroupIngress/0/FromPort: expected type: Integer, found: String "http" [/Resources/G/Properties/SecurityGroupIngress/0/FromPort, line 8, column 11]',
    ],
    [
      "cycles",
      resources(
        "  A: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: !Ref B}}\n  B: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: !Ref A}}\n  C: {Type: AWS::EC2::VPC, DependsOn: A}",
      ),
      "Circular dependency between resources: [A, B]",
    ],
    ["transforms", "Transform: AWS::Serverless-2016-10-31\nResources: {A: {Type: AWS::EC2::VPC}}", "No transform named AWS::Serverless-2016-10-31 found"],
    ["signals that nobody would send", resources("  A: {Type: AWS::EC2::VPC, CreationPolicy: {ResourceSignal: {Count: 1}}}"), "CreationPolicy is not supported for resource type AWS::EC2::VPC"],
    ["too many", resources(Array.from({ length: 501 }, (_, i) => `  V${i}: {Type: AWS::EC2::VPC}`).join("\n")), "Template format error: Number of resources, 501, is greater than maximum allowed, 500"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => goalOf(text)).toThrow(message);
  });

  test("gives scalars the types that the schema says", () => {
    const goal = goalOf(resources("  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16, EnableDnsSupport: 'true'}}\n  I: {Type: AWS::EC2::SecurityGroupIngress, Properties: {IpProtocol: -1, FromPort: '80'}}"));
    const nothing = (): undefined => undefined;
    expect(propertiesOf(goal, "V", environment, registrySchemas(), nothing)).toEqual({ CidrBlock: "10.0.0.0/16", EnableDnsSupport: true });
    expect(propertiesOf(goal, "I", environment, registrySchemas(), nothing)).toEqual({ IpProtocol: "-1", FromPort: 80 });
  });

  test("a resource without its condition is not there, and nothing may refer to it", () => {
    const text = (reference: string): string => `
Parameters: {Env: {Type: String, Default: dev}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  V: {Type: AWS::EC2::VPC, Condition: Prod}
  W: {Type: AWS::EC2::VPC, DependsOn: V, Properties: {CidrBlock: ${reference}}}`;
    const goal = goalOf(text("!If [Prod, !Ref V, 10.0.0.0/16]"));
    expect([...goal.resources].map(([id, { dependsOn }]) => [id, dependsOn])).toEqual([["W", []]]);
    expect(() => goalOf(text("!Ref V"))).toThrow("Unresolved resource dependencies [V] in the Resources block of the template");
  });

  test("functions that multiply a string stop before it fills the memory", () => {
    let value = "!Ref Name";
    for (let depth = 0; depth < 16; depth++) value = `{"Fn::Sub": ["\${a}\${a}\${a}\${a}", {"a": ${value}}]}`;
    const text = `Parameters: {Name: {Type: String, Default: ${"A".repeat(100)}}}\nResources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: ${value}}}}`;
    expect(() => goalOf(text)).toThrow(/the string would have \d+ characters; at most 1000000 are possible/);
  });

  const ruled = (rule: string): string => `
Parameters:
  Env: {Type: String, Default: prod}
  Subnets: {Type: "List<AWS::EC2::Subnet::Id>", Default: "subnet-1,subnet-2"}
  Vpc: {Type: "AWS::EC2::VPC::Id", Default: vpc-of-subnet-1}
Rules:
  R: ${rule}
Resources: {V: {Type: AWS::EC2::VPC}}`;

  test.each([
    ["{Assertions: [{Assert: {'Fn::Contains': [[dev, test], {Ref: Env}]}, AssertDescription: not in production}]}", "rule R is not satisfied: not in production"],
    ["{RuleCondition: {'Fn::Equals': [{Ref: Env}, dev]}, Assertions: [{Assert: {'Fn::Equals': [a, b]}}]}", undefined],
    ["{Assertions: [{Assert: {'Fn::EachMemberEquals': [[prod, prod], {Ref: Env}]}}]}", undefined],
    ["{Assertions: [{Assert: {'Fn::EachMemberEquals': [{Ref: Subnets}, subnet-1]}}]}", "rule R is not satisfied"],
    ["{Assertions: [{Assert: {'Fn::EachMemberIn': [{Ref: Subnets}, [subnet-1, subnet-2, subnet-3]]}}]}", undefined],
    ["{Assertions: [{Assert: {'Fn::EachMemberIn': [{'Fn::ValueOfAll': ['AWS::EC2::Subnet::Id', VpcId]}, {'Fn::RefAll': 'AWS::EC2::VPC::Id'}]}, AssertDescription: all in the VPC}]}", "rule R is not satisfied: all in the VPC"],
    ["{Assertions: [{Assert: {'Fn::Contains': [{'Fn::ValueOf': [Subnets, VpcId]}, {Ref: Vpc}]}}]}", undefined],
    ["{Assertions: [{Assert: {'Fn::Contains': [{'Fn::ValueOf': [Subnets, Colour]}, {Ref: Vpc}]}}]}", "the parameter Subnets of type AWS::EC2::Subnet::Id has no attribute Colour"],
    ["{Assertions: [{Assert: {'Fn::Contains': [dev, {Ref: Env}]}}]}", "every Fn::Contains object requires a list of strings and a string."],
  ])("a rule %s", (rule, message) => {
    if (message === undefined) expect(goalOf(ruled(rule)).resources.size).toBe(1);
    else expect(() => goalOf(ruled(rule))).toThrow(message);
  });

  test("a secret may be named where AWS allows it, and stays a name", () => {
    const login = resources('  U: {Type: AWS::IAM::User, Properties: {LoginProfile: {Password: "{{resolve:ssm-secure:/pw:1}}"}}}');
    expect(propertiesOf(goalOf(login), "U", environment, registrySchemas(), () => undefined)).toEqual({ LoginProfile: { Password: "{{resolve:ssm-secure:/pw:1}}" } });
    expect(() => goalOf(resources('  U: {Type: AWS::IAM::User, Properties: {UserName: "{{resolve:ssm-secure:/pw:1}}"}}'))).toThrow("SSM Secure reference is not supported in: [AWS::IAM::User/Properties/UserName]");
  });

  test("ValidateTemplate needs no parameters", () => {
    const text = "Parameters: {Cidr: {Type: String}}\nResources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}}";
    checkTemplate(readTemplate(parse(text)), registrySchemas());
    expect(() => goalOf(text)).toThrow("Parameters: [Cidr] must have values");
  });
});

describe("parameters", () => {
  const text = (definition: string): string => `Parameters: {P: ${definition}}\nResources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref P}}}`;

  test.each([
    ["{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'P' must be one of AllowedValues"],
    ["{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: lower case only}", "A", "Parameter 'P' failed to satisfy constraint: lower case only"],
    ["{Type: String, AllowedPattern: '[a-z]+'}", "a1", "Parameter 'P' must match pattern [a-z]+"],
    ["{Type: String, MinLength: 3}", "ab", "Parameter 'P' must contain at least 3 characters"],
    ["{Type: Number, MinValue: 3}", "2", "Parameter 'P' must be a number not less than 3"],
    ["{Type: Number}", "two", "Parameter 'P' must be a number"],
    ["{Type: 'AWS::EC2::VPC::Id'}", "vpc-gone", "Parameter validation failed: parameter value vpc-gone for parameter name P does not exist"],
    ["{Type: 'AWS::SSM::Parameter::Value<String>'}", "/nope", "Unable to fetch parameters [/nope] from parameter store for this account."],
    ["{Type: 'AWS::SSM::Parameter::Value<String>'}", "/secret", "Parameters [/secret] referenced by template have types not supported by CloudFormation."],
    ["{Type: 'AWS::SSM::Parameter::Value<List<AWS::EC2::VPC::Id>>'}", "/vpcs", "parameter value vpc-gone for parameter name P does not exist"],
    ["{Type: String}", "x".repeat(4097), "Parameter 'P' has a value of 4097 bytes; at most 4096 are allowed"],
    ["{Type: Strin}", "x", "Unrecognized parameter type: Strin"],
    ["{Type: String, AllowedPattern: '['}", "x", "AllowedPattern of parameter P is not a regular expression: ["],
    ["{Type: String, AllowedPattern: '(a+)+b'}", "a".repeat(50), "AllowedPattern of parameter P takes too long to match its value: (a+)+b"],
  ])("%s refuses %s", (definition, value, message) => {
    expect(() => goalOf(text(definition), [{ key: "P", value }])).toThrow(message);
  });

  test("those of SSM give the stored value, and unknown ones are named", () => {
    const goal = goalOf(text("{Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: /ami}"));
    expect(goal.parameters.get("P")).toEqual({ name: "P", given: "/ami", value: "ami-1" });
    expect(() => goalOf(text("{Type: String}"), [{ key: "P", value: "x" }, { key: "Q", value: "y" }])).toThrow("Parameters: [Q] do not exist in the template");
  });
});
