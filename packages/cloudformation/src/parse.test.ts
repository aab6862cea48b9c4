import { describe, expect, test } from "vitest";
import { parse } from "./parse.js";

describe("parse", () => {
  test("writes YAML's short forms out", () => {
    const { root, format } = parse(`
A: !Ref Vpc
B: !GetAtt Web.Arn
C: !Sub ["\${X}", { X: !Ref Y }]
D: !If [Big, !GetAZs "", !Base64 text]
E: !Condition Big
F: !Join
  - ","
  - [a, !Select [0, !Split [",", "p,q"]]]
`);
    expect(format).toBe("YAML");
    expect(root).toEqual({
      A: { Ref: "Vpc" },
      B: { "Fn::GetAtt": "Web.Arn" },
      C: { "Fn::Sub": ["${X}", { X: { Ref: "Y" } }] },
      D: { "Fn::If": ["Big", { "Fn::GetAZs": "" }, { "Fn::Base64": "text" }] },
      E: { Condition: "Big" },
      F: { "Fn::Join": [",", ["a", { "Fn::Select": [0, { "Fn::Split": [",", "p,q"] }] }]] },
    });
  });

  test("keeps dates, yes and numbers with a form of their own as they were typed", () => {
    expect(parse("V: 2012-10-17\nY: yes\nI: 012345678901\nF: 1.10\nN: 80\nB: true\nT: 22:30").root).toEqual({ V: "2012-10-17", Y: "yes", I: "012345678901", F: "1.10", N: 80, B: true, T: "22:30" });
  });

  test.each([
    ["an unclosed bracket", "A: [1, 2\nB: 3\n", /^Template format error: YAML not well-formed.*\(line \d+, column \d+\)$/],
    ["broken JSON", '{\n  "A": 1,\n  "B": \n}', "Template format error: JSON not well-formed. (line 4, column 1)"],
    ["JSON with a comma too many", '{"A": [1,\n 2,]}', "Template format error: JSON not well-formed. (line 2, column 4)"],
    ["JSON that ends early", '{"A": 1', "Template format error: JSON not well-formed. (line 1, column 8)"],
    ["an unknown tag", "A: !Nope x", "Template format error: [/A] the tag !Nope is not known. (line 1, column 10)"],
    ["null", "A:\n  B: null", "Template format error: [/A/B] 'null' values are not allowed in templates (line 2, column 6)"],
    ["null in JSON", '{"A":{"B":null}}', "Template format error: [/A/B] 'null' values are not allowed in templates"],
    ["an alias", "A: &a x\nB: *a", "Template format error: YAML aliases are not allowed in CloudFormation templates. (line 2, column 4)"],
    ["a key given twice", "A: 1\nA: 2", /YAML not well-formed.*unique/],
    ["a key given twice deep inside", "A:\n  B: {C: 1, C: 2}", "Template format error: YAML not well-formed: [/A/B] the key 'C' is given twice; keys must be unique. (line 2, column 13)"],
    ["two documents", "A: 1\n---\nB: 2", /YAML not well-formed.*multiple documents/],
    ["keys that are no texts", "? [a, b]\n: c", "Template format error: [/] keys must be strings. (line 1, column 1)"],
    ["a prototype in YAML", "A:\n  __proto__: {x: 1}", "Template format error: [/A] the key '__proto__' is not allowed. (line 2, column 3)"],
    ["an anchor merged", "A: &x {b: 1}\nB:\n  <<: *x", "Template format error: YAML aliases are not allowed in CloudFormation templates. (line 3, column 7)"],
    ["aliases that grow without bound", "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]", /YAML aliases are not allowed/],
    ["lists in lists in lists", "- ".repeat(5000), "Template format error: YAML is nested too deeply."],
    ["nothing", "", "Template format error: unsupported structure."],
    ["a prototype", '{"A":{"__proto__":{"x":1}}}', "Template format error: [/A] the key '__proto__' is not allowed."],
    ["JSON deeper than any template", `${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`, "Template format error: JSON is nested too deeply."],
    ["YAML deeper than any template", `a: ${"[".repeat(5000)}${"]".repeat(5000)}`, "Template format error: YAML is nested too deeply."],
  ])("refuses %s", (_what, text, message) => {
    let thrown: unknown;
    try {
      const { root } = parse(text);
      if (root === null) throw new Error("Template format error: unsupported structure.");
    } catch (error) {
      thrown = error;
    }
    if (message instanceof RegExp) expect((thrown as Error).message).toMatch(message);
    else expect((thrown as Error).message).toBe(message);
  });

  test("takes words that JavaScript uses itself for what they are", () => {
    const { root } = parse("constructor: {toString: 1}\nhasOwnProperty: !Ref valueOf");
    expect(Object.entries(root as object)).toEqual([["constructor", { toString: 1 }], ["hasOwnProperty", { Ref: "valueOf" }]]);
  });

  test("reads as many keys as fit into a megabyte without comparing each with all", () => {
    const text = Array.from({ length: 60_000 }, (_, i) => `K${i}: 1`).join("\n");
    expect(Object.keys(parse(text).root as object)).toHaveLength(60_000);
  });

  test("tells where a path stands, through short forms too", () => {
    const yaml = parse("Resources:\n  Web:\n    Properties:\n      - Size: !Ref X\n");
    expect(yaml.position(["Resources", "Web"])).toEqual({ line: 2, column: 3 });
    expect(yaml.position(["Resources", "Web", "Properties", 0, "Size", "Ref"])).toEqual({ line: 4, column: 9 });
    expect(parse('{\n "A": {\n  "B": 1\n }\n}').position(["A", "B"])).toEqual({ line: 3, column: 3 });
  });
});
