/** Templates that mean harm: small ones that would need more memory or time than there is. */
import { describe, expect, test } from "vitest";
import { expandTemplate } from "./expand.js";
import { makeGoal, propertiesOf } from "./goal.js";
import { resolveParameters } from "./parameters.js";
import { parse } from "./parse.js";
import { registrySchemas } from "./schema.js";
import type { Environment } from "./scope.js";
import { readHead, readTemplate } from "./template.js";
import type { ValueMap } from "./value.js";

const environment: Environment = {
  account: "123456789012",
  region: "ap-northeast-1",
  stackName: "web",
  stackId: "arn:stack",
  notificationArns: [],
  availabilityZones: () => ["ap-northeast-1a"],
  ssm: () => "x".repeat(8_192),
  exportValue: () => undefined,
  parameterAttribute: () => undefined,
};
const schemas = registrySchemas();
const TRANSFORM = { Transform: "AWS::LanguageExtensions" };

function expand(template: object): unknown {
  return expandTemplate(parse(JSON.stringify({ ...TRANSFORM, ...template })), new Map(), environment);
}

/** What a parameter of that value would be made with. */
function evaluated(value: unknown, more: object = {}): ValueMap {
  const template = readTemplate(parse(JSON.stringify({ ...TRANSFORM, Resources: { P: { Type: "AWS::SSM::Parameter", Properties: { Type: "String", Value: value } } }, ...more })));
  return propertiesOf(makeGoal(template, new Map(), environment, schemas), "P", environment, schemas, () => undefined);
}

function nested(depth: number, around: (inside: unknown) => unknown, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = around(value);
  return value;
}

const list = (length: number): readonly string[] => Array.from({ length }, (_, i) => `i${i}`);
const loop = (name: string, items: readonly string[], body: object): object => ({ [`Fn::ForEach::L${name}`]: [name, items, body] });

describe("loops that cost more than they make", () => {
  test("a loop that makes nothing is counted too", () => {
    const Mappings = { M: { a: { b: list(20_000) } } };
    const empty = { "Fn::ForEach::E": ["E", { "Fn::FindInMap": ["M", "a", "b"] }, {}] };
    const deep = loop("A", list(100), loop("B", list(100), empty));
    expect(() => expand({ Mappings, Resources: deep })).toThrow("the processed template is too large");
  });

  test("an item that is long may not be written down without end", () => {
    const long = "y".repeat(200_000);
    const text = "${X}".repeat(500);
    expect(() => expand({ Resources: loop("X", [long], { "R&{X}": { Type: "T", Properties: { A: list(1000).map(() => text) } } }) })).toThrow("the processed template is too large");
  });
});

describe("functions that multiply what is in them", () => {
  test.each([
    ["Fn::ToJsonString", nested(45, (inside) => ({ "Fn::ToJsonString": [inside] }), '"')],
    ["Fn::Base64", nested(95, (inside) => ({ "Fn::Base64": inside }), "z".repeat(1000))],
    ["dynamic references", "{{resolve:ssm:p}}".repeat(2_000)],
    ["Fn::Sub with dynamic references", { "Fn::Sub": "{{resolve:ssm:p}}".repeat(2_000) }],
  ])("%s are cut off before there is no memory left", (_what, value) => {
    expect(() => evaluated(value)).toThrow("at most 1000000 are possible");
  });

  test("many long texts together are too much as well", () => {
    const text = { "Fn::Join": ["", [{ "Fn::FindInMap": ["M", "a", "b"] }, "!"]] };
    const Mappings = { M: { a: { b: "m".repeat(500_000) } } };
    expect(() => evaluated({ "Fn::Select": [0, Array.from({ length: 2_000 }, () => text)] }, { Mappings })).toThrow(/characters/);
  });
});

test("opening marks without end keep nobody busy", () => {
  const begun = performance.now();
  expect(() => evaluated({ "Fn::Sub": "${".repeat(450_000) })).not.toThrow();
  evaluated(`${"{{resolve:".repeat(90_000)}}x`);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test("rules over long lists are decided at once", () => {
  const many = list(30_000);
  const Rules = { R: { Assertions: [{ Assert: { "Fn::EachMemberIn": [many, many.toReversed()] } }] } };
  const begun = performance.now();
  evaluated("v", { Rules });
  expect(performance.now() - begun).toBeLessThan(1_000);
});

describe("what goes deep", () => {
  function chained(length: number): ValueMap {
    const around = (inside: unknown): unknown => ({ "Fn::Not": [inside] });
    const chain = list(length).map((name, i) => [name, nested(48, around, { Condition: `i${i + 1}` })]);
    const Conditions = { ...Object.fromEntries(chain), [`i${length}`]: { "Fn::Equals": ["a", "a"] } };
    return evaluated({ "Fn::If": ["i0", "a", "b"] }, { Conditions });
  }

  test("conditions may hang on each other as far as the stack reaches, and no further", () => {
    expect(chained(19)).toMatchObject({ Value: "a" });
    expect(() => chained(600)).toThrow("Conditions are nested too deeply");
  });

  test("YAML is measured before the parser goes down into it: where the stack ends, the first regular expression would end the process", () => {
    // Whoever did go down into it could tell the line.
    expect(() => parse(`Metadata: ${"[".repeat(300)}${"]".repeat(300)}`)).toThrow(/YAML is nested too deeply\.$/);
  });

  test.each(["[", "{a: ", "- ", "? ", "- [", "a: [", "{? "])("YAML of many %j is refused", (opening) => {
    expect(() => parse(`Resources: {}\nMetadata:\n  ${opening.repeat(16_000)}`)).toThrow(/YAML is nested too deeply|not well-formed/);
  });
});

test("patterns that each are just quick enough are cut off together", () => {
  const Parameters = Object.fromEntries(list(200).map((name) => [name, { Type: "String", Default: "a".repeat(24), AllowedPattern: "(a+)+b|a{24}" }]));
  const { parameters } = readHead(parse(JSON.stringify({ Parameters })));
  const begun = performance.now();
  expect(() => resolveParameters(parameters, [], { ssm: () => undefined, exists: () => true })).toThrow("takes too long to match");
  expect(performance.now() - begun).toBeLessThan(8_000);
});
