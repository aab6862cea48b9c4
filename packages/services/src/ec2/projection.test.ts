import { Store, type Database } from "@hakoniwa/kernel";
import { beforeEach, describe, expect, test } from "vitest";
import { projectVpc } from "./network.js";
import { addresses, internetGateways, natGateways, networkAcls, networkInterfaces, networkTables, routeTables, securityGroups, subnets, vpcs, type NetworkInterface } from "./state.js";
import { computeTables } from "./state-compute.js";

const scope = { account: "123456789012", region: "ap-northeast-1" };
let store: Store;

function write(body: (db: Database) => void): void {
  store.transaction((tx) => body(tx.db(scope)));
}

const project = () => projectVpc({ db: store.reader(scope), find: (table, key) => store.find(table, key), now: 0, region: scope.region }, "vpc-1")!;

function eni(id: string, address: string): NetworkInterface {
  return {
    id,
    vpcId: "vpc-1",
    subnetId: "subnet-1",
    availabilityZone: "ap-northeast-1a",
    description: "",
    macAddress: `02:00:00:00:00:${id.slice(-2)}`,
    privateIpAddresses: [address],
    securityGroups: ["sg-1"],
    sourceDestCheck: true,
    interfaceType: "interface",
    requester: undefined,
    attachment: undefined,
    autoAssignPublicIp: false,
  };
}

beforeEach(() => {
  store = new Store([...networkTables, ...computeTables] as never);
  write((db) => {
    db(vpcs).put({ id: "vpc-1", cidrs: [{ associationId: "a", cidr: "10.0.0.0/16" }], isDefault: false, instanceTenancy: "default", dnsSupport: true, dnsHostnames: false, dhcpOptionsId: "default", networkAddressUsageMetrics: false });
    db(subnets).put({ id: "subnet-1", vpcId: "vpc-1", cidr: "10.0.0.0/24", availabilityZone: "ap-northeast-1a", defaultForAz: false, mapPublicIpOnLaunch: false });
    db(routeTables).put({ id: "rtb-main", vpcId: "vpc-1", routes: [], associations: [{ id: "x", subnetId: undefined }] });
    db(networkAcls).put({ id: "acl-1", vpcId: "vpc-1", isDefault: true, entries: [], associations: [{ id: "y", subnetId: "subnet-1" }] });
    db(securityGroups).put({ id: "sg-1", vpcId: "vpc-1", name: "default", description: "", rules: [] });
    db(networkInterfaces).put(eni("eni-01", "10.0.0.4"));
    db(networkInterfaces).put(eni("eni-02", "10.0.0.5"));
  });
});

