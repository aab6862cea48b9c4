/** The real SDK, with real signatures, on users, roles, temporary keys and parameters. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { IAMClient, AttachRolePolicyCommand, CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, GetAccountSummaryCommand, GetRoleCommand, GetUserCommand, ListPoliciesCommand, UpdateAccessKeyCommand } from "@aws-sdk/client-iam";
import { GetParameterCommand, GetParameterHistoryCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { MODELS, createEndpoint } from "@hakoniwa/wire";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callerOf, secretOf } from "./callers.js";
import { createTestCloud, type TestCloud } from "./testing.js";

interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

const ACCOUNT = "123456789012";
const ADMIN: Keys = { accessKeyId: "test", secretAccessKey: "test" };
let cloud: TestCloud;
let url: string;
let close: () => void;

beforeEach(async () => {
  // The SDK signs with the wall's time, so the cloud begins there.
  cloud = await createTestCloud({ start: Date.now() });
  const endpoint = createEndpoint({
    models: Object.values(MODELS),
    region: "ap-northeast-1",
    verify: "strict",
    secretOf: (id) => secretOf(cloud.core, ACCOUNT, id),
    now: () => [Date.now()],
    date: () => new Date(),
    newRequestId: () => "request",
    invoke: (call) => cloud.core.calls.call({ ...call, caller: callerOf(cloud.core, ACCOUNT, call.accessKeyId, cloud.now()) }),
    strictOutput: true,
  });
  const server = createServer((request, response) => void endpoint(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    server.closeAllConnections();
    server.close();
  };
});
afterEach(async () => {
  close();
  await cloud.close();
});

const settings = (credentials: Keys) => ({ endpoint: url, region: "ap-northeast-1", credentials, maxAttempts: 1 });
const iam = (keys = ADMIN) => new IAMClient(settings(keys));
const sts = (keys = ADMIN) => new STSClient(settings(keys));
const ssm = (keys = ADMIN) => new SSMClient(settings(keys));

test("a user's own key signs, stops signing when inactive, and is denied what no policy allows (S3-07, S3-12)", async () => {
  await iam().send(new CreateUserCommand({ UserName: "alice", Tags: [{ Key: "team", Value: "web" }] }));
  const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName: "alice" }));
  const keys = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  expect((await sts(keys).send(new GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:iam::${ACCOUNT}:user/alice`);
  await expect(iam(keys).send(new GetUserCommand({}))).rejects.toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
  await expect(ssm(keys).send(new GetParameterCommand({ Name: "x" }))).rejects.toMatchObject({ name: "AccessDeniedException" });
  await expect(iam().send(new GetUserCommand({ UserName: "bob" }))).rejects.toMatchObject({ name: "NoSuchEntityException", $metadata: { httpStatusCode: 404 } });
  await iam().send(new UpdateAccessKeyCommand({ UserName: "alice", AccessKeyId: keys.accessKeyId, Status: "Inactive" }));
  await expect(sts(keys).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  expect((await iam().send(new ListPoliciesCommand({ Scope: "AWS" }))).Policies!.length).toBeGreaterThan(4);
  expect((await iam().send(new GetAccountSummaryCommand({}))).SummaryMap).toMatchObject({ Users: 2 });
});

test("temporary keys of a role need their token, act as the role, and expire (S3-17, S3-18)", async () => {
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }] };
  const { Role } = await iam().send(new CreateRoleCommand({ RoleName: "deploy", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await iam().send(new AttachRolePolicyCommand({ RoleName: "deploy", PolicyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }));
  const { Credentials } = await sts().send(new AssumeRoleCommand({ RoleArn: Role!.Arn, RoleSessionName: "ci" }));
  const [accessKeyId, secretAccessKey, sessionToken] = [Credentials!.AccessKeyId!, Credentials!.SecretAccessKey!, Credentials!.SessionToken!];
  const keys = { accessKeyId, secretAccessKey, sessionToken };
  expect((await sts(keys).send(new GetCallerIdentityCommand({}))).Arn).toBe(`arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`);
  expect((await iam(keys).send(new GetRoleCommand({ RoleName: "deploy" }))).Role!.MaxSessionDuration).toBe(3600);
  await expect(sts({ accessKeyId, secretAccessKey }).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  await cloud.advance("61m");
  await expect(sts(keys).send(new GetCallerIdentityCommand({}))).rejects.toMatchObject({ name: "ExpiredToken" });
});

test("a SecureString goes over the wire in the open only when asked for (S1-34)", async () => {
  await ssm().send(new PutParameterCommand({ Name: "/db/password", Value: "hunter2", Type: "SecureString" }));
  expect((await ssm().send(new GetParameterCommand({ Name: "/db/password" }))).Parameter!.Value).not.toContain("hunter2");
  const { Parameters } = await ssm().send(new GetParameterHistoryCommand({ Name: "/db/password", WithDecryption: true }));
  expect(Parameters![0]).toMatchObject({ Value: "hunter2", KeyId: "alias/aws/ssm", Version: 1 });
  await expect(ssm().send(new GetParameterCommand({ Name: "/db/nothing" }))).rejects.toMatchObject({ name: "ParameterNotFound" });
});
