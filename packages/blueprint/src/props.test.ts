import { readFileSync } from "node:fs";
import { App } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { stages } from "./stages.js";

const make = (props: Record<string, unknown>, stage = "minimal") => () => stages[stage]!(new App(), props);

describe("a stage's properties", () => {
  it.each([
    [{ nats: "instance" }, 'the stage minimal has no property "nats": it has service, environment, image, certificate, domain, zones, size, nat, bastion'],
    [{ nat: "banana" }, 'nat is "banana", but must be gateway or instance'],
    [{ bastion: "maybe" }, 'bastion is "maybe", but must be true or false'],
    [{ size: 2.5 }, 'size is "2.5", but must be a whole number from 1 to 100'],
    [{ size: 0 }, 'size is "0", but must be a whole number from 1 to 100'],
    [{ zones: 3 }, 'zones is "3", but must be a whole number from 1 to 2'],
    [{ service: "our shop" }, 'service is "our shop", but must be at most 13 letters'],
    [{ environment: "a-very-long-environment" }, "must be at most 13 letters"],
    [{ image: "golden" }, 'image is "golden", but must be an image\'s id'],
    [{ certificate: "arn:aws:s3:::bucket" }, 'certificate is "arn:aws:s3:::bucket", but must be the ARN of a certificate'],
    [{ domain: "-.example" }, 'domain is "-.example", but must be a domain name'],
    [{ sshFrom: "10.0.0.1/8" }, 'sshFrom is "10.0.0.1/8", but must be a range of addresses'],
    [{ sshFrom: "10.0.0.256/32" }, "must be a range of addresses"],
    [{ sshFrom: 10 }, "must be a range of addresses"],
    [{ certificate: "arn:aws:iam::123456789012:server-certificate/site", domain: "www.example.com" }, "only one of them can be given"],
  ])("%j is refused by name and value", (props, message) => {
    expect(make(props)).toThrow(message);
  });

  it.each([
    [{ stickiness: 604_801 }, 'stickiness is "604801", but must be a whole number from 0 to 604800'],
    [{ healthCheckPath: "index.html" }, 'healthCheckPath is "index.html", but must be a path that begins with /'],
    [{ notify: "me" }, 'notify is "me", but must be an e-mail address or the URL of a webhook'],
    [{ zones: 2 }, 'the stage rebuild has no property "zones"'],
  ])("of rebuild: %j is refused (S0-23)", (props, message) => {
    expect(make(props, "rebuild")).toThrow(message);
  });

  it("that are right are taken", () => {
    expect(make({ nat: "instance", bastion: true, size: 2, zones: 2, service: "shop", environment: "stg", sshFrom: "198.51.100.7/32", domain: "www.example.com" })).not.toThrow();
    expect(make({ stickiness: 604_800, healthCheckPath: "/health?full", notify: "https://hooks.example/1", servers: "group", acl: true }, "rebuild")).not.toThrow();
    expect(make({ database: "rds", golden: "ami-0123456789abcdef0" }, "wordpress-3")).not.toThrow();
  });

  it.each(Object.keys(stages))("of %s are all told of in docs/stages.md, in its chapter", (stage) => {
    const page = readFileSync(new URL("../../../docs/stages.md", import.meta.url), "utf8");
    const chapter = page.split("\n## ").find((text) => text.startsWith(stage.replace(/-\d$/, "-1")));
    const [, names = ""] = /it has (.*)$/.exec(String(catching(make({ nope: 1 }, stage)))) ?? [];
    for (const name of names.split(", ").filter((each) => each !== "service" && each !== "environment")) expect(chapter).toContain(`\`${name}\``);
    expect(names).toContain("service");
  });
});

function catching(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
