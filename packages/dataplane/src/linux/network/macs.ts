/** Hardware addresses of the routers' own ends; those of interfaces come with the model. Pure. */
import { toNumber } from "@hakoniwa/network";

/** A locally administered address that is unique where the IPv4 address is. */
export function gatewayMac(address: string): string {
  const octets = [24, 16, 8, 0].map((shift) => (toNumber(address) >>> shift) & 255);
  return ["02", "ff", ...octets.map((octet) => octet.toString(16).padStart(2, "0"))].join(":");
}

/** The two ends of a link that leaves a router, by its index there. */
export function exitMacs(index: number): { readonly near: string; readonly far: string } {
  const octets = [24, 16, 8, 0].map((shift) => ((index >>> shift) & 255).toString(16).padStart(2, "0"));
  return { near: ["02", "fe", ...octets].join(":"), far: ["02", "fd", ...octets].join(":") };
}
