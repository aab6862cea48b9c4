/** The AWS SDK for JavaScript, unchanged, as the client of an endpoint on a real port. */
import { AutoScalingClient, DescribeAutoScalingGroupsCommand, CreateAutoScalingGroupCommand, AlreadyExistsFault } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  CreateTagsCommand,
  CreateVpcCommand,
  DescribeVpcsCommand,
  EC2Client,
  EC2ServiceException,
  ImportKeyPairCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  AccessPointNotFoundException,
  CreateLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingClient,
} from "@aws-sdk/client-elastic-load-balancing";
import { CreateRoleCommand, GetRoleCommand, IAMClient, NoSuchEntityException } from "@aws-sdk/client-iam";
import { GetParameterCommand, GetParametersByPathCommand, ParameterNotFound, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { AwsError, notImplemented } from "@hakoniwa/kernel";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";

let fixture: Fixture;
let settings: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string }; maxAttempts: number };

beforeAll(async () => {
  fixture = await startFixture();
  settings = { endpoint: fixture.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 };
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

async function failure(promise: Promise<unknown>): Promise<Error & { $metadata: { httpStatusCode: number; requestId?: string } }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new Error("the call succeeded");
}

describe("ec2", () => {
  it("reads nested lists and writes them back", async () => {
    fixture.handle = ({ input }) => ({ Vpc: { VpcId: "vpc-0a1b", CidrBlock: input["CidrBlock"], IsDefault: false, Tags: [{ Key: "Name", Value: "<a & b>\n" }] } });
    const tags = [{ Key: "Name", Value: "庭 & <b>" }, { Key: "empty", Value: "" }];
    const reply = await new EC2Client(settings).send(
      new CreateVpcCommand({ CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags: tags }] }),
    );
    expect(fixture.calls[0]).toMatchObject({
      service: "ec2",
      operation: "CreateVpc",
      region: "ap-northeast-1",
      accessKeyId: "test",
      input: { CidrBlock: "10.0.0.0/16", TagSpecifications: [{ ResourceType: "vpc", Tags: tags }] },
    });
    expect(reply.Vpc).toEqual({ VpcId: "vpc-0a1b", CidrBlock: "10.0.0.0/16", IsDefault: false, Tags: [{ Key: "Name", Value: "<a & b>\n" }] });
    expect(reply.$metadata.requestId).toBe(fixture.calls[0]!.requestId);
  });

  it("reads filters, numbers, booleans and blobs", async () => {
    const ec2 = new EC2Client(settings);
    await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "tag:Name", Values: ["a", "b"] }], MaxResults: 5, DryRun: false }));
    await ec2.send(new ImportKeyPairCommand({ KeyName: "k", PublicKeyMaterial: Buffer.from("ssh-rsa AAAA") }));
    expect(fixture.calls[0]!.input).toEqual({ Filters: [{ Name: "tag:Name", Values: ["a", "b"] }], MaxResults: 5, DryRun: false });
    expect(Buffer.from(fixture.calls[1]!.input["PublicKeyMaterial"] as Uint8Array).toString()).toBe("ssh-rsa AAAA");
  });

  it("writes dates and empty lists", async () => {
    const LaunchTime = new Date("2026-01-31T12:00:00.500Z");
    fixture.handle = () => ({ Instances: [{ InstanceId: "i-1", LaunchTime, SecurityGroups: [] }] });
    const reply = await new EC2Client(settings).send(new RunInstancesCommand({ ImageId: "ami-1", MinCount: 1, MaxCount: 1 }));
    expect(reply.Instances?.[0]?.LaunchTime).toEqual(LaunchTime);
    expect(reply.Instances?.[0]?.SecurityGroups).toEqual([]);
  });

  it("answers an operation without output", async () => {
    const reply = await new EC2Client(settings).send(new CreateTagsCommand({ Resources: ["vpc-1"], Tags: [{ Key: "a", Value: "b" }] }));
    expect(reply.$metadata.httpStatusCode).toBe(200);
  });

  it("tells an error's code and message", async () => {
    fixture.handle = () => {
      throw new AwsError("InvalidVpcID.NotFound", "The vpc ID 'vpc-<x>' does not exist");
    };
    const error = await failure(new EC2Client(settings).send(new DescribeVpcsCommand({ VpcIds: ["vpc-x"] })));
    expect(error).toBeInstanceOf(EC2ServiceException);
    expect(error).toMatchObject({ name: "InvalidVpcID.NotFound", message: "The vpc ID 'vpc-<x>' does not exist", $metadata: { httpStatusCode: 400 } });
  });

  it("asks for what the model requires", async () => {
    const error = await failure(new EC2Client(settings).send(new RunInstancesCommand({ ImageId: "ami-1" } as never)));
    expect(error).toMatchObject({ name: "MissingParameter", message: "The request must contain the parameter MaxCount" });
    expect(fixture.calls).toEqual([]);
  });

  it("says what it doesn't implement", async () => {
    fixture.handle = (call) => {
      throw notImplemented(call.service, call.operation);
    };
    const error = await failure(new EC2Client(settings).send(new DescribeVpcsCommand({})));
    expect(error).toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
    expect(error.message).toContain("ec2:DescribeVpcs");
  });

  it("tells a bug by its request id alone", async () => {
    fixture.handle = () => {
      throw new TypeError("secret detail");
    };
    const error = await failure(new EC2Client(settings).send(new DescribeVpcsCommand({})));
    expect(error).toMatchObject({ name: "InternalFailure", $metadata: { httpStatusCode: 500 } });
    expect(error.message).toContain(fixture.calls[0]!.requestId);
    expect(error.message).not.toContain("secret detail");
    expect(fixture.bugs).toHaveLength(1);
  });

  it("takes an output that doesn't fit the model for a bug", async () => {
    fixture.handle = () => ({ Vpcs: [{ VpcID: "vpc-1" }] });
    expect(await failure(new EC2Client(settings).send(new DescribeVpcsCommand({})))).toMatchObject({ name: "InternalFailure" });
    expect(String(fixture.bugs[0])).toContain("'DescribeVpcs.Vpcs[0]' has no member 'VpcID'");
  });
});

