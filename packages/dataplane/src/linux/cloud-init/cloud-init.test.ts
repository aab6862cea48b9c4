import { gzipSync } from "node:zlib";
import { assert, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { readCloudConfig } from "./cloud-config.js";
import { planCloudInit } from "./plan.js";
import { partsOf } from "./user-data.js";

const config = (text: string) => readCloudConfig([`#cloud-config\n${text}`]);
const plan = (text: string): Record<string, string> => Object.fromEntries(Object.entries(planCloudInit(Buffer.from(text))).map(([path, content]) => [path, Buffer.from(content).toString()]));

describe("user data", () => {
  it("is a script by its first line, packed or not", () => {
    const script = Buffer.from("#!/usr/bin/python3\nprint(1)\n");
    for (const given of [script, gzipSync(script)]) expect(partsOf(given)).toEqual([{ kind: "script", name: "part-001", content: script }]);
  });

  it("is told of when nobody can do anything with it", () => {
    expect(plan("echo hello")).toEqual({ warnings: expect.stringContaining("Unhandled non-multipart (text/x-not-multipart) userdata: 'echo hello'") });
    expect(plan("#include\nhttps://example.com/x.sh")).toEqual({ warnings: expect.stringContaining("#include is not supported") });
    expect(planCloudInit(Buffer.concat([gzipSync("#!/bin/sh").subarray(0, 12)]))).toEqual({ warnings: expect.stringContaining("can't be unpacked") });
  });

  it("does not unpack into gigabytes", () => {
    expect(planCloudInit(gzipSync(Buffer.alloc(20_000_000)))).toEqual({ warnings: expect.stringContaining("can't be unpacked") });
  });

  it("is multipart as make-mime and Terraform write it: parts by their type, encoding and file name", () => {
    const mime = [
      'Content-Type: multipart/mixed; boundary="===B=="', "MIME-Version: 1.0", "", "--===B==",
      'Content-Type: text/cloud-config; charset="us-ascii"', "MIME-Version: 1.0", "Content-Transfer-Encoding: 7bit", 'Content-Disposition: attachment; filename="cloud.cfg"', "",
      "packages: [httpd]", "--===B==",
      "Content-Type: text/x-shellscript", "Content-Transfer-Encoding: base64", 'Content-Disposition: attachment; filename="../evil"', "", Buffer.from("#!/bin/sh\necho two\n").toString("base64"), "--===B==",
      "Content-Type: text/cloud-boothook", "", "#cloud-boothook", "echo boot", "--===B==--", "",
    ];
    for (const end of ["\n", "\r\n"]) {
      expect(plan(mime.join(end))).toEqual({ packages: "httpd\n", "scripts/part-002": "#!/bin/sh\necho two\n", "boothooks/003": "echo boot" });
    }
  });

  it("never throws, whatever bytes come", () => {
    assert(property(uint8Array({ maxLength: 300 }), (bytes) => void planCloudInit(bytes)));
    assert(property(string(), (text) => void planCloudInit(Buffer.from(`Content-Type: multipart/mixed; boundary=x\n\n--x\n${text}`))));
    assert(property(string(), (text) => void config(text)));
  });
});

describe("#cloud-config", () => {
  it("runs strings as shell and lists as commands, in their order", () => {
    expect(config("runcmd:\n - echo $HOME\n - [touch, it's, 3]\n").config.runcmd).toEqual(["echo $HOME", "'touch' 'it'\\''s' '3'"]);
  });

  it("writes files in every encoding, with owner and permissions", () => {
    const packed = gzipSync("packed").toString("base64");
    const { config: read, warnings } = config(`write_files:
 - { path: /a, content: "plain\\n", permissions: '0600', owner: 'ec2-user:ec2-user', append: true }
 - { path: /b, content: ${Buffer.from("binary").toString("base64")}, encoding: b64, permissions: 0755, defer: true }
 - { path: /c, content: ${packed}, encoding: gz+b64 }
 - { path: relative, content: x }
 - { path: /d, content: x, encoding: rot13 }
`);
    expect(read.files.map((file) => ({ ...file, content: file.content.toString() }))).toEqual([
      { path: "/a", content: "plain\n", owner: "ec2-user:ec2-user", permissions: "0600", append: true, deferred: false },
      { path: "/b", content: "binary", owner: "root:root", permissions: "755", append: false, deferred: true },
      { path: "/c", content: "packed", owner: "root:root", permissions: "0644", append: false, deferred: false },
    ]);
    expect(warnings).toEqual([expect.stringMatching(/write_files\[3\].*"relative".*not valid/), expect.stringMatching(/write_files\[4\].*not valid/)]);
  });

  it("names what it can't do, and does the rest", () => {
    const { config: read, warnings } = config("apt: {sources: {}}\nhostname: [1]\npackages: [httpd, 7, [nginx, 1.2]]\nssh_pwauth: no\nrepo_update: true\n");
    expect(read.packages).toEqual(["httpd", "nginx"]);
    expect(warnings).toEqual([
      "#cloud-config: packages[1] (7) is not valid or not supported and was left out",
      "#cloud-config: hostname ([1]) is not valid and was left out",
      "#cloud-config: apt is not supported and was left out",
      "#cloud-config: repo_update is not supported and was left out",
    ]);
  });

  it("knows users, groups, mounts and the rest", () => {
    const { config: read, warnings } = config(`users:
 - default
 - { name: ann, gecos: Ann A., groups: "web, wheel", sudo: "ALL=(ALL) NOPASSWD:ALL", ssh_authorized_keys: [ssh-ed25519 AAAA ann] }
 - { name: "bad:name" }
groups: [web, {ops: [ann]}]
mounts: [[sdf, /data, xfs], ["/dev/sdg", "/more", "ext4", "defaults", 0, 0]]
fs_setup: [{ device: /dev/sdf, filesystem: xfs, label: data }]
timezone: Asia/Tokyo
hostname: web1
final_message: up after $UPTIME
power_state: { mode: reboot }
`);
    expect(read).toMatchObject({
      users: [{ name: "ann", gecos: "Ann A.", shell: "/bin/bash", groups: ["web", "wheel"], sudo: true, keys: ["ssh-ed25519 AAAA ann"] }],
      groups: ["web", "ops"],
      mounts: ["/dev/sdf /data xfs defaults,nofail 0 2", "/dev/sdg /more ext4 defaults 0 0"],
      fileSystems: [{ device: "/dev/sdf", type: "xfs", label: "data" }],
      timezone: "Asia/Tokyo",
      hostname: "web1",
      powerState: "reboot",
    });
    expect(warnings).toEqual([expect.stringMatching(/users\[2\]/)]);
  });

  it("lets a later part's key replace an earlier one's", () => {
    expect(readCloudConfig(["#cloud-config\nhostname: a\nruncmd: [one]\n", "#cloud-config\nruncmd: [two]\n"]).config).toMatchObject({ hostname: "a", runcmd: ["two"] });
  });

  it("survives aliases that would multiply without end", () => {
    const bomb = ["a: &a [x,x,x,x,x,x,x,x]", ..."bcdefghij".split("").map((name, index) => `${name}: &${name} [${Array(8).fill(`*${"abcdefghi"[index]}`).join()}]`)].join("\n");
    expect(config(bomb).warnings[0]).toMatch(/alias/i);
  });
});
