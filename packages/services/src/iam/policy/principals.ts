/** Principal elements: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html */

/** Who asks, by all names that a policy may use. */
export interface Requester {
  readonly type: "root" | "user" | "assumed-role" | "federated-user" | "service" | "anonymous";
  readonly account: string;
  readonly arn: string;
  readonly id: string;
  /** Of a session: the ARN of its role, with its path. */
  readonly roleArn?: string | undefined;
}

/**
 * How a statement reaches a requester: itself, or its session; its role; or its account, which leaves it to the account's own
 * policies.
 */
export type Reach = "direct" | "role" | "account" | "none";

export interface PrincipalElement {
  reach(requester: Requester): Reach;
}

/** Undefined for a statement that names nobody, as in identities' policies. */
export function principals(statement: Readonly<Record<string, unknown>>): PrincipalElement | undefined {
  const { Principal: named, NotPrincipal: spared } = statement;
  if (named !== undefined) return { reach: (requester) => reachOf(named, requester) };
  if (spared === undefined) return undefined;
  // It exists to deny all but some; to allow all but some is what AWS refuses.
  const denies = statement.Effect === "Deny";
  return { reach: (requester) => (denies && !isSpared(reachOf(spared, requester), requester) ? "direct" : "none") };
}

function isSpared(reach: Reach, requester: Requester): boolean {
  return reach === "direct" || reach === "role" || (reach === "account" && requester.type === "root");
}

function reachOf(element: unknown, requester: Requester): Reach {
  if (element === "*") return "direct";
  const of = (type: string): readonly string[] => {
    const value = (element as Readonly<Record<string, unknown>>)[type];
    return value === undefined ? [] : ((Array.isArray(value) ? value : [value]) as readonly string[]);
  };
  const names = of("AWS");
  if (names.includes("*")) return "direct";
  if (requester.type === "anonymous") return "none";
  if (requester.type === "service") return of("Service").some((name) => name === requester.id || name === "*") ? "direct" : "none";
  if (names.includes(requester.arn) || names.includes(requester.id)) return "direct";
  const { roleArn } = requester;
  if (roleArn !== undefined && (names.includes(roleArn) || names.includes(requester.id.split(":")[0] ?? ""))) return "role";
  return names.includes(requester.account) || names.includes(`arn:aws:iam::${requester.account}:root`) ? "account" : "none";
}
