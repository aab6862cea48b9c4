import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NetworkInterface, Route, SecurityGroup, Vpc } from "@hakoniwa/network";
import { startTestBox, testInstance, testInterface, testVpc } from "./testing.js";
import type { TestBox } from "./testing.js";

const REGION = "ap-northeast-1";
const NODE = "/usr/lib/hakoniwa/node";
const toS3: Route = { destination: "52.219.0.0/20", target: { kind: "gateway-endpoint", id: "vpce-s3", service: "s3" }, prefixList: "pl-61a54008" };
const endpoint = { kind: "endpoint", endpoint: "vpce-ssm", vpc: "vpc-1", interfaces: ["eni-40"], service: "ssm" };

let box: TestBox;
const ensure = (port: "networks" | "workloads" | "disks", key: string, spec: unknown): Promise<unknown> => box.call({ kind: "ensure", port, key, spec });

function inPrivate(n: number, workload: string, more: Partial<NetworkInterface> = {}): NetworkInterface {
  return { ...testInterface(n, workload), subnet: "subnet-2", addresses: [{ private: `10.0.1.${n}`, public: undefined }], ...more };
}

/** i-30 in a subnet without internet, i-31 in a public one. */
function network(change: { readonly routes?: readonly Route[]; readonly named?: boolean; readonly admitted?: string; readonly vpc?: Partial<Vpc> } = {}): Vpc {
  const vpc = testVpc([testInterface(31, "i-31", "198.51.100.31"), inPrivate(30, "i-30"), inPrivate(40, "eni-40", { securityGroups: ["sg-2"] })]);
  const rule = { id: "sgr-2", protocol: "tcp", ports: { from: 443, to: 443 }, peer: { kind: "cidr", cidr: change.admitted ?? "10.0.0.0/16" } } as const;
  const group: SecurityGroup = { id: "sg-2", ingress: [rule], egress: [] };
  return {
    ...vpc,
    subnets: new Map([...vpc.subnets, ["subnet-2", { id: "subnet-2", cidr: "10.0.1.0/24", availabilityZone: `${REGION}a`, routeTable: "rtb-2", networkAcl: "acl-1" }]]),
    routeTables: new Map([...vpc.routeTables, ["rtb-2", { id: "rtb-2", routes: change.routes ?? [] }]]),
    securityGroups: new Map([...vpc.securityGroups, ["sg-2", group]]),
    ...(change.named && { privateNames: new Map([[`ssm.${REGION}.amazonaws.com`, ["10.0.1.40"]]]) }),
    ...change.vpc,
  };
}

/** What the API's stand-in in the test box says to an instance. */
async function ask(instance: string, url: string): Promise<unknown> {
  const { stdout } = await box.exec(instance, `curl -sS --max-time 1 ${url}`);
  return stdout === "" ? undefined : JSON.parse(stdout);
}

beforeAll(async () => {
  box = await startTestBox();
  await ensure("networks", "vpc-1", network());
  for (const n of [30, 31]) {
    await ensure("disks", `vol-${n}`, { source: { kind: "image", name: "al2023" }, snapshots: [] });
    await ensure("workloads", `i-${n}`, testInstance(n));
  }
  await Promise.all([30, 31].map((n) => box.exec(`i-${n}`, "while [ ! -e /run/booted ]; do sleep 0.01; done")));
});
afterAll(() => box.end());

