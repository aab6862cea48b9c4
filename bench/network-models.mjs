/** Networks to measure, as EC2 would write them. */

const anywhere = { id: "sgr-any", protocol: "all", peer: { kind: "cidr", cidr: "0.0.0.0/0" } };
const allow = { number: 100, action: "allow", protocol: "all", cidr: "0.0.0.0/0" };
const toInternet = { destination: "0.0.0.0/0", target: { kind: "internet-gateway", id: "igw-1" } };

function networkOf(id, subnets, routes, interfaces, groups) {
  return {
    id,
    region: "ap-northeast-1",
    cidrs: ["10.0.0.0/16"],
    dnsSupport: true,
    domainName: "ap-northeast-1.compute.internal",
    internetGateway: "igw-1",
    subnets: new Map(subnets.map((cidr, at) => [`subnet-${at}`, { id: `subnet-${at}`, cidr, availabilityZone: "ap-northeast-1a", routeTable: `rtb-${at}`, networkAcl: "acl-1" }])),
    routeTables: new Map(subnets.map((_, at) => [`rtb-${at}`, { id: `rtb-${at}`, routes: routes[at] ?? [] }])),
    networkAcls: new Map([["acl-1", { id: "acl-1", ingress: [allow], egress: [allow] }]]),
    securityGroups: new Map(groups.map((group) => [group.id, group])),
    interfaces: new Map(interfaces.map((one) => [one.id, one])),
  };
}

function networkInterface(name, subnet, address, groups, more = {}) {
  const [a, b, c, d] = address.split(".").map((octet) => Number(octet).toString(16).padStart(2, "0"));
  return {
    id: `eni-${name}`,
    subnet,
    macAddress: `06:00:${a}:${b}:${c}:${d}`,
    addresses: [{ private: address, public: undefined }],
    securityGroups: groups,
    sourceDestCheck: true,
    managed: undefined,
    attachment: { workload: name, deviceIndex: 0 },
    ...more,
  };
}

const open = { id: "sg-open", ingress: [anywhere], egress: [anywhere] };

/** Two zones, each with a public, a private and a data subnet, and a NAT gateway of its own (S0-03, S0-08). */
export function sixSubnets(id) {
  const number = Number(id.replace(/\D/g, ""));
  const gateway = (zone) =>
    networkInterface(`nat-${number}-${zone}`, `subnet-${zone}`, `10.0.${zone}.5`, [], {
      managed: "nat-gateway",
      sourceDestCheck: false,
      addresses: [{ private: `10.0.${zone}.5`, public: `198.51.100.${2 * number + zone + 1}` }],
    });
  const toGateway = (zone) => [{ destination: "0.0.0.0/0", target: { kind: "nat-gateway", id: `nat-${zone}`, networkInterface: `eni-nat-${number}-${zone}` } }];
  const subnets = Array.from({ length: 6 }, (_, at) => `10.0.${at}.0/24`);
  return networkOf(id, subnets, [[toInternet], [toInternet], toGateway(0), toGateway(1)], [gateway(0), gateway(1)], [open]);
}

export function twoHosts(id) {
  const hosts = ["one", "two"].map((name, at) => networkInterface(`${id.slice(4)}-${name}`, `subnet-${at}`, `10.0.${at}.10`, ["sg-open"]));
  return networkOf(id, ["10.0.0.0/24", "10.0.1.0/24"], [], hosts, [open]);
}

/** 100 groups that have members; the first has as many as asked, and one rule more when `changed`. */
export function crowd(id, members, rules) {
  const rule = (port) => ({ id: `sgr-${port}`, protocol: "tcp", ports: { from: port, to: port }, peer: { kind: "group", id: `sg-${port % 100}` } });
  const group = (at, count) => ({ id: `sg-${at}`, ingress: Array.from({ length: count }, (_, port) => rule(1000 + port)), egress: [anywhere] });
  const groups = Array.from({ length: 100 }, (_, at) => group(at, at === 0 ? rules : 3));
  const hosts = Array.from({ length: members + 99 }, (_, at) =>
    networkInterface(`crowd-${at}`, "subnet-0", `10.0.${1 + Math.floor(at / 250)}.${1 + (at % 250)}`, [at < members ? "sg-0" : `sg-${at - members + 1}`]));
  const model = networkOf(id, ["10.0.0.0/16"], [], hosts, groups);
  const [first] = groups;
  const changed = { ...model, securityGroups: new Map(model.securityGroups).set(first.id, { ...first, ingress: [...first.ingress, rule(22)] }) };
  return { model, changed };
}
