/** Names as the fourth article gives them (S4-43): `vpc-<service>-<env>`, `subnet-<service>-<env>-public`, … */
export type Naming = (kind: string, role?: string) => string;

export function naming(service: string, environment: string): Naming {
  return (kind, role) => [kind, service, environment, ...(role === undefined ? [] : [role])].join("-");
}
