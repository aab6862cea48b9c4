/** The numbers and short names that the kernel needs where AWS has ids. They stay the same as long as a router lives. */
import { createHash } from "node:crypto";

/** Far above what the kernel hands out itself in a small namespace. */
const FIRST_INDEX = 10_000;

/** Gives every id a number of its own. A freed number is given again as late as possible: the kernel may not have forgotten it. */
export class Numbers {
  readonly #first: number;
  readonly #last: number;
  readonly #what: string;
  readonly #numbers = new Map<string, number>();
  readonly #taken = new Set<number>();
  #next: number;

  constructor(first: number, last: number, what: string) {
    this.#first = first;
    this.#last = last;
    this.#what = what;
    this.#next = first;
  }

  /** @throws RangeError when all numbers are taken */
  of(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    if (this.#taken.size > this.#last - this.#first) throw new RangeError(`more than ${this.#taken.size} ${this.#what}`);
    let number = this.#next;
    while (this.#taken.has(number)) number = this.#after(number);
    this.#next = this.#after(number);
    this.#numbers.set(id, number);
    this.#taken.add(number);
    return number;
  }

  #after(number: number): number {
    return number === this.#last ? this.#first : number + 1;
  }

  /** Frees the numbers of all other ids. */
  keep(ids: { has(id: string): boolean }): void {
    for (const [id, number] of this.#numbers) {
      if (ids.has(id)) continue;
      this.#numbers.delete(id);
      this.#taken.delete(number);
    }
  }
}

/** What one VPC's router calls things. */
export class RouterNames {
  /** The router's namespace. */
  readonly namespace: string;
  /** The internet's end of the link to the internet gateway; the router's end is always `igw0`. */
  readonly internetDevice: string;
  readonly internetIndex: number;
  /** Packet marks 1 … 4095: which subnet a packet came from. */
  readonly marks = new Numbers(1, 4095, "subnets in one VPC");
  readonly tables = new Numbers(100, 60_000, "route tables in one VPC");
  readonly #number: number;
  readonly #devices = new Map<string, string>();
  #lastDevice = 0;

  constructor(vpc: string, number: number) {
    this.namespace = identifier(vpc);
    this.internetDevice = `igw${number}`;
    this.internetIndex = FIRST_INDEX + number;
    this.#number = number;
  }

  /** The router's end of an interface's link: at most 15 characters, never used twice while the router lives. */
  device(networkInterface: string): string {
    const known = this.#devices.get(networkInterface);
    if (known !== undefined) return known;
    const device = `e${this.#number}x${(++this.#lastDevice).toString(16)}`;
    if (device.length > 15) throw new RangeError(`too many network interfaces: "${device}" is no interface name`);
    this.#devices.set(networkInterface, device);
    return device;
  }

  /**
   * The router end's index, chosen so that the workload's end never has the same one in its own namespace: the kernel tells
   * a virtual link by the two differing, and takes up to a second to call any other one up.
   */
  index(networkInterface: string): number {
    return FIRST_INDEX + Number.parseInt(this.device(networkInterface).split("x")[1] ?? "0", 16);
  }

  keepDevices(ids: { has(id: string): boolean }): void {
    for (const id of this.#devices.keys()) if (!ids.has(id)) this.#devices.delete(id);
  }
}

/**
 * An id that may stand in a line for `ip` or `nft`.
 * @throws RangeError for anything but letters, digits and dashes
 */
export function identifier(id: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]{0,59}$/.test(id)) throw new RangeError(`"${id}" cannot be an id in the network`);
  return id;
}

/** The chain of interfaces that have exactly these security groups. */
export function profileName(securityGroups: readonly string[]): string {
  return `p_${createHash("sha256").update([...securityGroups].toSorted().join()).digest("hex").slice(0, 16)}`;
}
