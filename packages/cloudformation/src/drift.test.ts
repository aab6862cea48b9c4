import { describe, expect, test } from "vitest";
import { driftOf } from "./drift.js";
import { registrySchemas, type ResourceSchema } from "./schema.js";
import { secretsIn, withSecrets } from "./secrets.js";
import type { ValueMap } from "./value.js";

const schema: ResourceSchema = {
  properties: {
    Size: { type: "integer" },
    Rules: { type: { list: { ref: "Rule" } } },
    Names: { type: { list: "string" } },
    Policy: { type: "json" },
    Options: { type: { ref: "Options" } },
    Tags: { type: { list: "tag" } },
    Labels: { type: { map: "string" } },
  },
  types: { Rule: { Port: { type: "integer", required: true }, Note: { type: "string" } }, Options: { On: { type: "boolean" }, Deep: { type: { ref: "Rule" } } } },
  attributes: [],
  tags: { property: "Tags", variant: "standard" },
};
const drift = (expected: ValueMap, live: ValueMap, stackTags: readonly { Key: string; Value: string }[] = []) => driftOf(schema, expected, live, stackTags).differences.map(({ path, type, expected: was, actual }) => [type, path, was, actual]);

describe("what differs", () => {
  test.each<[string, ValueMap, ValueMap, readonly unknown[]]>([
    ["nothing, in whatever form and order", { Size: 1, Names: ["a", "b"], Rules: [{ Port: 1 }, { Port: 2 }] }, { Size: "1", Names: ["b", "a"], Rules: [{ Port: "2", Note: "default" }, { Port: 1 }] }, []],
    ["nothing that the template leaves open", { Options: { On: true } }, { Size: 9, Options: { On: "true", Deep: { Port: 1 } } }, []],
    ["a value", { Options: { Deep: { Port: 1 } } }, { Options: { Deep: { Port: 2 } } }, [["NOT_EQUAL", "/Options/Deep/Port", "1", "2"]]],
    ["what is gone, and what is more", { Names: ["a", "b"] }, { Names: ["b", "c"] }, [["REMOVE", "/Names/0", "a", "null"], ["ADD", "/Names/1", "null", "c"]]],
    ["a whole property", { Size: 1 }, {}, [["REMOVE", "/Size", "1", "null"]]],
    ["no empty list", { Names: [] }, {}, []],
    ["the same twice, once", { Names: ["a", "a"] }, { Names: ["a"] }, [["REMOVE", "/Names/1", "a", "null"]]],
    ["documents to the letter, whether text or not", { Policy: { Statement: [{ Sid: "x", Effect: "Allow" }] } }, { Policy: '{"Statement":[{"Sid":"x","Effect":"Deny"}],"Id":"i"}' }, [["NOT_EQUAL", "/Policy/Statement/0/Effect", "Allow", "Deny"], ["ADD", "/Policy/Id", "null", "i"]]],
    ["entries of maps", { Labels: { a: "1" } }, { Labels: { a: "2", b: "3" } }, [["NOT_EQUAL", "/Labels/a", "1", "2"], ["ADD", "/Labels/b", "null", "3"]]],
  ])("is %s", (_what, expected, live, differences) => {
    expect(drift(expected, live)).toEqual(differences);
  });

  test("are no tags that the stack adds, unless the template says otherwise", () => {
    const live = { Tags: [{ Key: "own", Value: "1" }, { Key: "stack", Value: "s" }, { Key: "aws:cloudformation:stack-name", Value: "s" }] };
    expect(drift({ Tags: [{ Key: "own", Value: "1" }] }, live, [{ Key: "stack", Value: "s" }])).toEqual([]);
    expect(drift({ Tags: [{ Key: "own", Value: "1" }] }, live)).toEqual([["ADD", "/Tags/1", "null", '{"Key":"stack","Value":"s"}']]);
    expect(drift({ Tags: [{ Key: "stack", Value: "mine" }] }, { Tags: [{ Key: "stack", Value: "s" }] }, [{ Key: "stack", Value: "s" }])).toEqual([["NOT_EQUAL", "/Tags/0/Value", "mine", "s"]]);
  });

  test("are told by the registry's own types too", () => {
    const vpc = registrySchemas().get("AWS::EC2::VPC")!;
    expect(driftOf(vpc, { CidrBlock: "10.0.0.0/16" }, { CidrBlock: "10.1.0.0/16", EnableDnsSupport: true }, []).actual).toEqual({ CidrBlock: "10.1.0.0/16" });
  });
});

test("secrets take the places of their names, where CloudFormation takes them", () => {
  const properties: ValueMap = { LoginProfile: { Password: "{{resolve:ssm-secure:/pw:1}}-{{resolve:ssm-secure:/b}}" }, Other: ["{{resolve:ssm-secure:}}", 3] };
  expect(secretsIn(properties, "AWS::IAM::User/Properties")).toEqual(["/pw:1", "/b"]);
  expect(() => secretsIn(properties, "AWS::IAM::Role/Properties")).toThrow("SSM Secure reference is not supported in: [AWS::IAM::Role/Properties/LoginProfile/Password]");
  expect(withSecrets(properties, new Map([["/pw:1", "$& secret"], ["/b", "B"]]))).toEqual({ LoginProfile: { Password: "$& secret-B" }, Other: ["{{resolve:ssm-secure:}}", 3] });
});