describe("the AWS API inside the box", () => {
  it("is on the internet by its names", async () => {
    const internet = { kind: "internet", from: "198.51.100.31" };
    expect(await ask("i-31", `http://s3.${REGION}.amazonaws.com/`)).toEqual({ ...internet, protocol: "http" });
    expect(await ask("i-31", `http://my.bucket.s3.${REGION}.amazonaws.com/`)).toEqual({ ...internet, protocol: "http" });
    expect(await ask("i-31", `http://ssm.${REGION}.amazonaws.com:443/`)).toEqual({ ...internet, protocol: "https" });
    expect(await ask("i-30", `http://ssm.${REGION}.amazonaws.com:443/`)).toBeUndefined();
  });

  it("S3-40: is reached through a gateway endpoint for S3 alone, by the private address", async () => {
    expect(await ask("i-30", `http://s3.${REGION}.amazonaws.com/`)).toBeUndefined();
    await ensure("networks", "vpc-1", network({ routes: [toS3] }));
    const through = { kind: "endpoint", vpc: "vpc-1", endpoint: "vpce-s3", service: "s3", from: "10.0.1.30" };
    expect(await ask("i-30", `http://my.bucket.s3.${REGION}.amazonaws.com/`)).toEqual({ ...through, protocol: "http" });
    expect(await ask("i-30", `http://s3.${REGION}.amazonaws.com:443/`)).toEqual({ ...through, protocol: "https" });
    expect(await ask("i-30", `http://ssm.${REGION}.amazonaws.com:443/`)).toBeUndefined();
    await ensure("networks", "vpc-1", network());
    expect(await ask("i-30", `http://s3.${REGION}.amazonaws.com/`)).toBeUndefined();
  });

  it("S3-41: is reached through an interface endpoint, as far as its groups admit", async () => {
    await ensure("workloads", "eni-40", endpoint);
    const through = { protocol: "https", kind: "endpoint", vpc: "vpc-1", endpoint: "vpce-ssm", service: "ssm", from: "10.0.1.30" };
    expect(await ask("i-30", "http://10.0.1.40:443/")).toEqual(through);
    expect(await ask("i-30", `http://ssm.${REGION}.amazonaws.com:443/`)).toBeUndefined();
    await ensure("networks", "vpc-1", network({ named: true }));
    expect(await ask("i-30", `http://ssm.${REGION}.amazonaws.com:443/`)).toEqual(through);
    await ensure("networks", "vpc-1", network({ named: true, admitted: "10.0.0.0/24" }));
    expect(await ask("i-30", `http://ssm.${REGION}.amazonaws.com:443/`)).toBeUndefined();
    expect(await ask("i-31", `http://ssm.${REGION}.amazonaws.com:443/`)).toEqual({ ...through, from: "10.0.0.31" });
    await box.call({ kind: "remove", port: "workloads", key: "eni-40" });
    expect((await box.sandbox("ip netns list")).stdout).not.toMatch(/eni-40/);
  });

  it("is believed by what runs in an instance", async () => {
    const { stdout } = await box.exec("i-30", "tail -n 3 /etc/ssl/certs/ca-certificates.crt; echo $AWS_CA_BUNDLE $NODE_EXTRA_CA_CERTS");
    expect(stdout).toBe("-----BEGIN CERTIFICATE-----\nof the test box\n-----END CERTIFICATE-----\n/etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/hakoniwa-authority.pem\n");
  });
});

