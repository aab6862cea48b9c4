import { anonymousCaller, serviceCaller, servicePrincipal, type Access, type Caller, type Circumstances } from "@hakoniwa/kernel";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";
import { boundaryOf } from "./effective.js";
import { evaluate } from "./evaluate.js";
import { contextOf } from "./policy/context.js";
import { decide } from "./policy/decide.js";

const ACCOUNT = "123456789012";
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

const document = (Condition: object): string => JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*", Condition } });
const circumstances: Circumstances = { service: "s3", region: "ap-northeast-1", now: NOW, peerNow: NOW };
const get: Access = { action: "s3:GetObject", resources: ["arn:aws:s3:::site/a"] };
const judge = (caller: Caller, access: Access = get, more: Partial<Circumstances> = {}) =>
  evaluate(caller, access, cloud.core.calls.facts({ account: ACCOUNT, region: "ap-northeast-1" }), { ...circumstances, ...more });
const message = (decision: ReturnType<typeof judge>): string => (decision.allowed ? "allowed" : decision.error.message);

async function ann(): Promise<Caller> {
  const { User } = await cloud.aws.iam.CreateUser({ UserName: "ann", Tags: [{ Key: "Team", Value: "web" }] });
  return {
    principal: { type: "user", account: ACCOUNT, arn: User!.Arn, id: User!.UserId, name: "ann" },
    accessKeyId: "AKIA",
    via: { kind: "user" },
    origin: { sourceIp: "127.0.0.1", userAgent: "aws-cli/2" },
  };
}

describe("global condition keys (S3-16)", () => {
  test.each([
    ["aws:PrincipalArn", `arn:aws:iam::${ACCOUNT}:user/ann`],
    ["aws:username", "ann"],
    ["aws:PrincipalAccount", ACCOUNT],
    ["aws:PrincipalType", "User"],
    ["aws:PrincipalTag/team", "web"],
    ["aws:RequestedRegion", "ap-northeast-1"],
    ["aws:SourceIp", "127.0.0.1"],
    ["aws:UserAgent", "aws-cli/2"],
    ["aws:SecureTransport", "true"],
    ["aws:CurrentTime", "2026-01-02T03:04:05Z"],
    ["aws:EpochTime", String(NOW / 1000)],
    ["aws:ViaAWSService", "false"],
    ["aws:PrincipalIsAWSService", "false"],
    ["aws:ResourceAccount", ACCOUNT],
  ])("%s is %s", async (key, value) => {
    const caller = await ann();
    await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ StringEquals: { [key]: value } }) });
    expect(message(judge(caller))).toBe("allowed");
    await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ StringEquals: { [key]: `${value}x` } }) });
    expect(judge(caller).allowed).toBe(false);
  });

  test("services are called by their own names", async () => {
    const caller = await ann();
    await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: document({ "ForAnyValue:StringEquals": { "aws:CalledVia": "elasticloadbalancing.amazonaws.com" } }) });
    expect(judge({ ...caller, via: { kind: "forwarded", service: "elb" } }).allowed).toBe(true);
    expect(judge({ ...caller, via: { kind: "forwarded", service: "ec2" } }).allowed).toBe(false);
    expect(serviceCaller("elbv2", ACCOUNT).principal.id).toBe("elasticloadbalancing.amazonaws.com");
  });

  test.each([
    ["ec2", "RequestExpired", 400],
    ["ssm", "ExpiredTokenException", 400],
    ["iam", "ExpiredToken", 403],
    ["s3", "ExpiredToken", 400],
  ])("an expired session is refused by %s as %s, whatever its policies", async (service, code, status) => {
    const caller = await ann();
    await cloud.aws.iam.AttachUserPolicy({ UserName: "ann", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    const session = { issued: NOW - 60_000, expires: NOW + 1, policies: [], tags: {}, transitive: [] };
    expect(judge({ ...caller, session }, get, { service })).toEqual({ allowed: true });
    expect(judge({ ...caller, session }, get, { service, peerNow: NOW + 1 })).toMatchObject({ allowed: false, error: { code, status } });
  });

  test("a session says when it began, whether its user proved more than a password, and for whom it is", async () => {
    const caller = await ann();
    const session = { issued: NOW - 60_000, mfaAt: NOW - 30_000, policies: [], tags: { team: "db" }, transitive: [], sourceIdentity: "eve" };
    await cloud.aws.iam.PutUserPolicy({
      UserName: "ann",
      PolicyName: "p",
      PolicyDocument: document({
        Bool: { "aws:MultiFactorAuthPresent": "true" },
        NumericLessThanEquals: { "aws:MultiFactorAuthAge": "30" },
        DateEquals: { "aws:TokenIssueTime": "2026-01-02T03:03:05Z" },
        // A session's tags go before its user's.
        StringEquals: { "aws:SourceIdentity": "eve", "aws:PrincipalTag/Team": "db" },
      }),
    });
    expect(message(judge({ ...caller, session }))).toBe("allowed");
    expect(judge({ ...caller, session }, get, { peerNow: NOW + 1000 }).allowed).toBe(false);
    expect(judge(caller).allowed).toBe(false);
  });

  test("what a service does for its caller is known as such, and its address is not the caller's", async () => {
    const caller = await ann();
    const PolicyDocument = document({
      Bool: { "aws:ViaAWSService": "true" },
      StringEquals: { "aws:CalledViaFirst": "cloudformation.amazonaws.com", "aws:CalledViaLast": "autoscaling.amazonaws.com" },
      Null: { "aws:SourceIp": "true" },
    });
    await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument });
    expect(message(judge({ ...caller, via: { kind: "forwarded", service: "cloudformation", through: ["cloudformation", "autoscaling"] } }))).toBe("allowed");
    expect(judge(caller).allowed).toBe(false);
  });
});

