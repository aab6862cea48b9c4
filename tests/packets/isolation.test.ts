import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toInternet, vpc } from "./model.js";
import { createWorld } from "./world.js";
import type { World } from "./world.js";

const network = vpc({
  id: "vpc-isolation",
  subnets: { main: { cidr: "10.0.0.0/24", routes: [toInternet] } },
  interfaces: {
    attacker: { subnet: "main", address: "10.0.0.10", public: "198.51.100.10" },
    victim: { subnet: "main", address: "10.0.0.11" },
    friend: { subnet: "main", address: "10.0.0.12" },
  },
});
const other = vpc({ id: "vpc-other", cidr: "10.9.0.0/16", subnets: { main: { cidr: "10.9.0.0/24" } }, interfaces: { stranger: { subnet: "main", address: "10.9.0.10" } } });

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.listen(undefined, 4566);
  for (const one of [network, other]) await world.ensure(one);
  for (const host of ["attacker", "victim", "friend", "stranger"]) {
    await world.host(host, "nested");
    await world.listen(host, 80);
  }
});
afterAll(() => world.close());

const asAttacker = (...argv: [string, ...string[]]) => world.exec("attacker", argv);
const shell = (script: string) => asAttacker("sh", "-c", script);
/** As it was made: routes go with a change of the hardware address. */
const withMac = (mac: string) => shell(`gateway=$(ip neighbour show 10.0.0.1 | sed 's/.*lladdr \\([0-9a-f:]*\\).*/\\1/'); ip link set eth0 address ${mac} || exit 1
  ip neighbour replace 10.0.0.1 lladdr $gateway dev eth0 nud permanent; ip route replace 10.0.0.1/32 dev eth0 scope link
  ip route replace 10.0.0.0/24 via 10.0.0.1 dev eth0; ip route replace default via 10.0.0.1 dev eth0`);

describe("an instance that forges", () => {
  it("another's address is not heard, and takes nothing from it", async () => {
    await shell("ip address add 10.0.0.12/32 dev eth0");
    expect((await asAttacker("ping", "-n", "-c", "1", "-W", "1", "-I", "10.0.0.12", "10.0.0.11")).code).not.toBe(0);
    expect(await world.connect("victim", "10.0.0.12", 80)).toBe("friend 10.0.0.11");
    await shell("ip address del 10.0.0.12/32 dev eth0");
    expect(await world.connect("attacker", "10.0.0.11", 80)).toBe("victim 10.0.0.10");
  });

  it("its hardware address does not get another's packets", async () => {
    expect((await withMac("06:00:00:00:00:03")).code).toBe(0);
    expect(await world.connect("victim", "10.0.0.12", 80)).toBe("friend 10.0.0.11");
    expect((await withMac("06:00:00:00:00:01")).code).toBe(0);
    expect(await world.connect("attacker", "10.0.0.11", 80)).toBe("victim 10.0.0.10");
  });

  it("answers to ARP changes no neighbour's mind", async () => {
    // Gratuitous ARP: "10.0.0.12 is at my address", as arping would send it.
    const frame = "ffffffffffff" + "060000000001" + "0806" + "0001080006040002" + "060000000001" + "0a00000c" + "ffffffffffff" + "0a00000c";
    const send = `import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0)); [s.send(bytes.fromhex("${frame}")) for _ in range(5)]`;
    expect((await asAttacker("python3", "-c", send)).code).toBe(0);
    expect(await world.connect("victim", "10.0.0.12", 80)).toBe("friend 10.0.0.11");
    expect((await world.exec("vpc-isolation", ["ip", "neighbour", "show", "10.0.0.12"])).output).toMatch(/06:00:00:00:00:03 PERMANENT/);
  });

  it("hears nothing that is not for it, and so can't play DHCP server or router", async () => {
    const listen = `import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); s.bind(("eth0", 0)); s.settimeout(1)
own = bytes.fromhex("060000000001")
try:
  while True:
    frame = s.recv(2048)
    if frame[6:12] != own and frame[0:6] != own: sys.exit(f"heard {frame.hex()}")
except socket.timeout: pass`;
    const listening = asAttacker("python3", "-c", listen);
    await world.exec("victim", ["sh", "-c", "echo discover | timeout 1 python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.sendto(b\"discover\", (\"255.255.255.255\", 67))'; true"]);
    await world.connect("victim", "10.0.0.12", 80);
    expect((await listening).output).not.toMatch(/heard/);
  });
});

describe("from an instance nothing answers", () => {
  it("over IPv6: neither neighbours nor the router", async () => {
    const found = await shell("ip -6 address add fe80::1/64 dev eth0 nodad 2>/dev/null; ping -6 -n -c 2 -W 1 ff02::1%eth0; true");
    expect(found.output.split("\n").filter((line) => /bytes from/.test(line) && !/fe80::1%/.test(line) && !/from fe80::400:ff:fe00:1/.test(line))).toEqual([]);
  });

  it("in another VPC, whose range it has no route to, or by the router of its own", async () => {
    expect(await world.connect("attacker", "10.9.0.10", 80)).toBe("timeout");
    expect(await world.connect("stranger", "10.0.0.11", 80)).toBe("timeout");
    expect(await world.connect("attacker", "169.254.0.1", 80)).toBe("timeout");
    expect(await world.connect("attacker", "169.254.0.2", 4566)).toBe("timeout");
    expect(await world.connect("attacker", "10.0.0.1", 80)).toBe("timeout");
  });

  it("at the host's loopback, or at a socket of the cloud that is bound to it", async () => {
    expect(await world.connect("attacker", "127.0.0.1", 4566)).toBe("ECONNREFUSED");
    await shell("sysctl -qw net.ipv4.conf.all.route_localnet=1 net.ipv4.conf.eth0.route_localnet=1; ip route add 127.0.0.2/32 via 10.0.0.1 dev eth0; ip rule add pref 0 to 127.0.0.2 lookup main; true");
    expect(await world.connect("attacker", "127.0.0.2", 4566)).not.toMatch(/ \d/);
  });
});
