/** How EC2 names the service that an interface or address belongs to. */

/** e.g. `amazon-elb`, which both generations of load balancers are. */
export function serviceOwner(service: string): string {
  return `amazon-${service === "elbv2" ? "elb" : service}`;
}