describe("who is asked what", () => {
  test("naming nothing is no way around a policy", async () => {
    expect(judge(await ann(), { action: "ec2:TerminateInstances", resources: [] }).allowed).toBe(false);
  });

  test("each of several resources must be allowed", async () => {
    const caller = await ann();
    const Statement = { Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::site/*" };
    await cloud.aws.iam.PutUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
    expect(judge(caller).allowed).toBe(true);
    expect(message(judge(caller, { ...get, resources: ["arn:aws:s3:::site/a", "arn:aws:s3:::other/a"] }))).toContain('on resource: "arn:aws:s3:::other/a" because no identity-based policy');
  });

  test("a boundary whose policy is gone bounds everything", () => {
    const boundary = boundaryOf(cloud.store.reader({ account: ACCOUNT, region: "global" }), { boundary: `arn:aws:iam::${ACCOUNT}:policy/gone` })!;
    const requester = { type: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ann`, id: "AIDAANN" } as const;
    const verdict = decide({ requester, action: "s3:GetObject", resource: "*", context: contextOf({}) }, { identity: [document({})], boundary: boundary.document });
    expect(verdict).toEqual({ allowed: false, explicit: false, by: "boundary" });
  });

  test("strangers and services get in by a resource's policy alone; service-linked roles do their work", () => {
    const open = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" } });
    const trail = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Principal: { Service: "cloudtrail.amazonaws.com" }, Action: "s3:PutObject", Resource: "*", Condition: { ArnLike: { "aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/all" } } } });
    expect(message(judge(anonymousCaller(ACCOUNT)))).toBe("Access Denied");
    expect(judge(anonymousCaller(ACCOUNT), { ...get, resourcePolicy: open }).allowed).toBe(true);
    const put: Access = { action: "s3:PutObject", resources: get.resources, resourcePolicy: trail };
    const from = (name: string): Caller => servicePrincipal("cloudtrail", ACCOUNT, `arn:aws:cloudtrail:ap-northeast-1:${ACCOUNT}:trail/${name}`);
    expect([judge(from("all"), put).allowed, judge(from("other"), put).allowed]).toEqual([true, false]);
    expect(judge(serviceCaller("autoscaling", ACCOUNT)).allowed).toBe(true);
  });

  test("a denial is coded as its service's protocol does", async () => {
    const caller = await ann();
    const coded = (service: string): readonly unknown[] => {
      const decision = judge(caller, get, { service });
      return decision.allowed ? [] : [decision.error.code, decision.error.status];
    };
    expect(["ec2", "iam", "s3", "ssm", "logs", "cloudwatch", "sns"].map(coded)).toEqual([
      ["UnauthorizedOperation", 403], ["AccessDenied", 403], ["AccessDenied", 403], ["AccessDeniedException", 400], ["AccessDeniedException", 400], ["AccessDenied", 403], ["AuthorizationError", 403],
    ]);
  });
});
