/** How registries and repositories are called: https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html */
import type { Scope } from "@hakoniwa/kernel";

/** @param name of a repository; `*` for any */
export function repositoryArn({ region, account }: Scope, name: string): string {
  return `arn:aws:ecr:${region}:${account}:repository/${name}`;
}

/** The name in an ARN of a repository; undefined for what is none. */
export function nameIn(arn: string): string | undefined {
  return /^arn:aws[\w-]*:ecr:[\w-]+:\d{12}:repository\/(.+)$/.exec(arn)?.[1];
}

/** Where `docker push` would go. */
export function repositoryUri({ region, account }: Scope, name: string): string {
  return `${account}.dkr.ecr.${region}.amazonaws.com/${name}`;
}
