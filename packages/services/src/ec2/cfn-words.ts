/** EC2 keeps some values otherwise than they were given; templates are told their own words. */
import { canonicalCidr } from "@hakoniwa/network";

/** A range is kept with its host bits cut off. */
export function cidrAs(given: string | undefined, live: string): string {
  return given !== undefined && canonicalCidr(given) === live ? given : live;
}

/** A key is kept by its ARN, whether it was named by its id, its alias or its ARN. */
export function keyAs(given: string | undefined, live: string | undefined): string | undefined {
  return given !== undefined && (live?.endsWith(`:${given}`) || live?.endsWith(`/${given}`)) ? given : live;
}
