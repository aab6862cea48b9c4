import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const EMPTY = { source: { kind: "empty" }, snapshots: [] };
const ROOT = { source: { kind: "image", name: "al2023" }, snapshots: [] };
const SDF = { disk: "vol-data", device: "/dev/sdf", size: 8 * 1024 ** 3 };
let box: TestBox;
let boot = 1;

const disk = (key: string, spec: object): Promise<unknown> => box.call({ kind: "ensure", port: "disks", key, spec });
const instance = (more: object = {}): Promise<unknown> => box.call({ kind: "ensure", port: "workloads", key: "i-21", spec: testInstance(21, { boot, ...more }) });
const state = (): Promise<unknown> => box.call({ kind: "observe", port: "workloads", key: "i-21" });
const booted = (): Promise<unknown> => box.exec("i-21", "until [ -e /run/booted ]; do sleep 0.02; done");

async function output(script: string): Promise<string> {
  const { stdout, stderr } = await box.exec("i-21", script);
  return (stdout + stderr).trim();
}

beforeAll(async () => {
  box = await startTestBox();
  await box.call({ kind: "ensure", port: "networks", key: "vpc-1", spec: testVpc([testInterface(21, "i-21")]) });
  for (const [key, spec] of [["vol-21", ROOT], ["vol-data", EMPTY], ["vol-more", EMPTY]] as const) await disk(key, spec);
  await instance();
  await booted();
});
afterAll(() => box.end());

describe("a data volume", () => {
  it("appears in a running instance when it is attached, and is empty", async () => {
    expect(await state()).toMatchObject({ volumes: [] });
    await instance({ volumes: [SDF] });
    expect(await state()).toMatchObject({ state: "running", boot: 1, volumes: ["vol-data"] });
    expect(await output("lsblk | tail -n 1")).toMatch(/^xvdf +202:80 +0 +8G 0 +disk$/);
    expect(await output("ls -d /dev/sdf /dev/xvdf")).toBe("/dev/sdf\n/dev/xvdf");
    expect(await output("mkdir -p /data; mount /dev/sdf /data; echo $?")).toMatch(/^32\nmount: \/data: wrong fs type/);
  });

  it("is in a place that the instance itself can't change, where it would lead the data plane by links", async () => {
    const write = "ln -s /etc/passwd /dev/.volumes/xvdg.volume; mkdir /dev/.volumes/xvdg";
    await box.exec("i-21", `${write}; mount -o remount,bind,rw /dev/.volumes; ${write}`);
    expect(await output("ls /dev/.volumes")).toBe("xvdf\nxvdf.volume");
  });

  it("is formatted and mounted as people do", async () => {
    expect(await output("mkfs -t xfs /dev/xvdf >/dev/null && mount /dev/sdf /data && echo kept >/data/file && findmnt -no TARGET /data; lsblk -f | tail -n 1")).toMatch(
      /^\/data\nxvdf +xfs +[0-9a-f-]{36} +\/data$/,
    );
    expect(await output("mkfs.xfs -f /dev/sdf; echo $?")).toMatch(/^1\nmkfs.xfs: \/dev\/sdf contains a mounted filesystem/);
    expect(await output("blkid /dev/xvdf")).toMatch(/^\/dev\/xvdf: TYPE="xfs" UUID="[0-9a-f-]{36}"$/);
  });

  it("is let go only when it is not mounted any more", async () => {
    await instance({ volumes: [] });
    expect(await state()).toMatchObject({ volumes: ["vol-data"] });
    expect(await output("cat /data/file")).toBe("kept");
    const gone = box.until("i-21", (status) => status?.state === "running" && status.volumes?.length === 0);
    await box.exec("i-21", "umount /dev/sdf");
    await gone;
    expect(await output("ls /dev/xvdf; ls -A /dev/.volumes /data")).toMatch(/No such file/);
    expect(await output("ls -A /data; lsblk | grep -c xvdf")).toBe("0");
  });

  it("is taken away at once by force", async () => {
    await instance({ volumes: [SDF] });
    expect(await output("mount /dev/sdf /data && cat /data/file")).toBe("kept");
    await instance({ volumes: [], released: ["vol-data"] });
    expect(await state()).toMatchObject({ volumes: [] });
    expect(await output("ls -A /data")).toBe("");
  });

  it("is kept as a snapshot, from which another volume starts", async () => {
    await disk("vol-data", { ...EMPTY, snapshots: ["snap-data"] });
    await disk("vol-copy", { source: { kind: "snapshot", id: "snap-data" }, snapshots: [] });
    await instance({ volumes: [SDF, { disk: "vol-copy", device: "/dev/sdg" }] });
    expect(await output("mkdir -p /copy; mount /dev/sdf /data; mount -o ro /dev/sdg /copy; echo changed >/data/file; cat /copy/file; touch /copy/x")).toMatch(/^kept\ntouch: .*Read-only file system$/);
  });

  it("comes back after a reboot where fstab says so, and a device that is missing does not stop the boot", async () => {
    await box.exec("i-21", `echo "$(blkid -s UUID -o value /dev/sdf | sed s/^/UUID=/) /data xfs defaults,nofail 0 2" >>/etc/fstab; echo "/dev/sdz /none xfs nofail 0 2" >>/etc/fstab`);
    boot = 2;
    await instance({ volumes: [SDF] });
    await booted();
    expect(await state()).toMatchObject({ boot: 2, volumes: ["vol-data"] });
    expect(await output("cat /data/file; ls -A /copy")).toBe("changed");
  });

  it("refuses a device's name that would be a path, and a disk that an image is on", async () => {
    await expect(instance({ volumes: [SDF, { disk: "vol-more", device: "/dev/../etc" }] })).rejects.toThrow(`"/dev/../etc" can't be a volume's device`);
    await disk("vol-root2", ROOT);
    await expect(instance({ volumes: [{ disk: "vol-root2", device: "/dev/sdh" }, SDF] })).rejects.toThrow("the volume vol-root2 holds a root file system");
    expect(await output("cat /data/file")).toBe("changed");
  });

  it("leaves no mount when its instance is killed", async () => {
    const exited = box.until("i-21", (status) => status?.state === "exited");
    await box.sandbox("pkill -9 -o -f '^sh /run/hakoniwa/init i-21 '");
    await exited;
    await box.call({ kind: "remove", port: "workloads", key: "i-21" });
    expect((await box.sandbox("grep -c 'data' /proc/self/mountinfo; ls /run/hakoniwa/bays")).stdout).toBe("0\n");
    await box.call({ kind: "remove", port: "disks", key: "vol-data" });
  });
});
