import { App } from "aws-cdk-lib";
import { describe, expect, it } from "vitest";
import { stages } from "./stages.js";

const make = (props: Record<string, unknown>) => () => stages.minimal!(new App(), props);

describe("a stage's properties", () => {
  it.each([
    [{ nats: "instance" }, 'the stage minimal has no property "nats": it has service, environment, nat, bastion, size'],
    [{ nat: "banana" }, 'nat is "banana", but must be gateway or instance'],
    [{ bastion: "maybe" }, 'bastion is "maybe", but must be true or false'],
    [{ size: 2.5 }, 'size is "2.5", but must be a whole number from 1 to 100'],
    [{ size: 0 }, 'size is "0", but must be a whole number from 1 to 100'],
    [{ service: "our shop" }, 'service is "our shop", but must be at most 13 letters'],
    [{ environment: "a-very-long-environment" }, "must be at most 13 letters"],
  ])("%j is refused by name and value", (props, message) => {
    expect(make(props)).toThrow(message);
  });

  it("that are right are taken", () => {
    expect(make({ nat: "instance", bastion: true, size: 2, service: "shop", environment: "stg" })).not.toThrow();
  });
});
