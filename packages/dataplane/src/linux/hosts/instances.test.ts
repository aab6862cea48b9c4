import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Disk } from "@hakoniwa/network";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const DISK: Disk = { source: { kind: "image", name: "al2023" }, snapshots: [] };
const HELLO = Buffer.from(`#!/bin/bash
yum install -y httpd
echo 'hello!' > /var/www/html/index.html
chkconfig httpd on
service httpd start
echo "ran as $(id -un)" >> /var/ran
`);

let box: TestBox;
/** In one-uid mode nobody but root exists in an instance. */
let hasUsers: boolean;

beforeAll(async () => {
  box = await startTestBox();
  hasUsers = (await box.call({ kind: "uidMode" })) === "range";
  const interfaces = [testInterface(11, "i-11", "198.51.100.11"), testInterface(12, "i-12", "198.51.100.12"), testInterface(13, "i-13")];
  await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc(interfaces) });
});

afterAll(() => box.end());

async function launch(n: number, more: Parameters<typeof testInstance>[1] = {}, disk: Disk = DISK): Promise<void> {
  await box.call({ kind: "ensure", port: "disks", key: `vol-${n}`, spec: disk });
  await box.call({ kind: "ensure", port: "workloads", key: `i-${n}`, spec: testInstance(n, more) });
}

/** Resolves when `boot` has come to its end, user data included. */
async function booted(instance: string): Promise<void> {
  await box.exec(instance, "while [ ! -e /run/booted ]; do sleep 0.01; done");
}

async function output(instance: string, script: string): Promise<string> {
  const { stdout, stderr } = await box.exec(instance, script);
  return (stdout + stderr).trim();
}

