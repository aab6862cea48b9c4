/** Authorization that every service words alike; what is about a service's own resources is in its `access.ts`. */
import type { Access } from "@hakoniwa/kernel";

/** Access for operations without resource-level permissions, such as every Describe of EC2. @param action e.g. `ec2:DescribeVpcs` */
export function onEverything(action: string): () => Access {
  return () => ({ action, resources: ["*"] });
}
