/** What an instance's root can't reach; it is taken for an attacker here. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

let box: TestBox;

beforeAll(async () => {
  box = await startTestBox();
  const interfaces = [testInterface(11, "i-11", "198.51.100.11"), testInterface(12, "i-12", "198.51.100.12")];
  await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc(interfaces) });
  for (const n of [11, 12]) {
    await box.call({ kind: "ensure", port: "disks", key: `vol-${n}`, spec: { source: { kind: "image", name: "al2023" }, snapshots: [] } });
    await box.call({ kind: "ensure", port: "workloads", key: `i-${n}`, spec: testInstance(n) });
  }
});

afterAll(() => box.end());

const output = async (script: string): Promise<string> => (await box.exec("i-11", script)).stdout.trim();

describe("an intruder who is root in an instance", () => {
  it("can't talk to the router over IPv6, which no filter looks at", async () => {
    // The link-local address that goes with the router's own hardware address.
    expect(await output("ping -6 -q -c 1 -W 1 -I eth0 fe80::ff:aff:fe00:1 | grep -o '[0-9]* received'")).toBe("0 received");
  });

  it("can't keep the metadata service from others by holding its connections", async () => {
    const hold = "exec /usr/lib/hakoniwa/node -e 'const s = []; for (let n = 0; n < 400; n++) s.push(require(\"net\").connect(80, \"169.254.169.254\").on(\"error\", () => 0)); setTimeout(() => { console.log(s.filter((one) => one.readyState === \"open\").length); process.exit(); }, 1500)'";
    const held = Number(await output(hold));
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(128);
    const { stdout } = await box.exec("i-12", "curl -s -o /dev/null -w '%{http_code}' --max-time 2 http://169.254.169.254/");
    expect(stdout).toMatch(/^(200|401)$/);
  });
});
