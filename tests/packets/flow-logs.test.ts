/** What the kernel counts for flow logs, packet by packet. */
import type { FlowCount } from "@hakoniwa/network";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { allowAll, anywhere, rule, toInternet, vpc, withAcl, withGroup, withInterfaces } from "./model.js";
import { createWorld, type World } from "./world.js";

const PLAIN = vpc({
  id: "vpc-flows",
  subnets: { web: { cidr: "10.0.0.0/24", routes: [toInternet] }, db: { cidr: "10.0.1.0/24" } },
  groups: { "sg-open": { ingress: [anywhere], egress: [anywhere] }, "sg-db": { ingress: [rule("10.0.0.0/16", "tcp", 5432), rule("10.0.0.0/16", "icmp")], egress: [anywhere] } },
  interfaces: {
    web: { subnet: "web", address: "10.0.0.10", public: "198.51.100.10" },
    db: { subnet: "db", address: "10.0.1.10", groups: ["sg-db"] },
  },
});
const LOGGED = withInterfaces(PLAIN, { web: { flowLogged: true }, db: { flowLogged: true } });

const INSIDE = /^10\./;
/** A server whose answers are dropped repeats them for a while: exact numbers are told of pings alone. */
const pings = (flows: readonly FlowCount[]): readonly FlowCount[] => flows.filter((flow) => flow.protocol === 1);

let world: World;
let after: string | undefined;
beforeAll(async () => {
  world = await createWorld();
  await world.ensure(LOGGED);
  for (const host of ["web", "db"]) {
    await world.host(host);
    await world.listen(host, 5432);
  }
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.ensure(LOGGED);
  await read();
});

async function read(): Promise<readonly FlowCount[]> {
  const reading = await world.readFlows("vpc-flows", after);
  after = reading.name;
  return reading.flows;
}

/** Flows in words: `web > ACCEPT 10.0.0.10 -> 10.0.1.10:5432`; `>` leaves the interface, `<` enters it. */
function inWords(flows: readonly FlowCount[]): string[] {
  return flows.map((flow) => {
    // The client's port is any.
    const end = (address: string, port: number): string => (port > 0 && port < 10_000 ? `${address}:${port}` : address);
    return `${flow.networkInterface.slice(4)} ${flow.direction === "egress" ? ">" : "<"} ${flow.action} ${end(flow.source, flow.sourcePort)} -> ${end(flow.destination, flow.destinationPort)}`;
  }).toSorted();
}

