/**
 * A VPC as plain immutable values: what EC2 writes, the data plane compiles, and `trace` and the prover read.
 * Values are shared between versions: what did not change is the same object, so a reader may compare by identity first.
 */

/** An IPv4 address in dotted form, e.g. `10.0.0.5`. */
export type Address = string;
/** An IPv4 range in CIDR form with its host bits zero, e.g. `10.0.0.0/16`. */
export type Cidr = string;

export interface Vpc {
  readonly id: string;
  readonly region: string;
  /** The primary range first, then the secondary ones. */
  readonly cidrs: readonly Cidr[];
  /** https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html: the resolver at base+2 answers only when this is on. */
  readonly dnsSupport: boolean;
  /** The search domain that instances get, e.g. `ap-northeast-1.compute.internal`; empty when the VPC's DHCP options name none. */
  readonly domainName: string;
  /**
   * What DHCP tells instances, beyond the domain name: https://docs.aws.amazon.com/vpc/latest/userguide/VPC_DHCP_Options.html.
   * Absent stands for Amazon's own: the resolver at base+2, and nothing else.
   */
  readonly dhcp?: DhcpSettings | undefined;
  readonly internetGateway: string | undefined;
  /** Names that the VPC's resolver answers with these addresses, whatever they mean elsewhere: private DNS of interface endpoints. Lower case, without a final dot. */
  readonly privateNames?: ReadonlyMap<string, readonly Address[]> | undefined;
  readonly subnets: ReadonlyMap<string, Subnet>;
  readonly routeTables: ReadonlyMap<string, RouteTable>;
  readonly securityGroups: ReadonlyMap<string, SecurityGroup>;
  readonly networkAcls: ReadonlyMap<string, NetworkAcl>;
  readonly interfaces: ReadonlyMap<string, NetworkInterface>;
}

/** IPv4 addresses in the order in which instances shall try them. */
export interface DhcpSettings {
  /** The text `AmazonProvidedDNS` among them stands for the VPC's resolver at base+2. Empty: instances get no resolver at all. */
  readonly domainNameServers: readonly string[];
  readonly ntpServers: readonly Address[];
  readonly netbiosNameServers: readonly Address[];
  /** 1, 2, 4 or 8 (RFC 2132); AWS recommends 2. */
  readonly netbiosNodeType: number | undefined;
}

export interface Subnet {
  readonly id: string;
  readonly cidr: Cidr;
  readonly availabilityZone: string;
  /** The table that rules this subnet: its explicit association, else the VPC's main table. */
  readonly routeTable: string;
  readonly networkAcl: string;
}

export interface RouteTable {
  readonly id: string;
  /** Without the local routes, which every table has for every range of the VPC. */
  readonly routes: readonly Route[];
}

/** A route whose destination is a prefix list is here once for each of the list's entries. */
export interface Route {
  readonly destination: Cidr;
  readonly target: RouteTarget;
  /** The prefix list that the destination was expanded from, for explanations; absent for a plain one. */
  readonly prefixList?: string | undefined;
}

export type RouteTarget =
  | { readonly kind: "internet-gateway"; readonly id: string }
  /** A NAT gateway is reached through its interface, as a NAT instance is. */
  | { readonly kind: "nat-gateway"; readonly id: string; readonly networkInterface: string }
  | { readonly kind: "network-interface"; readonly id: string }
  /** An active VPC peering connection: the packet enters the peer VPC, which may lie in another region. */
  | { readonly kind: "peering"; readonly id: string; readonly vpc: string; readonly region: string }
  /** A gateway endpoint: the packet reaches the AWS service (`s3`, `dynamodb`) without an internet gateway or a public address. */
  | { readonly kind: "gateway-endpoint"; readonly id: string; readonly service: string }
  /** The target is gone (state `blackhole`): packets are dropped in silence. */
  | { readonly kind: "blackhole" };

export interface SecurityGroup {
  readonly id: string;
  readonly ingress: readonly SecurityGroupRule[];
  readonly egress: readonly SecurityGroupRule[];
}

/** A rule whose peer is a prefix list is here once for each of the list's entries, with the rule's own id. */
export interface SecurityGroupRule {
  readonly id: string;
  readonly protocol: Protocol;
  /** Inclusive. Ports for tcp and udp; absent means all. */
  readonly ports?: PortRange | undefined;
  readonly icmp?: IcmpType | undefined;
  /** A group with `vpc` is a peered VPC's: its members are that VPC's interfaces. */
  readonly peer: { readonly kind: "cidr"; readonly cidr: Cidr } | { readonly kind: "group"; readonly id: string; readonly vpc?: string | undefined };
}

/** `all`, the names tcp, udp and icmp, or another IP protocol's number. */
export type Protocol = "all" | "tcp" | "udp" | "icmp" | number;
export interface PortRange {
  readonly from: number;
  readonly to: number;
}
/** -1 stands for every type, or every code. */
export interface IcmpType {
  readonly type: number;
  readonly code: number;
}

export interface NetworkAcl {
  readonly id: string;
  readonly ingress: readonly AclEntry[];
  readonly egress: readonly AclEntry[];
}

/** Entries are tried by rising number; after the last one everything is denied (AWS's `*` entry). */
export interface AclEntry {
  readonly number: number;
  readonly action: "allow" | "deny";
  readonly protocol: Protocol;
  readonly cidr: Cidr;
  readonly ports?: PortRange | undefined;
  readonly icmp?: IcmpType | undefined;
}

export interface NetworkInterface {
  readonly id: string;
  readonly subnet: string;
  /** e.g. `06:1b:…`, unique in the VPC. */
  readonly macAddress: string;
  /** The primary address first. */
  readonly addresses: readonly InterfaceAddress[];
  readonly securityGroups: readonly string[];
  readonly sourceDestCheck: boolean;
  /** A NAT gateway's interface: no security groups apply, and it always forwards. */
  readonly managed: "nat-gateway" | undefined;
  /** The workload that holds the interface, and its device index there; undefined while it is detached. */
  readonly attachment: { readonly workload: string; readonly deviceIndex: number } | undefined;
  /** Whether a flow log wants to know of its traffic: then the data plane counts it, and `flows` tells. */
  readonly flowLogged?: boolean | undefined;
}

export interface InterfaceAddress {
  readonly private: Address;
  /** The public or Elastic IP address that the internet gateway translates to this one. */
  readonly public: Address | undefined;
}
