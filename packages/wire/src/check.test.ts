/** Calls that don't come over the wire, and outputs, held against the model. */
import { AwsError } from "@hakoniwa/kernel";
import { describe, expect, it } from "vitest";
import { checkInput, strictOutput } from "./check.js";
import { inputFromJson, outputFromJson, outputToJson } from "./json-calls.js";
import { Autoscaling, Ec2, Elb, Ssm } from "./models.gen.js";
import type { Model } from "./model.js";

function refusal(model: Model, operation: string, input: unknown): { code: string; message: string } {
  try {
    checkInput(model, operation, input);
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error as AwsError;
  }
  throw new Error("the input was accepted");
}

describe("checkInput", () => {
  it("accepts what the model has, and members that are undefined", () => {
    checkInput(Ec2, "CreateVpc", { CidrBlock: "10.0.0.0/16", DryRun: undefined, TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "a", Value: "" }] }] });
    checkInput(Ec2, "ImportKeyPair", { KeyName: "k", PublicKeyMaterial: Buffer.from("x") });
    checkInput(Autoscaling, "PutScheduledUpdateGroupAction", { AutoScalingGroupName: "a", ScheduledActionName: "s", StartTime: new Date(0) });
    checkInput(Ssm, "SendCommand", { DocumentName: "doc", Parameters: { commands: ["ls"] } });
  });

  it.each([
    [Ec2, "CreateVpc", { Cidr: "10.0.0.0/16" }, "'CreateVpc' has no member 'Cidr'"],
    [Ec2, "CreateVpc", { CidrBlock: 10 }, "'10' at 'CreateVpc.CidrBlock' is not a string"],
    [Ec2, "CreateVpc", { CidrBlock: null }, "'null' at 'CreateVpc.CidrBlock' is not a string"],
    [Ec2, "CreateVpc", { DryRun: "true" }, "'true' at 'CreateVpc.DryRun' is not a boolean"],
    [Ec2, "CreateVpc", { TagSpecifications: [{ Tags: [{ key: "a" }] }] }, "'CreateVpc.TagSpecifications[0].Tags[0]' has no member 'key'"],
    [Ec2, "CreateVpc", [], "'[]' at 'CreateVpc' is not a structure"],
    [Ec2, "CreateVpc", undefined, "'undefined' at 'CreateVpc' is not a structure"],
    [Autoscaling, "CreateAutoScalingGroup", { AutoScalingGroupName: "a", MinSize: "1", MaxSize: 1 }, "'1' at 'CreateAutoScalingGroup.MinSize' is not a number"],
    [Autoscaling, "CreateAutoScalingGroup", { MinSize: Number.NaN }, "'null' at 'CreateAutoScalingGroup.MinSize' is not a number"],
    [Ssm, "SendCommand", { Parameters: { commands: "ls" } }, "'ls' at 'SendCommand.Parameters[commands]' is not a list"],
  ] as const)("%o %s %j is a ValidationError", (model, operation, input, message) => {
    expect(refusal(model, operation, input)).toMatchObject({ code: "ValidationError", message });
  });

  it("asks for what is missing as the service's own protocol does", () => {
    expect(refusal(Ec2, "RunInstances", { MinCount: 1 })).toMatchObject({ code: "MissingParameter" });
    expect(refusal(Elb, "DeleteLoadBalancer", {})).toMatchObject({ code: "ValidationError" });
    expect(refusal(Ssm, "GetParameter", {})).toMatchObject({ code: "ValidationException" });
  });

  it("knows only the model's operations", () => {
    expect(refusal(Ec2, "constructor", {})).toMatchObject({ code: "InvalidAction" });
    expect(refusal(Ssm, "Bogus", {})).toMatchObject({ code: "UnknownOperationException" });
  });
});

describe("strictOutput", () => {
  it("throws for a member that the model doesn't have", () => {
    strictOutput(Ec2, "DescribeVpcs", { Vpcs: [{ VpcId: "vpc-1", Tags: [] }] });
    expect(() => strictOutput(Ec2, "DescribeVpcs", { Vpcs: [{ VpcID: "vpc-1" }] })).toThrow("'DescribeVpcs.Vpcs[0]' has no member 'VpcID'");
    expect(() => strictOutput(Ec2, "CreateTags", { Return: true })).toThrow("'CreateTags' has no member 'Return'");
  });

  it("throws for what the model requires and isn't there", () => {
    expect(() => strictOutput(Autoscaling, "DescribeAutoScalingGroups", {})).toThrow("lacks what its model requires: AutoScalingGroups");
  });
});

describe("calls as JSON", () => {
  it("carry dates and bytes there and back", () => {
    const StartTime = new Date(1_767_225_600_500);
    const call = { AutoScalingGroupName: "a", ScheduledActionName: "s" };
    expect(inputFromJson(Autoscaling, "PutScheduledUpdateGroupAction", { ...call, StartTime: StartTime.toISOString() })).toEqual({ ...call, StartTime });
    expect(inputFromJson(Autoscaling, "PutScheduledUpdateGroupAction", { ...call, StartTime: StartTime.getTime() / 1000 })).toEqual({ ...call, StartTime });
    const key = inputFromJson(Ec2, "ImportKeyPair", { KeyName: "k", PublicKeyMaterial: "c3No" });
    expect(Buffer.from(key["PublicKeyMaterial"] as Uint8Array).toString()).toBe("ssh");

    const output = { Instances: [{ InstanceId: "i-1", LaunchTime: StartTime }] };
    const sent: unknown = JSON.parse(JSON.stringify(outputToJson(Ec2, "RunInstances", output)));
    expect(outputFromJson(Ec2, "RunInstances", sent)).toEqual(output);
  });

  it("refuse what the model doesn't have, and what is not a date", () => {
    const wrong = (input: unknown) => () => inputFromJson(Autoscaling, "PutScheduledUpdateGroupAction", input);
    const call = { AutoScalingGroupName: "a", ScheduledActionName: "s" };
    expect(wrong({ ...call, Start: 1 })).toThrow("'PutScheduledUpdateGroupAction' has no member 'Start'");
    expect(wrong({ ...call, StartTime: "tomorrow" })).toThrow("StartTime: 'tomorrow' is not a timestamp");
    expect(wrong({ AutoScalingGroupName: "a" })).toThrow("Value null at 'scheduledActionName'");
    expect(wrong("x")).toThrow("is not a structure");
  });
});
