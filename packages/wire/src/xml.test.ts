/** What stands between the tags; that the SDK reads it is `roundtrip.test.ts`'s business. */
import { describe, expect, it } from "vitest";
import { Ec2, Elb } from "./models.gen.js";
import type { Model } from "./model.js";
import { escapeXml, xmlContents } from "./xml.js";

const written = (model: Model, operation: string, output: object): string => xmlContents(model.schemas.operation(operation)!.output)(output as never);

describe("XML", () => {
  it("escapes what would end a text, and line ends, which parsers would change", () => {
    expect(escapeXml(`<a & "b">`)).toBe("&lt;a &amp; &quot;b&quot;&gt;");
    expect(escapeXml("1\r\n2\t3")).toBe("1&#xD;&#xA;2\t3");
    expect(escapeXml("&amp; ]]>")).toBe("&amp;amp; ]]&gt;");
  });

  it("replaces what XML 1.0 can't carry", () => {
    expect(escapeXml("a\u0000b\u001bc\uffff")).toBe("a\ufffdb\ufffdc\ufffd");
  });

  it("has EC2's own names, in the order of the model", () => {
    const output = { Vpcs: [{ IsDefault: false, VpcId: "vpc-1", Tags: [{ Key: "a", Value: "&" }] }] };
    const item = "<isDefault>false</isDefault><tagSet><item><key>a</key><value>&amp;</value></item></tagSet><vpcId>vpc-1</vpcId>";
    const text = written(Ec2, "DescribeVpcs", output);
    expect(text).toMatch(/^<vpcSet><item>.*<\/item><\/vpcSet>$/);
    for (const part of item.split(/(?<=<\/tagSet>)/)) {
      expect(text).toContain(part);
    }
  });

  it("wraps a query service's lists in member, and writes an empty list as an empty element", () => {
    expect(written(Elb, "DescribeInstanceHealth", { InstanceStates: [{ InstanceId: "i-1", State: "InService" }] })).toBe(
      "<InstanceStates><member><InstanceId>i-1</InstanceId><State>InService</State></member></InstanceStates>",
    );
    expect(written(Elb, "DescribeInstanceHealth", { InstanceStates: [] })).toBe("<InstanceStates/>");
    expect(written(Elb, "DescribeInstanceHealth", {})).toBe("");
  });
});
