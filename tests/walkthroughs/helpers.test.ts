import { readFileSync, readdirSync } from "node:fs";
import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden } from "./garden.js";

describe("a helper process that is killed", { timeout: 60_000 }, () => {
  let garden: Garden;
  let instance: { readonly id: string; readonly address: string };

  beforeAll(async () => {
    garden = await createGarden();
    const up = await garden.hakoniwa("up");
    expect(up.code, up.stderr).toBe(0);
    instance = await running();
  }, 120_000);
  afterAll(() => garden.end(), 60_000);

  const running = async (): Promise<{ id: string; address: string }> => {
    const Filters = [{ Name: "instance-state-name", Values: ["running"] }];
    const { Reservations } = await garden.ec2.send(new DescribeInstancesCommand({ Filters }));
    const { InstanceId, PrivateIpAddress } = Reservations![0]!.Instances![0]!;
    return { id: InstanceId!, address: PrivateIpAddress! };
  };
  const kill = async (helper: string): Promise<number> => {
    const pid = helpersOf((await garden.pid())!).find(({ command }) => command.includes(`/linux/${helper}/main.js`))?.pid;
    expect(pid, `the process of the ${helper}`).toBeDefined();
    process.kill(pid!, "SIGKILL");
    return pid!;
  };
  const answers = (): Promise<string> => until("the site answers", 30, async () => (await garden.curl(1)) ?? false);

  it("the balancer's comes back, and the site answers again", async () => {
    await kill("balancer");
    expect(await answers()).toBe("hello!\n");
    expect(await running()).toEqual(instance);
  });

  it("the attendant's comes back, and with it metadata and names", async () => {
    await kill("attendant");
    const token = "curl -sf -m 2 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token";
    const script = `curl -sf -m 2 -H "X-aws-ec2-metadata-token: $(${token})" http://169.254.169.254/latest/meta-data/instance-id && getent hosts "$(hostname)"`;
    const said = await until("metadata answers", 20, async () => {
      const { code, stdout } = await garden.hakoniwa("exec", instance.id, "sh", "-c", script);
      return code === 0 && stdout;
    });
    expect(said).toContain(instance.id);
  });

  it("the edge's comes back with the host's ports, twice, and the cloud goes on", async () => {
    const cloud = await garden.pid();
    for (let time = 0; time < 2; time += 1) {
      await kill("edge");
      expect(await answers()).toBe("hello!\n");
    }
    expect(await garden.pid()).toBe(cloud);
    expect(await running()).toEqual(instance);
  });
});

/** The processes below one, with their command lines. */
function helpersOf(root: number): readonly { readonly pid: number; readonly command: string }[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const stat = text(`/proc/${name}/stat`);
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const isBelow = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === root) return true;
    return false;
  };
  return [...parents.keys()].filter(isBelow).map((pid) => ({ pid, command: text(`/proc/${pid}/cmdline`).replaceAll("\0", " ") }));
}

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
