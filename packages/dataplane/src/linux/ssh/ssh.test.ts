import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBox, testInstance, testInterface, testVpc } from "../hosts/testing.js";
import type { TestBox, TestOutput } from "../hosts/testing.js";

const BASTION = "203.0.113.11";
const PRIVATE = "10.0.0.12";

describe("SSH with the real client", () => {
  let box: TestBox;
  let keys: string;
  let options: string;

  beforeAll(async () => {
    box = await startTestBox();
    keys = mkdtempSync(join(tmpdir(), "hakoniwa-keys-"));
    for (const [name, type] of [["rsa", "rsa"], ["ed", "ed25519"], ["stranger", "ed25519"]] as const) {
      execFileSync("ssh-keygen", ["-q", "-t", type, "-N", "", "-f", join(keys, name)]);
    }
    const publicKey = (name: string): string => readFileSync(join(keys, `${name}.pub`), "utf8").trim();
    options = `-F none -o UserKnownHostsFile=${keys}/known -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=10`;
    await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc([testInterface(11, "i-11", BASTION), testInterface(12, "i-12")]) });
    for (const n of [11, 12]) {
      await box.call({ kind: "ensure", port: "disks", key: `vol-${n}`, spec: { source: { kind: "image", name: "al2023" }, snapshots: [] } });
      await box.call({ kind: "ensure", port: "workloads", key: `i-${n}`, spec: testInstance(n, { authorizedKeys: [publicKey("rsa"), publicKey("ed")] }) });
      await box.exec(`i-${n}`, "until [ -e /run/booted ]; do sleep 0.05; done");
    }
    await box.internet(`timeout 20 sh -c 'until ssh-keyscan -t ed25519 ${BASTION} 2>/dev/null | grep -q ed25519; do sleep 0.1; done'`);
  }, 60_000);

  afterAll(async () => {
    await box.end();
    rmSync(keys, { recursive: true, force: true });
  });

  const ssh = (command: string, { key = "ed", user = "ec2-user", more = "", host = BASTION } = {}): Promise<TestOutput> =>
    box.internet(`ssh ${options} -i ${keys}/${key} ${more} ${user}@${host} ${command}`);

  it.each(["rsa", "ed"])("S4-23: ec2-user logs in with the %s key of the key pair, to its home", async (key) => {
    const { stdout, exitCode } = await ssh("'whoami; pwd; hostname'", { key });
    expect({ stdout, exitCode }).toEqual({ stdout: "ec2-user\n/home/ec2-user\nip-10-0-0-11\n", exitCode: 0 });
  });

  it("a command's exit code, both outputs and its input come through whole", async () => {
    const { stdout, stderr, exitCode } = await box.internet(`head -c 3000000 /dev/zero | ssh ${options} -i ${keys}/ed ec2-user@${BASTION} 'wc -c; echo no >&2; exit 3'`);
    expect({ stdout: stdout.trim(), stderr, exitCode }).toEqual({ stdout: "3000000", stderr: "no\n", exitCode: 3 });
  });

  it("a key that is not in authorized_keys is refused, and so is a user who is not there", async () => {
    const stranger = await ssh("true", { key: "stranger" });
    expect(stranger).toMatchObject({ exitCode: 255, stderr: expect.stringContaining("Permission denied (publickey).") });
    expect(await ssh("true", { user: "nobody-here" })).toMatchObject({ exitCode: 255, stderr: expect.stringContaining("Permission denied (publickey).") });
  });

  it("root is told to log in as ec2-user", async () => {
    const { stdout } = await box.internet(`timeout 3 ssh ${options} -i ${keys}/ed root@${BASTION} id`);
    expect(stdout).toContain('Please login as the user "ec2-user" rather than the user "root".');
  });

  it("S2-21: sudo works, with and without a login shell, and su as root", async () => {
    const { stdout } = await ssh(`'sudo whoami; sudo -i pwd; sudo -u nobody whoami; sudo -E sh -c "echo \\$SUDO_USER"; sudo su - ec2-user -c whoami; sudo touch /etc/mine && ls /etc/mine'`);
    expect(stdout.split("\n")).toEqual(["root", "/root", "nobody", "ec2-user", "ec2-user", "/etc/mine", ""]);
  });

  it("only wheel may use what sudo uses", async () => {
    const { stdout, stderr } = await ssh("'sudo -u nobody /usr/lib/hakoniwa/become --reuid=0 whoami; sudo -u nobody sudo whoami; whoami'");
    expect(stdout).toBe("ec2-user\n");
    expect(stderr).toMatch(/Permission denied[^]*nobody is not in the sudoers file/);
  });

  it("a terminal has the client's size and the account's shell, and ends with it", async () => {
    const { stdout, exitCode } = await box.internet(
      `printf 'stty size; echo $TERM; tty; exit 7\\n' | TERM=vt100 script -qec 'stty rows 33 columns 99; ssh -tt ${options} -i ${keys}/ed ec2-user@${BASTION}' /dev/null`,
    );
    expect(stdout).toContain("Packages: yum list");
    expect(stdout).toMatch(/33 99\r\nvt100\r\n[^]*\/dev\/pts\/\d+\r\n/);
    expect(exitCode).toBe(7);
  });

  it("S4-24: a forwarded port leads through the bastion to a private instance's port 22", async () => {
    const { stdout, stderr } = await box.internet(`
      ssh ${options} -i ${keys}/ed -f -N -o ExitOnForwardFailure=yes -L 50022:${PRIVATE}:22 ec2-user@${BASTION}
      ssh ${options} -i ${keys}/ed -p 50022 ec2-user@127.0.0.1 hostname
      pkill -f 50022:${PRIVATE}`);
    expect(stdout, stderr).toBe("ip-10-0-0-12\n");
  });

  it("S4-24: -J jumps over the bastion, by address and by private DNS name", async () => {
    const jump = `-o "ProxyCommand=ssh ${options} -i ${keys}/ed -W %h:%p ec2-user@${BASTION}"`;
    expect(await ssh("hostname", { host: PRIVATE, more: jump })).toMatchObject({ stdout: "ip-10-0-0-12\n" });
    expect(await ssh("hostname", { host: "ip-10-0-0-12.ap-northeast-1.compute.internal", more: jump })).toMatchObject({ stdout: "ip-10-0-0-12\n" });
  });

  it("a forwarded agent lets the bastion log in to a private instance, and no other user may use its socket", async () => {
    const { stdout, stderr } = await box.internet(`eval $(ssh-agent) >/dev/null; ssh-add -q ${keys}/ed
      ssh -A ${options} ec2-user@${BASTION} 'ssh -o StrictHostKeyChecking=no -o BatchMode=yes ${PRIVATE} hostname; sudo -u nobody env SSH_AUTH_SOCK=$SSH_AUTH_SOCK ssh-add -l'
      ssh-agent -k >/dev/null`);
    expect(stdout, stderr).toMatch(/^ip-10-0-0-12\n/);
    expect(stdout + stderr).toMatch(/Error connecting to agent: Permission denied/);
  });

  it("a port forwarded back leads from the instance to the client", async () => {
    const { stdout, stderr } = await ssh(`'exec 3<>/dev/tcp/127.0.0.1/9099; head -c 7 <&3'`, { more: `-R 9099:${BASTION}:22 -o ExitOnForwardFailure=yes` });
    expect(stdout, stderr).toBe("SSH-2.0");
  });

  it("scp and sftp copy files both ways", async () => {
    const { stdout, stderr } = await box.internet(`cd ${keys}; head -c 500000 /dev/urandom >big
      scp -q ${options} -i ed big ec2-user@${BASTION}:there && scp -q ${options} -i ed ec2-user@${BASTION}:there back && cmp big back && echo same
      echo 'rename there moved' | sftp -q ${options} -i ed ec2-user@${BASTION} >/dev/null && ssh ${options} -i ed ec2-user@${BASTION} ls`);
    expect(stdout, stderr).toBe("same\nmoved\n");
  });

  it("the host key stays when the instance boots again", async () => {
    const scan = async (): Promise<string> => (await box.internet(`timeout 20 sh -c 'until ssh-keyscan -t ed25519 ${BASTION} 2>/dev/null | grep ed25519; do sleep 0.1; done'`)).stdout;
    const before = await scan();
    const wanted = testInstance(11, { boot: 2, authorizedKeys: [readFileSync(join(keys, "ed.pub"), "utf8").trim()] });
    await box.call({ kind: "ensure", port: "workloads", key: "i-11", spec: wanted });
    expect(before).toMatch(/ssh-ed25519 AAAA/);
    expect(await scan()).toBe(before);
  });
});
