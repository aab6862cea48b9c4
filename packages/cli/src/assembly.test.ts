import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readAssembly } from "./assembly.js";

const HERE = { account: "123456789012", region: "ap-northeast-1" };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assembly-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, value: unknown): void {
  writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
}

/** A stack's artifact, and its template. */
function stack(id: string, more: object = {}, properties: object = {}): object {
  write(`${id}.template.json`, { Resources: { [`${id}Vpc`]: { Type: "AWS::EC2::VPC" } } });
  return { type: "aws:cloudformation:stack", environment: "aws://unknown-account/unknown-region", properties: { templateFile: `${id}.template.json`, ...properties }, ...more };
}

describe("a cloud assembly", () => {
  it("gives its stacks in an order in which they can be deployed, and one with those that it needs", () => {
    write("manifest.json", { artifacts: { Web: stack("Web", { dependencies: ["Data", "Net"] }), Data: stack("Data", { dependencies: ["Net"] }), Other: stack("Other"), Net: stack("Net", {}, { stackName: "shop-net" }), Tree: { type: "cdk:tree" } } });
    expect(readAssembly(folder, HERE).map((one) => one.stackName)).toEqual(["shop-net", "Data", "Web", "Other"]);
    expect(readAssembly(folder, HERE, "Data").map((one) => one.stackName)).toEqual(["shop-net", "Data"]);
    expect(() => readAssembly(folder, HERE, "Nope")).toThrow(`${folder} has no stack "Nope": it has Web, Data, Other, shop-net`);
  });

  it("has the stacks of its stages too", () => {
    mkdirSync(join(folder, "assembly-Prod"));
    write("assembly-Prod/manifest.json", { artifacts: { ProdWeb: { type: "aws:cloudformation:stack", properties: { templateFile: "w.json", stackName: "Prod-Web" }, displayName: "Prod/Web" } } });
    write("assembly-Prod/w.json", { Resources: {} });
    write("manifest.json", { artifacts: { "assembly-Prod": { type: "cdk:cloud-assembly", properties: { directoryName: "assembly-Prod" } } } });
    expect(readAssembly(folder, HERE, "Prod/Web")).toMatchObject([{ stackName: "Prod-Web", region: undefined }]);
  });

  it("goes where it says: to another region, and to no other account", () => {
    write("manifest.json", { artifacts: { A: stack("A", { environment: "aws://123456789012/us-east-1" }) } });
    expect(readAssembly(folder, HERE)).toMatchObject([{ region: "us-east-1" }]);
    write("manifest.json", { artifacts: { A: stack("A", { environment: "aws://999999999999/us-east-1" }) } });
    expect(() => readAssembly(folder, HERE)).toThrow("the stack A is for account 999999999999, but this cloud's is 123456789012");
  });

  it("leaves out the CDK's question whether the account is bootstrapped, and nothing else", () => {
    const own = { Parameters: { Size: { Type: "String" } }, Rules: { Mine: { Assertions: [] } }, Resources: {} };
    const artifact = stack("A");
    write("A.template.json", { ...own, Parameters: { ...own.Parameters, BootstrapVersion: { Type: "AWS::SSM::Parameter::Value<String>" } }, Rules: { ...own.Rules, CheckBootstrapVersion: {} } });
    write("manifest.json", { artifacts: { A: artifact } });
    expect(JSON.parse(readAssembly(folder, HERE)[0]!.body)).toEqual(own);
  });

  it("tells a resource's construct and the line that made it, but for those of nested stacks", () => {
    const metadata = {
      "/A/Web/Resource": [{ type: "aws:cdk:logicalId", data: "Web1" }, { type: "aws:cdk:creationStack", data: ["...new Vpc in aws-cdk-lib...", "file:///home/me/app.ts:12 (:)", "...node internals..."] }],
      "/A/In.NestedStack/In.NestedStackResource": [{ type: "aws:cdk:logicalId", data: "In" }],
      "/A/In/Web": [{ type: "aws:cdk:logicalId", data: "Web1" }],
    };
    write("A.metadata.json", metadata);
    write("manifest.json", { artifacts: { A: stack("A", { additionalMetadataFile: "A.metadata.json" }) } });
    const [one] = readAssembly(folder, HERE);
    expect(one!.placeOf("Web1")).toBe("A/Web/Resource, /home/me/app.ts:12");
    expect(one!.placeOf("Unknown")).toBe("A.template.json");
  });

  it("names what can't be deployed here", () => {
    const assets = (manifest: object): (() => unknown) => {
      write("A.assets.json", manifest);
      write("manifest.json", { artifacts: { "A.assets": { type: "cdk:asset-manifest", properties: { file: "A.assets.json" } }, A: stack("A", { dependencies: ["A.assets"] }) } });
      return () => readAssembly(folder, HERE);
    };
    const destinations = { current: { bucketName: "b-${AWS::AccountId}-${AWS::Region}", objectKey: "k.zip" } };
    expect(assets({ files: { a: { source: { path: "asset.a", packaging: "zip" }, destinations } } })()).toMatchObject([{ assets: [{ path: join(folder, "asset.a"), bucket: "b-123456789012-ap-northeast-1", key: "k.zip" }] }]);
    expect(assets({ dockerImages: { cafe: {} } })).toThrow("the stack A needs the container image cafe");
    expect(assets({ files: { a: { source: { executable: ["make"] }, destinations } } })).toThrow("the asset a of the stack A is made by a command");
    expect(assets({ files: { a: { source: { path: "x", packaging: "tar" }, destinations } } })).toThrow('is packed as "tar"');
    write("manifest.json", { missing: [{ key: "vpc:x", provider: "vpc-provider" }] });
    expect(() => readAssembly(folder, HERE)).toThrow("it lacks vpc-provider (vpc:x)");
    write("manifest.json", { artifacts: { A: stack("A", { dependencies: ["B"] }), B: stack("B", { dependencies: ["A"] }) } });
    expect(() => readAssembly(folder, HERE)).toThrow("in a circle: A → B → A");
    write("manifest.json", "{");
    expect(() => readAssembly(folder, HERE)).toThrow("manifest.json is not JSON");
  });
});