describe("an instance", () => {
  beforeAll(async () => {
    await launch(11, { userData: HELLO, authorizedKeys: ["ssh-ed25519 AAAA ann"] });
    await booted("i-11");
  });

  it("runs its user data as root and serves hello! to the internet (S4-25)", async () => {
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-11" })).toMatchObject({ state: "running", boot: 1 });
    expect((await box.internet("curl -sS --max-time 5 http://198.51.100.11/")).stdout).toBe("hello!\n");
    expect(await output("i-11", "cat /var/ran")).toBe("ran as root");
  });

  it("shows user data's output on its console and in cloud-init's log", async () => {
    const complete = "Complete!";
    expect(await box.call({ kind: "console", workload: "i-11" })).toContain(complete);
    expect(await output("i-11", "cat /var/log/cloud-init-output.log")).toContain(complete);
  });

  it("has the VPC's resolver, search domain and its own hostname (S2-22)", async () => {
    expect(await output("i-11", "cat /etc/resolv.conf; hostname")).toBe("nameserver 10.0.0.2\nsearch ap-northeast-1.compute.internal\nip-10-0-0-11");
  });

  it("has the key of ec2-user (S2-17)", async () => {
    expect(await output("i-11", "cat ~ec2-user/.ssh/authorized_keys; stat -c '%U %a' ~ec2-user/.ssh/authorized_keys")).toBe(`ssh-ed25519 AAAA ann\n${hasUsers ? "ec2-user" : "root"} 600`);
  });

  it("answers commands with their exit code, as a shell would", async () => {
    expect(await box.exec("i-11", "echo out; echo err >&2; exit 3")).toEqual({ exitCode: 3, stdout: "out\n", stderr: "err\n" });
    expect((await box.exec("i-11", "kill -9 $$")).exitCode).toBe(137);
    expect(await box.call({ kind: "exec", workload: "i-11", command: ["no-such-program"] })).toMatchObject({ exitCode: 127, stderr: expect.stringMatching(/^hakoniwa: .*no-such-program: not found\n$/) });
    await expect(box.exec("i-none", "true")).rejects.toThrow("i-none does not run");
  });

  it("knows httpd as its own program, and refuses what the catalogue lacks", async () => {
    expect(await output("i-11", "httpd -v")).toContain("not Apache");
    const { exitCode, stderr } = await box.exec("i-11", "yum install -y no-such-package");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("Unable to find a match: no-such-package");
    expect(stderr).toMatch(/catalogue has: .*\bhttpd\b/);
    expect(await output("i-11", "systemctl is-active httpd; systemctl is-enabled httpd; yum list | grep ^httpd")).toMatch(/^active\nenabled\nhttpd +2.4/);
  });

  it("says so when a service can't start", async () => {
    const broken = "echo 'LoadModule x y' >>/etc/httpd/conf/httpd.conf; service httpd restart; echo $?; systemctl is-active httpd";
    const mended = "sed -i /LoadModule/d /etc/httpd/conf/httpd.conf; service httpd start && systemctl is-active httpd";
    expect(await output("i-11", broken)).toMatch(/^1\nfailed\nJob for httpd.service failed[^]*Invalid command 'LoadModule'/);
    expect(await output("i-11", mended)).toBe("active");
  });

  it("runs services of unit files that people write, and keeps alive what they say", async () => {
    const unit = ["[Unit]", "Description=My app", "[Service]", 'Environment="WORD=hello there"', "WorkingDirectory=/srv", "User=ec2-user", `ExecStart=/bin/sh -c 'echo "$WORD from $(pwd) as $(id -un)"; sleep 300'`, "Restart=always", "[Install]", "WantedBy=multi-user.target"];
    await box.exec("i-11", `cat >/etc/systemd/system/app.service <<'END'\n${unit.join("\n")}\nEND`);
    expect(await output("i-11", "systemctl daemon-reload; systemctl enable --now app && systemctl is-active app; until journalctl -u app | grep .; do sleep 0.05; done")).toBe(
      `active\nhello there from /srv as ${hasUsers ? "ec2-user" : "root"}`,
    );
    await box.exec("i-11", "pkill -x sleep; until [ $(journalctl -u app | wc -l) -gt 1 ]; do sleep 0.05; done");
    expect(await output("i-11", "systemctl stop app; systemctl status app; echo $?; pgrep -fc '[s]leep 300'; systemctl disable app")).toMatch(/My app[^]*inactive \(dead\)\n3\n0$/);
    expect(await output("i-11", "systemctl status none; echo $?; systemctl start none; echo $?")).toMatch(/^4\n5\nUnit none.service could not be found.\nFailed to start none.service: Unit none.service not found.$/);
    expect(await output("i-11", "printf '[Service]\nType=oneshot\nExecStart=/bin/false\n' >/etc/systemd/system/once.service; systemctl start once; systemctl is-failed once")).toMatch(/^failed\nJob for once.service failed/);
  });

  it("answers bad paths as Apache does", async () => {
    const get = async (path: string): Promise<string> => output("i-11", `curl -s --path-as-is -o /dev/null -w '%{http_code}' http://127.0.0.1${path}`);
    await box.exec("i-11", "mkdir -p /var/www/html/empty; echo secret > /var/www/html/closed; chmod 600 /var/www/html/closed");
    expect(await get("/none")).toBe("404");
    expect(await get("/empty/")).toBe("403");
    expect(await get("/empty")).toBe("301");
    expect(await get("/closed")).toBe(hasUsers ? "403" : "200");
    expect(await get("/../../../etc/passwd")).toBe("400");
    expect(await get("/%2e%2e/%2e%2e/%2e%2e/etc/passwd")).toBe("400");
    expect(await output("i-11", "tail -n 1 /var/log/httpd/access_log")).toMatch(/^127.0.0.1 - - \[.* \+0000\] "GET \/%2e%2e.* HTTP\/1.1" 400 \d+ "-" "curl/);
  });

  describe("seen from outside", () => {
    it("has a root that is nobody (uid 1,000,000 or above, or the ordinary user who started it)", async () => {
      const pid = (await box.sandbox("pgrep -f '^sh /run/hakoniwa/init i-11 '")).stdout.trim().split("\n").at(-1);
      const status = (await box.sandbox(`cat /proc/${pid}/status`)).stdout;
      const inside = Number(/^Uid:\t(\d+)/m.exec(status)?.[1]);
      if (process.getuid?.() === 0) {
        // Uid 1 in the sandbox is 1,000,000 outside.
        expect(inside).toBe(1);
        expect((await box.sandbox("cat /proc/self/uid_map")).stdout).toMatch(/\n +1 +1000000 +65536\n/);
      } else {
        expect(inside).toBe(hasUsers ? 1 : 0);
      }
    });

    it("can't write the host's kernel settings", async () => {
      const before = readFileSync("/proc/sys/kernel/core_pattern", "utf8");
      expect(await output("i-11", "echo '|/tmp/evil' > /proc/sys/kernel/core_pattern")).toMatch(/Permission denied|Read-only/);
      expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).toBe(before);
    });

    it("sees nothing of the host but /usr", async () => {
      const { dataDir } = box;
      expect(await output("i-11", `ls ${dataDir} 2>&1`)).toContain("No such file");
      expect(await output("i-11", "ls /home")).toBe("ec2-user");
      expect(await output("i-11", "ls -A /mnt /root /tmp")).toBe("/mnt:\n\n/root:\n.ssh\n\n/tmp:");
      // Taking its own mounts away uncovers nothing either.
      expect(await output("i-11", "unshare --mount sh -c 'umount -nl /run; umount -nl /sys; umount -nl /proc; ls -A /proc /run /sys'")).toBe("/proc:\n\n/run:\n\n/sys:");
    });

    it("sees only its own processes", async () => {
      const processes = await output("i-11", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
      expect(processes).toContain("httpd/server.mjs");
      expect(processes).not.toContain("testing-agent");
    });

    it("can't change the script that every instance starts with, which its shell holds open", async () => {
      const before = (await box.sandbox("sha256sum </run/hakoniwa/init")).stdout;
      await box.exec("i-11", "for file in /proc/1/fd/*; do [ -f $file ] && echo evil >>$file; done");
      expect((await box.sandbox("sha256sum </run/hakoniwa/init")).stdout).toBe(before);
    });

    it("has no more memory and processes than its type gives it", async () => {
      const allocate = `/usr/lib/hakoniwa/node -e 'const kept = []; for (let n = 0; n < 20; n++) kept.push(Buffer.alloc(100e6, 1))'; echo $?`;
      expect(await output("i-11", allocate)).not.toMatch(/^0$/m);
      expect(await output("i-11", "ulimit -v; prlimit --nproc --output SOFT,HARD --noheadings")).toMatch(/4096 +4096/);
      expect((await box.internet("curl -sS --max-time 5 http://198.51.100.11/")).stdout).toBe("hello!\n");
    });

    it("can't change the host's programs, nor our Node", async () => {
      await box.exec("i-11", "echo evil > /usr/bin/factor; echo evil > /usr/lib/hakoniwa/node; chmod 777 /usr/lib/hakoniwa/node");
      expect(readFileSync("/usr/bin/factor").subarray(1, 4).toString()).toBe("ELF");
      expect((await box.internet("curl -sS --max-time 5 http://198.51.100.11/")).stdout).toBe("hello!\n");
    });
  });
});

describe("the life of an instance", () => {
  beforeAll(async () => {
    await launch(12, { userData: HELLO });
    await booted("i-12");
  });

  it("keeps its disk through a reboot, starts enabled services again, and does not run user data again", async () => {
    await box.exec("i-12", `echo kept > /srv/mine; rm -f /run/booted; setsid sh -c 'trap "echo in good order >/srv/end; exit" TERM; while :; do sleep 0.05; done' >/dev/null 2>&1 &`);
    await box.call({ kind: "ensure", port: "workloads", key: "i-12", spec: testInstance(12, { userData: HELLO, boot: 2 }) });
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-12" })).toMatchObject({ state: "running", boot: 2 });
    await booted("i-12");
    expect(await output("i-12", "cat /srv/mine /var/ran /srv/end; systemctl is-active httpd")).toBe("kept\nran as root\nin good order\nactive");
    expect((await box.internet("curl -sS --max-time 5 http://198.51.100.12/")).stdout).toBe("hello!\n");
  });

  it("does nothing when the same is asked again", async () => {
    const boot = await output("i-12", "stat -c %Y /run/booted; cat /proc/1/stat | cut -d' ' -f22");
    await box.call({ kind: "ensure", port: "workloads", key: "i-12", spec: testInstance(12, { userData: HELLO, boot: 2 }) });
    expect(await output("i-12", "stat -c %Y /run/booted; cat /proc/1/stat | cut -d' ' -f22")).toBe(boot);
  });

  it("comes back by itself after a reboot from inside", async () => {
    const before = await output("i-12", "cut -d' ' -f22 /proc/1/stat");
    const restarted = box.until("i-12", (status) => status?.state === "starting");
    await box.exec("i-12", "reboot");
    await restarted;
    await box.until("i-12", (status) => status?.state === "running");
    await booted("i-12");
    expect(await output("i-12", "cut -d' ' -f22 /proc/1/stat")).not.toBe(before);
  });

  it("is seen to have powered itself off", async () => {
    await box.exec("i-12", "poweroff");
    await box.until("i-12", (status) => status?.state === "exited");
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-12" })).toEqual({ state: "exited", boot: 2, reason: "it powered itself off" });
  });

  it("is seen to have been killed, at once", async () => {
    await box.call({ kind: "ensure", port: "workloads", key: "i-12", spec: testInstance(12, { boot: 3 }) });
    await booted("i-12");
    const exited = box.until("i-12", (status) => status?.state === "exited");
    await box.sandbox("pkill -9 -o -f '^sh /run/hakoniwa/init i-12 '");
    const killed = performance.now();
    await exited;
    // Some 20 ms on a machine at rest; the bound allows for a busy one.
    expect(performance.now() - killed).toBeLessThan(1_000);
  });

  it("leaves no process, mount or link when it is removed, and its disk stays until that is removed too", async () => {
    await box.call({ kind: "ensure", port: "workloads", key: "i-12", spec: testInstance(12, { boot: 4 }) });
    await booted("i-12");
    await box.call({ kind: "remove", port: "workloads", key: "i-12" });
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-12" })).toBeUndefined();
    expect((await box.sandbox("pgrep -f '[i]nit i-12 '; grep -c vol-12 /proc/*/mountinfo 2>/dev/null | grep -v ':0$'; ls /run/hakoniwa/seeds")).stdout).toBe("i-11\n");
    expect((await box.sandbox("ip -n vpc-1 -br link | grep -c '^e'")).stdout.trim()).toBe("1");
    expect(await box.call({ kind: "observe", port: "disks", key: "vol-12" })).toEqual({ ready: true });
    await box.call({ kind: "remove", port: "disks", key: "vol-12" });
    expect(await box.call({ kind: "observe", port: "disks", key: "vol-12" })).toBeUndefined();
  });

  it("can't boot from a disk that is not there, says so, and can be tried again", async () => {
    const spec = testInstance(13, { rootDisk: "vol-none" });
    await expect(box.call({ kind: "ensure", port: "workloads", key: "i-13", spec })).rejects.toThrow("the root disk vol-none is not there");
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-13" })).toMatchObject({ state: "exited" });
    await launch(13);
    expect(await box.call({ kind: "observe", port: "workloads", key: "i-13" })).toMatchObject({ state: "running" });
    await box.call({ kind: "remove", port: "workloads", key: "i-13" });
  });

  it("boots from a snapshot with what was on the disk, and runs user data again as another instance (S2-40)", async () => {
    await box.exec("i-11", "rm /usr/sbin/poweroff; echo golden > /srv/image");
    await box.call({ kind: "ensure", port: "disks", key: "vol-11", spec: { ...DISK, snapshots: ["snap-1"] } });
    await launch(12, { userData: Buffer.from("#!/bin/sh\nhostname > /srv/who") }, { source: { kind: "snapshot", id: "snap-1" }, snapshots: [] });
    await booted("i-12");
    expect(await output("i-12", "cat /srv/image /srv/who; systemctl is-active httpd; ls /usr/sbin/poweroff")).toMatch(/^golden\nip-10-0-0-12\nactive\nls: cannot access/);
  });
});

describe("the attendant", () => {
  const token = 'T=$(curl -s -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" http://169.254.169.254/latest/api/token)';

  it("gives an instance its metadata for a token", async () => {
    const get = (path: string): Promise<string> => output("i-11", `${token}; curl -s -H "X-aws-ec2-metadata-token: $T" http://169.254.169.254/latest/${path}`);
    expect(await get("meta-data/instance-id")).toBe("i-11");
    expect(await get("meta-data/")).toBe("instance-id\nlocal-ipv4\nplacement/");
    expect(await get("user-data")).toBe(HELLO.toString().trim());
    expect(await output("i-11", "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/instance-id")).toBe("401");
  });

  it("resolves names of the internet and of the instance's own VPC", async () => {
    const name = (key: string, vpc: string | undefined) => {
      const scope = vpc === undefined ? { kind: "internet" } : { kind: "vpc", vpc };
      return box.call({ kind: "ensure", port: "names", key, spec: { addresses: ["198.51.100.77"], scope, site: false } });
    };
    await name("elb.example.com", undefined);
    await name("other.internal", "vpc-2");
    const answer = "198.51.100.77";
    expect(await output("i-11", "getent ahostsv4 ELB.example.com | head -1 | cut -d' ' -f1")).toBe(answer);
    expect(await output("i-11", "getent ahostsv4 ip-10-0-0-11 | tail -1 | cut -d' ' -f1")).toBe("10.0.0.11");
    expect(await output("i-11", "dig +short +search ip-10-0-0-11; dig +short -x 10.0.0.11; dig +short +search ip-10-0-0-99")).toBe("10.0.0.11\nip-10-0-0-11.ap-northeast-1.compute.internal.");
    expect(await output("i-11", "getent hosts other.internal; echo $?")).toBe("2");
    expect((await box.internet("getent ahostsv4 elb.example.com | head -1 | cut -d' ' -f1; getent hosts other.internal; echo $?")).stdout).toBe(`${answer}\n2\n`);
    await box.call({ kind: "remove", port: "names", key: "elb.example.com" });
    expect(await output("i-11", "getent hosts elb.example.com; echo $?")).toBe("2");
  });

  it("is started again when it dies, and knows everything again", async () => {
    await box.sandbox("pkill -9 -f linux/attendant/main.js");
    expect(await output("i-11", `for n in $(seq 100); do ${token}; [ -n "$T" ] && break; sleep 0.05; done; curl -s -H "X-aws-ec2-metadata-token: $T" http://169.254.169.254/latest/meta-data/instance-id`)).toBe("i-11");
  });
});
