import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGarden, type Garden, type Ran } from "./garden.js";

let garden: Garden;
const settings = (region = "ap-northeast-1", accessKeyId = "test") => ({ endpoint: `http://127.0.0.1:${garden.port}`, region, credentials: { accessKeyId, secretAccessKey: "test" }, maxAttempts: 1 });

/** What a command said for programs: one JSON object a line, on the output that its exit code says. */
function said({ code, stdout, stderr }: Ran): unknown[] {
  expect(code === 0 ? stderr : stdout).toBe("");
  return (code === 0 ? stdout : stderr).trimEnd().split("\n").map((line) => JSON.parse(line) as unknown);
}

beforeEach(async () => {
  garden = await createGarden({ HAKONIWA_DATAPLANE: "paper" });
});
afterEach(() => garden.end(), 60_000);

describe("the commands", { timeout: 120_000 }, () => {
  it("tell programs what they did, one JSON object each", async () => {
    const api = `http://127.0.0.1:${garden.port}`;
    expect(said(await garden.hakoniwa("stop", "--json"))).toEqual([{ event: "absent", dataDir: garden.dataDir }]);
    expect(said(await garden.hakoniwa("status", "--json"))).toMatchObject([{ event: "error", name: "NotRunningError" }]);
    expect(said(await garden.hakoniwa("start", "--json"))).toMatchObject([{ event: "started", api, options: { dataplane: "paper" } }]);
    expect(said(await garden.hakoniwa("start", "--json"))).toMatchObject([{ event: "running", api }]);
    expect(said(await garden.hakoniwa("status", "--json"))).toMatchObject([{ api, stacks: [], instances: [] }]);
    expect(said(await garden.hakoniwa("internet", "--json", "true"))).toMatchObject([{ event: "error", message: expect.stringContaining("--dataplane linux") }]);
    expect(said(await garden.hakoniwa("reset", "--json"))).toEqual([{ event: "emptied", dataDir: garden.dataDir }]);
    expect(said(await garden.hakoniwa("stop", "--json"))).toEqual([{ event: "stopped", dataDir: garden.dataDir }]);
    expect(said(await garden.hakoniwa("reset", "--json"))).toEqual([{ event: "deleted", dataDir: garden.dataDir }]);
    expect(existsSync(garden.dataDir)).toBe(false);
    const doctor = await garden.hakoniwa("doctor", "--json");
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: doctor.code === 0 });
  });

  it("take what the environment says, where no option does", async () => {
    garden.env.HAKONIWA_JSON = "1";
    garden.env.HAKONIWA_REGION = "us-east-1";
    garden.env.HAKONIWA_AUTH = "open";
    garden.env.HAKONIWA_ALLOW_RESET = "true";
    expect(said(await garden.hakoniwa("start", "--region", "eu-west-1"))).toMatchObject([{ event: "started", options: { region: "eu-west-1", auth: "open", allowReset: true } }]);
    expect((await new EC2Client(settings("eu-west-1", "anyone")).send(new DescribeVpcsCommand({}))).Vpcs).toHaveLength(1);
    const ssm = new SSMClient(settings());
    await ssm.send(new PutParameterCommand({ Name: "/a", Value: "x", Type: "String" }));
    expect((await fetch(`http://127.0.0.1:${garden.port}/_hakoniwa/reset`, { method: "POST" })).status).toBe(200);
    await expect(ssm.send(new GetParameterCommand({ Name: "/a" }))).rejects.toThrow(expect.objectContaining({ name: "ParameterNotFound" }));
  });

  it("refuse a wrong option with exit code 2, its name, its value and what would be right, and start nothing", async () => {
    for (const [args, message] of [
      [["--port", "http"], /--port \(HAKONIWA_PORT\) is "http"/],
      [["--auth", "none"], /--auth .*"none".*strict or open/],
      [["--time-scale", "0"], /--time-scale .*"0".*above 0/],
      [["--dataplane", "docker"], /--dataplane .*"docker".*linux or paper/],
      [["--region", "mars-1"], /--region .*"mars-1"/],
    ] as const) {
      const { code, stderr } = await garden.hakoniwa("start", ...args);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
    expect(existsSync(garden.dataDir)).toBe(false);
  });

  it("run time faster than the clock on the wall, and clients' signatures stay good", async () => {
    await garden.hakoniwa("start", "--time-scale", "5000");
    const ssm = new SSMClient(settings());
    const stamp = async (name: string): Promise<number> => {
      await ssm.send(new PutParameterCommand({ Name: name, Value: "x", Type: "String" }));
      return (await ssm.send(new GetParameterCommand({ Name: name }))).Parameter!.LastModifiedDate!.getTime();
    };
    const began = performance.now();
    const first = await stamp("/first");
    // Longer in the cloud than a signature is good for.
    while (performance.now() - began < 1_000) await ssm.send(new GetParameterCommand({ Name: "/first" }));
    const second = await stamp("/second");
    expect(second - first).toBeGreaterThan(15 * 60_000);
    expect(second - first).toBeLessThan((performance.now() - began) * 5_000);
    await garden.hakoniwa("stop");
    await garden.hakoniwa("start", "--time-scale", "5000");
    expect(await stamp("/third")).toBeGreaterThanOrEqual(second);
  });

  it("write one line for each request into the log, by its id", async () => {
    await garden.hakoniwa("start");
    const { $metadata } = await garden.ec2.send(new DescribeVpcsCommand({}));
    const lines = garden.log().split("\n").filter((line) => line.includes($metadata.requestId!));
    expect(lines).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z 127\.0\.0\.1 test ec2:DescribeVpcs 200 [\d.]+ ms [0-9a-f-]{36}$/)]);
    expect(statSync(join(garden.dataDir, "hakoniwa.log")).mode & 0o077).toBe(0);
  });
});
