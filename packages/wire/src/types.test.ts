/** The generated types: checked by the compiler, with one look at run time that they are what they say. */
import { describe, expect, expectTypeOf, it } from "vitest";
import type { AsyncAws, Aws, Ec2Operations, Ec2Types, ErrorCode, ErrorsOf, OperationsOf, ServiceId } from "./index.js";
import { MODELS } from "./index.js";

describe("generated types", () => {
  it("call a service's operations by name", () => {
    expectTypeOf<Parameters<Aws["ec2"]["CreateVpc"]>[0]>().toEqualTypeOf<Ec2Operations["CreateVpc"]["input"]>();
    expectTypeOf<ReturnType<Aws["ec2"]["CreateVpc"]>>().toEqualTypeOf<Ec2Types.CreateVpcResult>();
    expectTypeOf<ReturnType<AsyncAws["sts"]["GetCallerIdentity"]>>().resolves.toEqualTypeOf<OperationsOf<"sts">["GetCallerIdentity"]["output"]>();
  });

  it("demand what the model requires, take undefined for the rest, and lists that can't be changed", () => {
    expectTypeOf<{ Key: string; Value: string }>().not.toExtend<OperationsOf<"elb">["CreateLoadBalancer"]["input"]>();
    expectTypeOf<OperationsOf<"elb">["DeleteLoadBalancer"]["input"]>().toEqualTypeOf<{ LoadBalancerName: string }>();
    expectTypeOf<{ VpcIds: undefined }>().toExtend<Ec2Types.DescribeVpcsRequest>();
    expectTypeOf<{ VpcIds: readonly string[] }>().toExtend<Ec2Types.DescribeVpcsRequest>();
    expectTypeOf<{ VpcIds: number[] }>().not.toExtend<Ec2Types.DescribeVpcsRequest>();
  });

  it("narrow enums and error codes", () => {
    expectTypeOf<Ec2Types.VpcState>().toEqualTypeOf<"available" | "deleting" | "pending">();
    expectTypeOf<"ParameterNotFound">().toExtend<ErrorCode<ErrorsOf<"ssm">>>();
    expectTypeOf<"NoSuchThing">().not.toExtend<ErrorCode<ErrorsOf<"ssm">>>();
    expectTypeOf<ErrorCode<ErrorsOf<"ec2">>>().toEqualTypeOf<string>();
  });

  it("have a model at run time for each service", () => {
    const ids: ServiceId[] = ["sts", "ec2", "elb", "autoscaling", "iam", "ssm", "cloudformation", "s3", "cloudwatch", "logs", "sns", "elbv2", "acm", "ecr"];
    expect(Object.keys(MODELS).sort()).toEqual([...ids].sort());
    for (const id of ids) {
      expect(MODELS[id].id).toBe(id);
      expect(MODELS[id].schemas.operationNames().length).toBeGreaterThan(5);
    }
  });
});
