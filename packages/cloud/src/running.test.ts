import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPaperDataPlane } from "@hakoniwa/dataplane";
import { createIds, systemClocks } from "@hakoniwa/kernel";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryAuthority } from "./certificate-authority.js";
import { control } from "./control-client.js";
import { openDataDirectory, type DataDirectory } from "./data-directory.js";
import { readOptions, type Options } from "./options.js";
import { runCloud, type RunningCloud } from "./running.js";

let directory: DataDirectory;
let cloud: RunningCloud;
let url: string;
let log: string[];
const failures: Error[] = [];

beforeEach(() => {
  directory = openDataDirectory(mkdtempSync(join(tmpdir(), "running-")));
  log = [];
  failures.length = 0;
});
afterEach(async () => {
  await cloud.stop();
  rmSync(directory.path, { recursive: true, force: true });
  expect(failures).toEqual([]);
});

async function start(given: Parameters<typeof readOptions>[0] = {}): Promise<Options> {
  const options = readOptions({ dataplane: "paper", dataDir: directory.path, ...given }, {});
  const socket = await new Promise<Server>((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
  url = `http://127.0.0.1:${(socket.address() as AddressInfo).port}`;
  const base = { clocks: systemClocks(), ids: createIds(), log: (message: string) => log.push(message), close: () => undefined };
  const plane = async () => ({ dataPlane: createPaperDataPlane({ clock: base.clocks.cloud }), authority: memoryAuthority(Date.now), internet: () => Promise.reject(new Error("none")) });
  cloud = await runCloud(options, directory, base, plane, socket, (error) => failures.push(error));
  await cloud.complete;
  return options;
}

const call = <T = unknown>(service: string, operation: string, input: Record<string, unknown> = {}): Promise<T> =>
  control<T>(directory.controlSocket, { do: "call", service, operation, region: "ap-northeast-1", input });
const reset = () => fetch(`${url}/_hakoniwa/reset`, { method: "POST" });
const groups = async () => (await call<{ SecurityGroups: unknown[] }>("ec2", "DescribeSecurityGroups")).SecurityGroups.length;

/** The SDK's client. */
const client = (accessKeyId: string) => new EC2Client({ endpoint: url, region: "ap-northeast-1", credentials: { accessKeyId, secretAccessKey: "whatever" }, maxAttempts: 1 });

describe("the running cloud", { timeout: 60_000 }, () => {
  it("with --allow-reset is empty again within 100 ms after a thousand resources", async () => {
    await start({ allowReset: true });
    const before = await groups();
    const rounds: number[] = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 500; n++) {
        await call("ec2", "CreateSecurityGroup", { GroupName: `group-${n}`, Description: "one of many" });
        await call("ssm", "PutParameter", { Name: `/many/${n}`, Value: "x", Type: "String" });
      }
      expect(await groups()).toBe(before + 500);
      const began = performance.now();
      const response = await reset();
      rounds.push(performance.now() - began);
      expect([response.status, await response.json()]).toEqual([200, { reset: true }]);
      expect(await groups()).toBe(before);
      expect(await call("ssm", "GetParametersByPath", { Path: "/many" })).toMatchObject({ Parameters: [] });
    }
    // The best of three: what else the machine does at the time is not the cloud's. The bench tells the figure.
    expect(Math.min(...rounds)).toBeLessThan(100);
  });

  it("serves who calls while it is being reset, and two resets at once are one", async () => {
    await start({ allowReset: true });
    await call("ssm", "PutParameter", { Name: "/a", Value: "x", Type: "String" });
    const resets = [reset(), reset()];
    const calls = Array.from({ length: 50 }, (_, n) => call("ssm", "PutParameter", { Name: `/later/${n}`, Value: "x", Type: "String" }).then(() => "done", (error: Error & { code?: string }) => error.message));
    for (const response of await Promise.all(resets)) expect(response.status).toBe(200);
    // Those that were in the middle of it are told so; none hangs, and none stops the cloud.
    for (const outcome of await Promise.all(calls)) expect(outcome).toMatch(/^done$|stopped or reset/);
    await expect(call("ssm", "GetParameter", { Name: "/a" })).rejects.toThrow(/not found/);
    await call("ssm", "PutParameter", { Name: "/a", Value: "y", Type: "String" });
  });

  it("without --allow-reset refuses to be reset over HTTP, says how, and keeps everything", async () => {
    await start();
    await call("ssm", "PutParameter", { Name: "/a", Value: "x", Type: "String" });
    const response = await reset();
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ message: expect.stringContaining("--allow-reset") });
    expect(await call("ssm", "GetParameter", { Name: "/a" })).toMatchObject({ Parameter: { Value: "x" } });
  });

  it("tells that it runs, and how", async () => {
    await start({ region: "us-east-1" });
    const response = await fetch(`${url}/_hakoniwa/health`);
    expect([response.status, await response.json()]).toEqual([200, { status: "running", region: "us-east-1", dataplane: "paper", timeScale: 1 }]);
    expect((await fetch(`${url}/_hakoniwa/else`)).status).toBe(404);
  });

  it("with strict auth refuses an unknown key and an unsigned call, with the request's id in answer and log", async () => {
    await start();
    const error = await client("AKIAIOSFODNN7EXAMPLE").send(new DescribeVpcsCommand({})).catch((one: unknown) => one as { name: string; $metadata: { requestId: string } });
    expect(error).toMatchObject({ name: "AuthFailure", $metadata: { httpStatusCode: 401 } });
    const { requestId } = (error as { $metadata: { requestId: string } }).$metadata;
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(log.filter((line) => line.includes(requestId))).toEqual([expect.stringMatching(/^127\.0\.0\.1 AKIAIOSFODNN7EXAMPLE ec2:\S+ 401 AuthFailure [\d.]+ ms /)]);
    expect((await unsigned()).status).toBeGreaterThanOrEqual(400);
  });

  it("refuses a region that there isn't, names it and says which there are", async () => {
    await start();
    const lost = new EC2Client({ endpoint: url, region: "ap-notheast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
    await expect(lost.send(new DescribeVpcsCommand({}))).rejects.toMatchObject({ name: "AuthFailure", message: expect.stringMatching(/not 'ap-notheast-1'\. There are: ap-northeast-1, /) });
  });

  it("with open auth takes any key and any signature, and none, as the user admin", async () => {
    await start({ auth: "open" });
    expect((await client("AKIAIOSFODNN7EXAMPLE").send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    const response = await unsigned();
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("user/admin")]);
  });
});

function unsigned(): Promise<Response> {
  return fetch(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "Action=GetCallerIdentity&Version=2011-06-15" });
}
