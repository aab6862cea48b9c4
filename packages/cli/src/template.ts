/** What `up` deploys, from what was typed: a stage of the blueprint, synthesized in a process of its own, a template's file, or a cloud assembly. */
import { readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Options } from "@hakoniwa/cloud/client";
import { isAssembly, readAssembly } from "./assembly.js";
import { plainStack, type Deployable } from "./deployable.js";
import { lineOfResource } from "./places.js";
import { UserError } from "./say.js";
import { synthesize } from "./synthesize.js";

export interface Asked {
  /** A stage's name, a template's path, or the path of a folder that `cdk synth` wrote. */
  readonly what: string;
  /** Properties of the stage, as text. */
  readonly props: Readonly<Record<string, string>>;
  readonly stackName?: string | undefined;
}

const FILE = /\.(ya?ml|json|template)$/;

/** @throws UserError */
export async function deployables({ what, props, stackName }: Asked, options: Options): Promise<readonly Deployable[]> {
  const isFolder = isDirectory(what);
  if ((isFolder || FILE.test(what)) && Object.keys(props).length > 0) throw new UserError("--set is for stages: a template takes --parameters KEY=VALUE");
  if (isFolder) {
    if (!isAssembly(what)) throw new UserError(`${what} is a folder without a cloud assembly: ${hintFor(join(what, "cdk.out"))}`);
    return readAssembly(what, options, stackName);
  }
  if (FILE.test(what)) return [fromFile(what, stackName)];
  const body = await synthesize(what, props);
  return [plainStack(stackName ?? what, body, { placeOf: () => undefined })];
}

function hintFor(inside: string): string {
  return isAssembly(inside) ? `there is one inside, so \`./hakoniwa up ${inside}\`` : `\`npx cdk synth\` writes one, into ${inside}`;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function fromFile(path: string, stackName: string | undefined): Deployable {
  let body: string;
  try {
    body = readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`the template ${path} can't be read: ${(error as Error).message}`);
  }
  const name = basename(path).replace(FILE, "").replace(/[^A-Za-z0-9-]/g, "-").replace(/^[^A-Za-z]+/, "") || "stack";
  const placeOf = (logicalId: string): string | undefined => {
    const line = lineOfResource(body, logicalId);
    return line === undefined ? undefined : `${path}:${line}`;
  };
  return plainStack(stackName ?? name, body, { file: path, placeOf });
}