describe("flow counters", () => {
  it("tell both directions of a connection at both interfaces, with its packets, bytes and TCP flags (S3-43)", async () => {
    expect(await world.connect("web", "10.0.1.10", 5432)).toBe("db 10.0.0.10");
    const flows = await read();
    expect(inWords(flows)).toEqual([
      "db < ACCEPT 10.0.0.10 -> 10.0.1.10:5432", "db > ACCEPT 10.0.1.10:5432 -> 10.0.0.10",
      "web < ACCEPT 10.0.1.10:5432 -> 10.0.0.10", "web > ACCEPT 10.0.0.10 -> 10.0.1.10:5432",
    ]);
    const [asked] = flows.filter((flow) => flow.networkInterface === "eni-db" && flow.direction === "ingress");
    const [answered] = flows.filter((flow) => flow.networkInterface === "eni-db" && flow.direction === "egress");
    expect(asked).toMatchObject({ protocol: 6, tcpFlags: 3 });
    expect(answered).toMatchObject({ protocol: 6, tcpFlags: 19 });
    // A SYN is 60 bytes; every packet has 52 at least.
    expect(asked!.packets).toBeGreaterThanOrEqual(4);
    expect(asked!.bytes).toBeGreaterThanOrEqual(60 + 52 * (asked!.packets - 1));
    expect(await read()).toEqual([]);
  });

  it("tell what a group denies: accepted where it leaves, rejected where it arrives (S3-35)", async () => {
    expect(await world.connect("web", "10.0.1.10", 22)).toBe("timeout");
    expect(inWords(await read())).toEqual(["db < REJECT 10.0.0.10 -> 10.0.1.10:22", "web > ACCEPT 10.0.0.10 -> 10.0.1.10:22"]);
  });

  it("tell what a group keeps from leaving (S3-35)", async () => {
    await world.ensure(withGroup(LOGGED, "sg-open", { egress: [rule("10.0.1.0/24", "tcp", 443)] }));
    expect(await world.connect("web", "10.0.1.10", 5432)).toBe("timeout");
    expect(inWords(await read())).toEqual(["web > REJECT 10.0.0.10 -> 10.0.1.10:5432"]);
  });

  it("tell of an ACL's stateless denial: the question is accepted, the answer rejected (S3-34, S0-51)", async () => {
    await world.ensure(withAcl(LOGGED, "db", { ingress: [allowAll], egress: [] }));
    expect(await world.connect("web", "10.0.1.10", 5432)).toBe("timeout");
    const flows = await read();
    expect(inWords(flows)).toEqual([
      "db < ACCEPT 10.0.0.10 -> 10.0.1.10:5432", "db > REJECT 10.0.1.10:5432 -> 10.0.0.10", "web > ACCEPT 10.0.0.10 -> 10.0.1.10:5432",
    ]);
    expect(flows.find((flow) => flow.action === "REJECT")).toMatchObject({ tcpFlags: 18 });
  });

  it("tell private addresses of what comes from the internet, as the interface sees them", async () => {
    expect(await world.connect(undefined, "198.51.100.10", 5432)).toMatch(/^web /);
    expect(inWords((await read()).filter((flow) => !INSIDE.test(flow.source) || !INSIDE.test(flow.destination)))).toEqual([
      expect.stringMatching(/^web < ACCEPT (?!10\.).* -> 10\.0\.0\.10:5432$/), expect.stringMatching(/^web > ACCEPT 10\.0\.0\.10:5432 -> (?!10\.)/),
    ]);
  });

  it("tell of pings without ports", async () => {
    expect(await world.ping("web", "10.0.1.10")).toBe(true);
    const flows = pings(await read());
    expect(flows).toHaveLength(4);
    for (const flow of flows) expect(flow).toMatchObject({ protocol: 1, sourcePort: 0, destinationPort: 0, packets: 1, bytes: 84, tcpFlags: 0 });
  });

  it("leave out what AWS does: the resolver and metadata", async () => {
    await world.exec("web", ["ping", "-n", "-c", "1", "-W", "1", "10.0.0.2"]);
    expect(await world.connect("web", "169.254.169.254", 80)).not.toBe("");
    expect((await read()).filter((flow) => [flow.source, flow.destination].some((address) => ["10.0.0.2", "169.254.169.254"].includes(address)))).toEqual([]);
  });

  it("tell the same again, with what came since, until a reading is acknowledged", async () => {
    await world.ping("web", "10.0.1.10");
    const first = await world.readFlows("vpc-flows", after);
    await world.ping("web", "10.0.1.10");
    const again = await world.readFlows("vpc-flows", after);
    expect(pings(first.flows).map((flow) => flow.packets)).toEqual([1, 1, 1, 1]);
    expect(pings(again.flows).map((flow) => flow.packets)).toEqual([2, 2, 2, 2]);
    expect(pings((await world.readFlows("vpc-flows", again.name)).flows)).toEqual([]);
    after = undefined;
  });

  it("say that something was missed when their process is killed, and count nothing twice", async () => {
    await world.ping("web", "10.0.1.10");
    await read();
    expect(await world.killFlowReader()).toBe(1);
    await world.ping("web", "10.0.1.10");
    // Whoever asks before its end is noticed hears of it, and asks again.
    const reading = await world.readFlows("vpc-flows", after).catch(() => world.readFlows("vpc-flows", after));
    expect(reading.flows).toEqual([]);
    expect(reading.missed.toSorted()).toEqual(["eni-db", "eni-web"]);
    after = reading.name;
    await world.ping("web", "10.0.1.10");
    expect(pings(await read()).map((flow) => flow.packets)).toEqual([1, 1, 1, 1]);
  });

  it("say of which interface something was missed when there are too many flows at once", async () => {
    const script = `
      const socket = require("node:dgram").createSocket("udp4");
      const send = (port) => port > 20000 ? socket.close() : socket.send("x", port, "10.0.1.10", () => send(port + 1));
      socket.bind(40000, () => send(1));`;
    expect(await world.exec("web", [process.execPath, "-e", script])).toEqual({ code: 0, output: "" });
    const reading = await world.readFlows("vpc-flows", after);
    after = reading.name;
    const of = (networkInterface: string): number => reading.flows.filter((flow) => flow.networkInterface === networkInterface && flow.protocol === 17).length;
    expect([of("eni-web"), of("eni-db")]).toEqual([20_000, 16_384]);
    expect(reading.missed).toEqual(["eni-db"]);
  });

  it("are only there for interfaces that are logged", async () => {
    await world.ensure(withInterfaces(PLAIN, { web: { flowLogged: true } }));
    await world.ping("web", "10.0.1.10");
    expect(inWords(pings(await read()))).toEqual(["web < ACCEPT 10.0.1.10 -> 10.0.0.10", "web > ACCEPT 10.0.0.10 -> 10.0.1.10"]);
    await world.ensure(PLAIN);
    const { output } = await world.exec("vpc-flows", ["nft", "list", "table", "ip", "vpc"]);
    expect(output).not.toContain("fl_");
    expect(await read()).toEqual([]);
  });
});