describe("the projection of a VPC", () => {
  test("is the same object for the same records", () => {
    expect(project()).toBe(project());
  });

  test("keeps what a change did not touch, to the object", () => {
    const before = project();
    write((db) => db(securityGroups).put({ ...db(securityGroups).get("sg-1")!, rules: [{ id: "sgr-1", egress: false, protocol: "tcp", from: 80, to: 80, peer: { kind: "cidr", cidr: "0.0.0.0/0" }, description: undefined }] }));
    const after = project();
    expect(after).not.toBe(before);
    expect(after.interfaces).toBe(before.interfaces);
    expect(after.subnets).toBe(before.subnets);
    expect(after.routeTables).toBe(before.routeTables);
    expect(after.securityGroups.get("sg-1")!.ingress).toEqual([{ id: "sgr-1", protocol: "tcp", ports: { from: 80, to: 80 }, peer: { kind: "cidr", cidr: "0.0.0.0/0" } }]);
  });

  test("an Elastic IP address changes its own interface only (S4-19)", () => {
    const before = project();
    write((db) => db(addresses).put({ publicIp: "198.51.100.9", allocationId: "eipalloc-1", owner: "account", association: { id: "z", networkInterfaceId: "eni-02", privateIpAddress: "10.0.0.5" } }));
    const after = project();
    expect(after.interfaces.get("eni-01")).toBe(before.interfaces.get("eni-01"));
    expect(after.interfaces.get("eni-02")!.addresses).toEqual([{ private: "10.0.0.5", public: "198.51.100.9" }]);
    write((db) => db(addresses).delete("198.51.100.9"));
    expect(project().interfaces.get("eni-02")).toEqual(before.interfaces.get("eni-02"));
  });

  test("a subnet without an association is ruled by the main table, with one by its own (S2-07)", () => {
    expect(project().subnets.get("subnet-1")!.routeTable).toBe("rtb-main");
    write((db) => db(routeTables).put({ id: "rtb-2", vpcId: "vpc-1", routes: [], associations: [{ id: "b", subnetId: "subnet-1" }] }));
    expect(project().subnets.get("subnet-1")!.routeTable).toBe("rtb-2");
  });

  test("a route whose target is gone is a black hole, and comes back with it (S4-11)", () => {
    write((db) => {
      db(internetGateways).put({ id: "igw-1", vpcId: "vpc-1" });
      db(routeTables).put({ ...db(routeTables).get("rtb-main")!, routes: [{ destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-1" } }] });
    });
    const target = () => project().routeTables.get("rtb-main")!.routes[0]!.target;
    expect(target()).toEqual({ kind: "internet-gateway", id: "igw-1" });
    expect(project().internetGateway).toBe("igw-1");
    write((db) => db(internetGateways).put({ id: "igw-1", vpcId: undefined }));
    expect(target()).toEqual({ kind: "blackhole" });
    expect(project().internetGateway).toBeUndefined();
    write((db) => db(internetGateways).put({ id: "igw-1", vpcId: "vpc-1" }));
    expect(target()).toEqual({ kind: "internet-gateway", id: "igw-1" });
  });

  test("a NAT gateway is reached through its interface, which has no groups and holds itself (S4-34)", () => {
    write((db) => {
      db(networkInterfaces).put({
        ...eni("eni-03", "10.0.0.6"),
        interfaceType: "nat_gateway",
        requester: "amazon-nat-gateway",
        securityGroups: [],
        sourceDestCheck: false,
        attachment: { id: "c", instanceId: undefined, deviceIndex: 0, attachTime: 0, deleteOnTermination: false },
      });
      db(natGateways).put({
        id: "nat-1", vpcId: "vpc-1", subnetId: "subnet-1", state: "available", failure: undefined, connectivityType: "public", createTime: 0, deleteTime: undefined,
        clientToken: undefined, networkInterfaceId: "eni-03", privateIp: "10.0.0.6", publicIp: undefined, allocationId: undefined, associationId: undefined,
      });
      db(routeTables).put({ ...db(routeTables).get("rtb-main")!, routes: [{ destination: "0.0.0.0/0", target: { kind: "nat-gateway", id: "nat-1" } }] });
    });
    const { routeTables: tables, interfaces } = project();
    expect(tables.get("rtb-main")!.routes[0]!.target).toEqual({ kind: "nat-gateway", id: "nat-1", networkInterface: "eni-03" });
    expect(interfaces.get("eni-03")).toMatchObject({ managed: "nat-gateway", attachment: { workload: "eni-03", deviceIndex: 0 }, sourceDestCheck: false });
  });

  test("ACL entries come by rising number, with the protocols' names", () => {
    write((db) =>
      db(networkAcls).put({
        ...db(networkAcls).get("acl-1")!,
        entries: [
          { number: 200, egress: false, action: "allow", protocol: "-1", cidr: "0.0.0.0/0", ports: undefined, icmp: undefined },
          { number: 100, egress: false, action: "deny", protocol: "6", cidr: "10.0.0.0/8", ports: { from: 22, to: 22 }, icmp: undefined },
        ],
      }),
    );
    expect(project().networkAcls.get("acl-1")!.ingress.map((e) => [e.number, e.action, e.protocol])).toEqual([
      [100, "deny", "tcp"],
      [200, "allow", "all"],
    ]);
  });
});