describe("query", () => {
  it("sts: carries the caller's identity", async () => {
    fixture.handle = () => ({ Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/admin", UserId: "AIDA" });
    const reply = await new STSClient(settings).send(new GetCallerIdentityCommand({}));
    expect(reply).toMatchObject({ Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/admin", UserId: "AIDA" });
  });

  it("elb: reads listeners and writes health", async () => {
    const elb = new ElasticLoadBalancingClient(settings);
    const input = {
      LoadBalancerName: "elb-web-dev",
      Listeners: [{ Protocol: "HTTP", LoadBalancerPort: 80, InstancePort: 80 }],
      Subnets: ["subnet-1", "subnet-2"],
    };
    fixture.handle = () => ({ DNSName: "elb-web-dev-1.ap-northeast-1.elb.amazonaws.com" });
    const created = await elb.send(new CreateLoadBalancerCommand(input));
    expect(fixture.calls[0]).toMatchObject({ service: "elb", operation: "CreateLoadBalancer", input });
    expect(created.DNSName).toBe("elb-web-dev-1.ap-northeast-1.elb.amazonaws.com");

    const states = [{ InstanceId: "i-1", State: "InService", ReasonCode: "N/A", Description: "N/A" }];
    fixture.handle = () => ({ InstanceStates: states });
    const health = await elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "elb-web-dev" }));
    expect(health.InstanceStates).toEqual(states);
  });

  it("elb: knows a modelled error by its code on the wire and by its name", async () => {
    const elb = new ElasticLoadBalancingClient(settings);
    for (const code of ["AccessPointNotFoundException", "LoadBalancerNotFound"]) {
      fixture.handle = () => {
        throw new AwsError(code, "There is no ACTIVE Load Balancer named 'x'");
      };
      const error = await failure(elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: ["x"] })));
      expect(error).toBeInstanceOf(AccessPointNotFoundException);
      expect(error.$metadata.httpStatusCode).toBe(400);
    }
  });

  it("elb: names each required member that is missing", async () => {
    const listeners = [{ Protocol: "HTTP", LoadBalancerPort: 80 }];
    const error = await failure(new ElasticLoadBalancingClient(settings).send(new CreateLoadBalancerCommand({ Listeners: listeners } as never)));
    expect(error).toMatchObject({
      name: "ValidationError",
      message:
        "2 validation errors detected: Value null at 'loadBalancerName' failed to satisfy constraint: Member must not be null; " +
        "Value null at 'listeners.1.member.instancePort' failed to satisfy constraint: Member must not be null",
    });
  });

  it("iam: reads a policy document and writes a date", async () => {
    const CreateDate = new Date("2026-01-01T00:00:00Z");
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow" }] }, undefined, 2);
    const Role = { Path: "/", RoleName: "web", RoleId: "AROA", Arn: "arn:aws:iam::123456789012:role/web", CreateDate };
    fixture.handle = () => ({ Role });
    const reply = await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "web", AssumeRolePolicyDocument }));
    expect(fixture.calls[0]!.input).toEqual({ RoleName: "web", AssumeRolePolicyDocument });
    expect(reply.Role).toEqual(Role);
  });

  it("iam: tells NoSuchEntity with the model's status", async () => {
    fixture.handle = () => {
      throw new AwsError("NoSuchEntityException", "The role with name x cannot be found.");
    };
    const error = await failure(new IAMClient(settings).send(new GetRoleCommand({ RoleName: "x" })));
    expect(error).toBeInstanceOf(NoSuchEntityException);
    expect(error.$metadata.httpStatusCode).toBe(404);
  });

  it("autoscaling: reads tags and writes instances", async () => {
    const client = new AutoScalingClient(settings);
    const Tags = [{ Key: "Name", Value: "web", PropagateAtLaunch: true, ResourceId: "asg", ResourceType: "auto-scaling-group" }];
    await client.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName: "asg", MinSize: 1, MaxSize: 1, Tags }));
    expect(fixture.calls[0]!.input).toEqual({ AutoScalingGroupName: "asg", MinSize: 1, MaxSize: 1, Tags });

    fixture.handle = () => ({ AutoScalingGroups: [] });
    expect((await client.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [] }))).AutoScalingGroups).toEqual([]);
    expect(fixture.calls[1]!.input).toEqual({ AutoScalingGroupNames: [] });

    fixture.handle = () => {
      throw new AwsError("AlreadyExists", "AutoScalingGroup by this name already exists");
    };
    const error = await failure(client.send(new CreateAutoScalingGroupCommand({ AutoScalingGroupName: "asg", MinSize: 1, MaxSize: 1 })));
    expect(error).toBeInstanceOf(AlreadyExistsFault);
  });

  it("cloudformation: carries a template with everything that needs escaping", async () => {
    const client = new CloudFormationClient(settings);
    const TemplateBody = 'Resources:\n  "a&b=c+d %41": {é: "庭"}\r\n';
    fixture.handle = () => ({ StackId: "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/s/1" });
    await client.send(new CreateStackCommand({ StackName: "s", TemplateBody, Parameters: [{ ParameterKey: "a", ParameterValue: "b" }] }));
    expect(fixture.calls[0]!.input).toEqual({ StackName: "s", TemplateBody, Parameters: [{ ParameterKey: "a", ParameterValue: "b" }] });

    const stack = { StackName: "s", CreationTime: new Date("2026-01-01T00:00:00Z"), StackStatus: "CREATE_COMPLETE", Outputs: [{ OutputKey: "Url", OutputValue: "http://x/?a=1&b=2" }] };
    fixture.handle = () => ({ Stacks: [stack] });
    expect((await client.send(new DescribeStacksCommand({ StackName: "s" }))).Stacks).toEqual([stack]);
  });
});