describe("a VPC's services", () => {
  const resolve = (server: string, flags = "") => `dig ${flags} +short +timeout=1 +tries=1 @${server} ip-10-0-1-30.${REGION}.compute.internal`;
  /** For hosts without dig: the same question over TCP, by hand. */
  const overTcp = (server: string) => `${NODE} -e '
    const name = "ip-10-0-1-30.${REGION}.compute.internal".split(".").map((label) => String.fromCharCode(label.length) + label).join("") + "\\0";
    const question = Buffer.concat([Buffer.from("000101000001000000000000", "hex"), Buffer.from(name, "latin1"), Buffer.from("00010001", "hex")]);
    const length = Buffer.alloc(2); length.writeUInt16BE(question.length);
    const socket = require("net").connect(53, "${server}", () => socket.write(Buffer.concat([length, question])));
    socket.setTimeout(1000, () => process.exit(1)).on("data", (data) => { console.log([...data.subarray(-4)].join(".")); process.exit(); });
  '`;

  it("S2-22: answer names at base+2 and 169.254.169.253, over TCP too", async () => {
    for (const server of ["10.0.0.2", "169.254.169.253"]) expect((await box.exec("i-30", overTcp(server))).stdout).toBe("10.0.1.30\n");
    expect((await box.exec("i-30", `command -v dig >/dev/null || exit 0; ${resolve("10.0.0.2", "+notcp")}; ${resolve("169.254.169.253", "+tcp")}`)).stdout).toMatch(/^(10\.0\.1\.30\n10\.0\.1\.30\n)?$/);
  });

  it("S1-70: tell the time at 169.254.169.123, which is ours", async () => {
    const { stdout } = await box.exec("i-30", `${NODE} -e '
      const socket = require("dgram").createSocket("udp4");
      const question = Buffer.alloc(48); question[0] = 0x23; question.writeUInt32BE(42, 40);
      setTimeout(() => process.exit(1), 1000);
      socket.on("message", (answer) => {
        const seconds = answer.readUInt32BE(40) - 2208988800;
        console.log(answer.length, answer[0], answer.readUInt32BE(24), Math.abs(seconds - Date.now() / 1000) < 2);
        process.exit();
      });
      socket.send(question, 123, "169.254.169.123");
    '`);
    expect(stdout).toBe("48 36 42 true\n");
  });

  it("answer metadata over as many hops as an instance's options say, and no more", async () => {
    // A machine behind the instance, as a container would be.
    await box.exec("i-31", `ip link add v0 type veth peer name v1; ip address add 192.168.9.1/24 dev v0; ip link set v0 up; echo 1 >/proc/sys/net/ipv4/ip_forward
      nft 'add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; }; add rule ip nat post oifname eth0 masquerade'
      unshare --net sleep 100 >/dev/null 2>&1 & pid=$!; while [ "$(readlink /proc/$pid/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
      ip link set v1 netns $pid; echo $pid >/run/behind
      nsenter -t $pid -n sh -c 'ip address add 192.168.9.2/24 dev v1; ip link set v1 up; ip route add default via 192.168.9.1'`);
    const metadata = "curl -s --max-time 1 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/api/token";
    const behind = async () => (await box.exec("i-31", `nsenter -t $(cat /run/behind) -n ${metadata}`)).stdout;
    const limited = (hopLimit: number) => ensure("workloads", "i-31", testInstance(31, { metadataOptions: { enabled: true, tokens: "required", hopLimit } }));
    await limited(2);
    expect(await behind()).toBe("200");
    await limited(1);
    await expect.poll(behind, { timeout: 10_000 }).toBe("000");
    expect((await box.exec("i-31", metadata)).stdout).toBe("200");
  });

  it("S2-22: are what an instance's resolver asks, unless its DHCP options say otherwise", async () => {
    expect((await box.exec("i-30", "cat /etc/resolv.conf")).stdout).toBe(`nameserver 10.0.0.2\nsearch ${REGION}.compute.internal\n`);
    const dhcp = { domainNameServers: ["10.0.0.53", "AmazonProvidedDNS"], ntpServers: [], netbiosNameServers: [], netbiosNodeType: undefined };
    await ensure("networks", "vpc-1", network({ vpc: { dhcp, domainName: "example.com" } }));
    await ensure("workloads", "i-30", testInstance(30, { boot: 2 }));
    await box.exec("i-30", "while [ ! -e /run/booted ]; do sleep 0.01; done");
    expect((await box.exec("i-30", "cat /etc/resolv.conf")).stdout).toBe("nameserver 10.0.0.53\nnameserver 10.0.0.2\nsearch example.com\n");
    const none = { ...dhcp, domainNameServers: [] };
    await ensure("networks", "vpc-1", network({ vpc: { dhcp: none, domainName: "" } }));
    await ensure("workloads", "i-30", testInstance(30, { boot: 3 }));
    await box.exec("i-30", "while [ ! -e /run/booted ]; do sleep 0.01; done");
    expect((await box.exec("i-30", "cat /etc/resolv.conf")).stdout).toBe("");
  });
});
