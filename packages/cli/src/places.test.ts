import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineOfResource } from "./places.js";

const YAML = `# Resources:
Description: a Vpc
Parameters:
  Web:
    Type: String
Resources:
  # Web: not this one
  "Vpc":
    Type: AWS::EC2::VPC
    Properties:
      Web: no
  Web:
    Type: AWS::EC2::Instance
Outputs:
  Late:
    Value: 1
`;

describe("a resource's line", () => {
  it.each([["Vpc", 8], ["Web", 12], ["Late", undefined], ["Type", undefined]])("of %s in YAML is %s", (id, line) => {
    expect(lineOfResource(YAML, id)).toBe(line);
  });

  it("in JSON is the key's, wherever it is written and whatever the texts hold", () => {
    const template = { Description: 'a "Web": {', Parameters: { Web: { Type: "String" } }, Resources: { Vpc: { Properties: { Web: ["{", { Web: 1 }] } }, Web: { Type: "T" } } };
    expect(lineOfResource(JSON.stringify(template), "Web")).toBe(1);
    const lines = JSON.stringify(template, null, 2).split("\n");
    const line = lineOfResource(lines.join("\n"), "Web")!;
    expect(lines[line - 1]).toBe('    "Web": {');
    expect(lines[line]).toBe('      "Type": "T"');
    expect(lineOfResource(lines.join("\n"), "Nope")).toBeUndefined();
  });

  it("of any JSON is where that key stands", () => {
    const id = fc.stringMatching(/^[A-Za-z0-9]{1,8}$/).filter((key) => !/^\d+$/.test(key) && key !== "__proto__");
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1, maxLength: 6 }), fc.jsonValue(), (ids, value) => {
        const lines = JSON.stringify({ Mappings: value, Resources: Object.fromEntries(ids.map((key) => [key, { Type: value }])) }, null, 1).split("\n");
        for (const key of ids) expect(lines[lineOfResource(lines.join("\n"), key)! - 1]).toBe(`  "${key}": {`);
      }),
    );
  });

  it("of anything is no endless search", () => {
    fc.assert(fc.property(fc.string(), (text) => void lineOfResource(`Resources:\n${text}`, "A")));
  });
});
