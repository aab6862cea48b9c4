/** What is configured on an interface inside its workload's namespace, as Amazon Linux does by DHCP. Pure. */

export interface Guest {
  /** e.g. `eth0` */
  readonly device: string;
  readonly index: number;
  readonly addresses: readonly string[];
  readonly prefix: number;
  readonly subnet: string;
  readonly gateway: string;
  readonly gatewayMac: string;
}

export interface GuestItem {
  readonly key: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/**
 * The lines for `ip`, in order. No prefix is on the link: everything goes to the router, whose hardware address is known,
 * so nothing ever waits for ARP.
 */
export function planGuest(guest: Guest): readonly GuestItem[] {
  const { device, gateway, index } = guest;
  // The second and further interfaces answer through themselves, as the router lets no other source address pass there.
  // https://github.com/amazonlinux/amazon-ec2-net-utils
  const metric = index === 0 ? "" : ` metric ${10_000 + index}`;
  const table = 10_000 + index;
  const ownRoutes = index === 0 ? [] : [
    `route replace ${gateway}/32 dev ${device} scope link table ${table}`,
    `route replace default via ${gateway} dev ${device} table ${table}`,
  ];
  return [
    { key: "up", add: ["link set lo up", `link set ${device} up`], remove: [] },
    ...guest.addresses.map((address) => ({
      key: `address ${address}`,
      add: [`addr replace ${address}/${guest.prefix} dev ${device} noprefixroute`, ...(index === 0 ? [] : [`rule add from ${address} lookup ${table}`])],
      remove: [`addr del ${address}/${guest.prefix} dev ${device}`, ...(index === 0 ? [] : [`rule del from ${address} lookup ${table}`])],
    })),
    {
      key: "gateway",
      add: [
        `neigh replace ${gateway} lladdr ${guest.gatewayMac} dev ${device} nud permanent`,
        `route replace ${gateway}/32 dev ${device} scope link${metric}`,
        `route replace ${guest.subnet} via ${gateway} dev ${device}${metric}`,
        `route replace default via ${gateway} dev ${device}${metric}`,
        ...ownRoutes,
      ],
      remove: [],
    },
  ];
}
