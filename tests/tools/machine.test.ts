import { describe, expect, it } from "vitest";
import * as machine from "../../tools/machine.mjs";

type Needs = Readonly<Record<string, string>>;
const { nodeProblem, planInstallation, programsFor } = machine as {
  nodeProblem(version: string): string | undefined;
  planInstallation(needed: Needs, has: (program: string) => boolean, uid: number): { readonly packages: readonly string[]; readonly message?: string };
  programsFor(args: readonly string[], env: NodeJS.ProcessEnv, machine: { readonly platform: string; readonly npm: boolean }): Needs;
};

const linux = { platform: "linux", npm: false };

describe("before a command runs", () => {
  it("an old Node is told so, with its version and the one that is needed", () => {
    expect(nodeProblem("20.18.3")).toBe("Node.js 20.19 or newer is needed, but this is 20.18.3: https://nodejs.org");
    expect(nodeProblem("18.20.4")).toContain("18.20.4");
    expect(["20.19.0", "22.0.0", "24.1.0"].map(nodeProblem)).toEqual([undefined, undefined, undefined]);
  });

  it("a user who may not install is told the one command that installs what is missing", () => {
    const needed = programsFor(["up"], {}, linux);
    const { message } = planInstallation(needed, (program) => !["ip", "nft", "nsenter", "unshare"].includes(program), 1000);
    expect(message).toContain("these programs are missing: ip, nft, unshare, nsenter.");
    expect(message).toContain("\n    sudo apt-get install -y iproute2 nftables util-linux\n");
  });

  it("for root it is installed; root without apt-get is told, without sudo", () => {
    const needed = programsFor(["start"], {}, linux);
    expect(planInstallation(needed, (program) => program !== "nft", 0)).toEqual({ packages: ["nftables"] });
    expect(planInstallation(needed, (program) => !["nft", "apt-get"].includes(program), 0).message).toContain("\n    apt-get install -y nftables\n");
    expect(planInstallation(needed, () => true, 1000)).toEqual({ packages: [] });
  });

  it("only what sends packets needs a network's programs: not paper, not another system, and not `doctor`, which tells", () => {
    for (const args of [["up", "--dataplane", "paper"], ["start", "--dataplane=paper"], ["status"], ["stop"], ["doctor"], []]) {
      expect(programsFor(args, {}, linux)).toEqual({});
    }
    expect(programsFor(["up"], { HAKONIWA_DATAPLANE: "paper" }, linux)).toEqual({});
    expect(programsFor(["up", "--dataplane", "linux"], { HAKONIWA_DATAPLANE: "paper" }, linux)).toHaveProperty("nft");
    expect(programsFor(["up"], {}, { platform: "darwin", npm: false })).toEqual({});
    expect(programsFor(["test"], {}, linux)).toMatchObject({ nft: "nftables", curl: "curl", newuidmap: "uidmap" });
  });

  it("a Node without npm is told about it together with the rest", () => {
    const needed = programsFor(["up"], {}, { platform: "linux", npm: true });
    expect(planInstallation(needed, (program) => !["npm", "nft"].includes(program), 1000).message).toContain("sudo apt-get install -y npm nftables");
  });
});
