import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const USER_DATA = Buffer.from(`#cloud-config
hostname: web1
bootcmd:
 - echo boot >>/var/boots
write_files:
 - { path: /etc/app/app.conf, content: "port=80\\n", permissions: '0640', owner: 'root:users' }
 - { path: /home/ann/note, content: "hers\\n", owner: 'ann:ann', defer: true }
users:
 - default
 - { name: ann, groups: wheel, ssh_authorized_keys: [ssh-ed25519 AAAA ann] }
packages: [httpd]
runcmd:
 - [systemctl, start, httpd]
 - cat /etc/app/app.conf >/var/www/html/index.html
 - ls /not-there
apt: {}
timezone: Asia/Tokyo
final_message: the garden is ready
`);
let box: TestBox;
let hasUsers: boolean;

const launch = (boot = 1): Promise<unknown> => box.call({ kind: "ensure", port: "workloads", key: "i-31", spec: testInstance(31, { boot, userData: USER_DATA }) });
async function output(script: string): Promise<string> {
  const { stdout, stderr } = await box.exec("i-31", script);
  return (stdout + stderr).trim();
}

beforeAll(async () => {
  box = await startTestBox();
  hasUsers = (await box.call({ kind: "uidMode" })) === "range";
  await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc([testInterface(31, "i-31")]) });
  await box.call({ kind: "ensure", port: "disks", key: "vol-31", spec: { source: { kind: "image", name: "al2023" }, snapshots: [] } });
  await launch();
});
afterAll(() => box.end());

describe("cloud-init", () => {
  it("tells when it has finished, and that something failed", async () => {
    expect(await box.exec("i-31", "cloud-init status --wait")).toMatchObject({ exitCode: 1, stdout: "status: error\n" });
    const console = await box.call({ kind: "console", workload: "i-31" });
    expect(console).toContain("cloud-init: #cloud-config: apt is not supported and was left out");
    // runcmd is one script, whose last command failed.
    expect(console).toMatch(/cloud-init: user data runcmd exited with [12]/);
    expect(console).toContain("the garden is ready");
    expect(await output("cat /var/log/cloud-init.log")).toMatch(/running packages[^]*running user data runcmd[^]*\[WARNING\]: user data runcmd exited/);
  });

  it("did what the configuration says", async () => {
    expect(await output("hostname; cat /etc/hostname; getent hosts web1")).toMatch(/^web1\nweb1\n10.0.0.31 +web1/);
    expect(await output("curl -s http://127.0.0.1/; stat -c '%a %U:%G' /etc/app/app.conf")).toBe(`port=80\n640 root:${hasUsers ? "users" : "root"}`);
    expect(await output("cat /home/ann/note /home/ann/.ssh/authorized_keys; stat -c %U /home/ann/note; id -nG ann")).toBe(
      `hers\nssh-ed25519 AAAA ann\n${hasUsers ? "ann\nann wheel" : "root\nroot wheel"}`,
    );
    expect(await output("readlink /etc/localtime")).toBe("/usr/share/zoneinfo/Asia/Tokyo");
  });

  it("does it once, but boot commands at every boot", async () => {
    await box.exec("i-31", "rm /etc/app/app.conf");
    await launch(2);
    expect(await box.exec("i-31", "cloud-init status --wait")).toMatchObject({ exitCode: 0, stdout: "status: done\n" });
    expect(await output("cat /var/boots; hostname; ls /etc/app")).toBe("boot\nboot\nweb1");
  });
});