describe("json", () => {
  it("ssm: carries parameters", async () => {
    const ssm = new SSMClient(settings);
    fixture.handle = () => ({ Version: 1 });
    await ssm.send(new PutParameterCommand({ Name: "/app/庭", Value: "€\n\"", Type: "String" }));
    expect(fixture.calls[0]).toMatchObject({ service: "ssm", operation: "PutParameter", input: { Name: "/app/庭", Value: "€\n\"", Type: "String" } });

    const LastModifiedDate = new Date(1_767_225_600_123);
    fixture.handle = () => ({ Parameters: [{ Name: "/app/庭", Value: "€", Type: "String", LastModifiedDate, Version: 1 }] });
    const reply = await ssm.send(new GetParametersByPathCommand({ Path: "/app", Recursive: true }));
    expect(reply.Parameters?.[0]).toMatchObject({ Name: "/app/庭", LastModifiedDate, Version: 1 });
  });

  it("ssm: tells a modelled error", async () => {
    fixture.handle = () => {
      throw new AwsError("ParameterNotFound", "Parameter /no not found.");
    };
    const error = await failure(new SSMClient(settings).send(new GetParameterCommand({ Name: "/no" })));
    expect(error).toBeInstanceOf(ParameterNotFound);
    expect(error.message).toBe("Parameter /no not found.");
  });

  it("ssm: asks for what the model requires", async () => {
    const error = await failure(new SSMClient(settings).send(new PutParameterCommand({ Value: "x" } as never)));
    expect(error).toMatchObject({
      name: "ValidationException",
      message: "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    });
  });
});

it("a client signs by the server's Date header: with a cloud an hour ahead its second attempt passes", async () => {
  const ahead = await startFixture({ now: () => [Date.now() + 3_600_000], date: () => new Date(Date.now() + 3_600_000) });
  try {
    const client = new STSClient({ ...settings, endpoint: ahead.url, maxAttempts: 2 });
    ahead.handle = () => ({ Account: "123456789012" });
    expect((await client.send(new GetCallerIdentityCommand({}))).Account).toBe("123456789012");
    expect(ahead.calls).toHaveLength(1);
  } finally {
    await ahead.close();
  }
});
