/** A cloud assembly, which `cdk synth` writes (`cdk.out`): its stacks with their assets, in the order in which they can be deployed. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Deployable, FileAsset } from "./deployable.js";
import { UserError } from "./say.js";
import { within } from "./within.js";

/** https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html, as far as it is looked at. */
interface Artifact {
  readonly type: string;
  readonly environment?: string;
  readonly displayName?: string;
  readonly dependencies?: readonly string[];
  readonly metadata?: Metadata;
  readonly additionalMetadataFile?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly tags?: Readonly<Record<string, string>>;
    readonly terminationProtection?: boolean;
    readonly directoryName?: string;
    readonly file?: string;
  };
}

type Metadata = Readonly<Record<string, readonly { readonly type: string; readonly data?: unknown }[]>>;

interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>;
  readonly missing?: readonly { readonly key: string; readonly provider: string }[];
}

interface AssetManifest {
  readonly files?: Readonly<
    Record<
      string,
      {
        readonly displayName?: string;
        readonly source: { readonly path?: string; readonly packaging?: string };
        readonly destinations: Readonly<Record<string, { readonly bucketName: string; readonly objectKey: string; readonly region?: string }>>;
      }
    >
  >;
  readonly dockerImages?: Readonly<Record<string, unknown>>;
}

/** Where it is deployed to. */
export interface Here {
  readonly account: string;
  readonly region: string;
}

/** Whether a path is a folder with an assembly in it. */
export function isAssembly(folder: string): boolean {
  return existsSync(join(folder, "manifest.json"));
}

interface Found {
  readonly id: string;
  readonly folder: string;
  /** The folder of the whole assembly, of which a stage has a part. */
  readonly root: string;
  readonly artifact: Artifact;
  readonly siblings: Readonly<Record<string, Artifact>>;
}

/**
 * @param only the name or id of the one stack that is wanted, with those that it depends on
 * @throws UserError when it can't be read, asks for another account, or holds what can't be deployed here
 */
export function readAssembly(folder: string, here: Here, only?: string): readonly Deployable[] {
  const found = stacksIn(folder, folder, new Set());
  if (found.length === 0) throw new UserError(`${folder} has no stack`);
  const wanted = only === undefined ? found : chosen(found, only, folder);
  return inOrder(wanted, found).map((stack) => deployable(stack, here));
}

/** @param seen the folders that were looked into */
function stacksIn(folder: string, root: string, seen: Set<string>): readonly Found[] {
  const real = realpathSync(folder);
  if (seen.has(real)) throw new UserError(`${folder} is named twice, or holds itself`);
  seen.add(real);
  const { artifacts = {}, missing = [] } = readJson<Manifest>(join(folder, "manifest.json"));
  if (missing.length > 0) throw new UserError(`${folder} is not complete: it lacks ${missing.map(({ provider, key }) => `${provider} (${key})`).join(", ")}. Synthesize it with \`npx cdk synth\`, which looks this up`);
  return Object.entries(artifacts).flatMap(([id, artifact]) => {
    if (artifact.type === "cdk:cloud-assembly") return stacksIn(within(root, join(folder, artifact.properties?.directoryName ?? "")), root, seen);
    return artifact.type === "aws:cloudformation:stack" ? [{ id, folder, root, artifact, siblings: artifacts }] : [];
  });
}

function namesOf({ id, artifact }: Found): readonly string[] {
  return [artifact.properties?.stackName ?? id, id, artifact.displayName ?? id];
}

function chosen(found: readonly Found[], only: string, folder: string): readonly Found[] {
  const stacks = found.filter((stack) => namesOf(stack).includes(only));
  if (stacks.length === 0) throw new UserError(`${folder} has no stack "${only}": it has ${found.map((stack) => namesOf(stack)[0]).join(", ")}`);
  return stacks;
}

/** Each after those that it depends on. */
function inOrder(wanted: readonly Found[], all: readonly Found[]): readonly Found[] {
  const done = new Set<Found>();
  const visit = (stack: Found, way: readonly Found[]): void => {
    if (done.has(stack)) return;
    if (way.includes(stack)) throw new UserError(`stacks depend on each other in a circle: ${[...way, stack].map(({ id }) => id).join(" → ")}`);
    for (const id of stack.artifact.dependencies ?? []) {
      const other = all.find((one) => one.id === id && one.folder === stack.folder);
      if (other) visit(other, [...way, stack]);
    }
    done.add(stack);
  };
  for (const stack of wanted) visit(stack, []);
  return [...done];
}

function deployable(found: Found, here: Here): Deployable {
  const { id, folder, root, artifact, siblings } = found;
  const { properties = {} } = artifact;
  const [, account = "", region = ""] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? "") ?? [];
  const stackName = properties.stackName ?? id;
  if (/^\d+$/.test(account) && account !== here.account) throw new UserError(`the stack ${stackName} is for account ${account}, but this cloud's is ${here.account}: synthesize it with CDK_DEFAULT_ACCOUNT=${here.account}, or for any account`);
  const place: Here = { account: here.account, region: region === "" || region === "unknown-region" ? here.region : region };
  const file = within(root, join(folder, properties.templateFile ?? ""));
  const places = constructs(found);
  const manifests = (artifact.dependencies ?? []).map((dependency) => siblings[dependency]).filter((each) => each?.type === "cdk:asset-manifest");
  const assets = manifests.flatMap((each) => assetsOf(found, each?.properties?.file ?? "", stackName, place));
  return {
    stackName,
    region: place.region === here.region ? undefined : place.region,
    body: withoutBootstrapRule(readText(file)),
    tags: properties.tags ?? {},
    parameters: properties.parameters ?? {},
    terminationProtection: properties.terminationProtection ?? false,
    namesContents: true,
    placeOf: (logicalId) => places.get(logicalId) ?? `${basename(file)}`,
    // The template goes to CloudFormation itself.
    assets: assets.filter((asset) => resolve(asset.path) !== resolve(file)),
  };
}

/** Where each resource comes from, by logical id: its construct, and the line that made it where the CDK noted it. */
function constructs({ folder, root, artifact }: Found): ReadonlyMap<string, string> {
  const { additionalMetadataFile } = artifact;
  const more = additionalMetadataFile === undefined ? {} : readJson<Metadata>(within(root, join(folder, additionalMetadataFile)));
  const entries = Object.entries({ ...more, ...artifact.metadata });
  // What is in a nested stack has a template, and logical ids, of its own.
  const nested = entries.flatMap(([path]) => /^(.*)\.NestedStack\//.exec(path)?.slice(1, 2) ?? []);
  const own = entries.filter(([path]) => !nested.some((one) => path.startsWith(`${one}/`)));
  return new Map(
    own.flatMap(([path, all]) => {
      const frames = all.flatMap(({ type, data }) => (type === "aws:cdk:creationStack" ? ([data].flat() as string[]) : []));
      const [, line] = frames.map((frame) => /(?:file:\/\/)?([^\s()]+:\d+)/.exec(frame)).find((match) => match) ?? [];
      const place = `${path.replace(/^\//, "")}${line === undefined ? "" : `, ${line}`}`;
      return all.filter(({ type }) => type === "aws:cdk:logicalId").map(({ data }) => [String(data), place] as const);
    }),
  );
}

function assetsOf({ folder, root }: Found, file: string, stackName: string, { account, region }: Here): readonly FileAsset[] {
  const { files = {}, dockerImages = {} } = readJson<AssetManifest>(within(root, join(folder, file)));
  const [image] = Object.keys(dockerImages);
  if (image !== undefined) throw new UserError(`the stack ${stackName} needs the container image ${image}, and containers are not here yet`);
  const filled = (text: string): string => text.replaceAll("${AWS::AccountId}", account).replaceAll("${AWS::Region}", region).replaceAll("${AWS::Partition}", "aws");
  return Object.entries(files).flatMap(([id, { displayName, source, destinations }]) =>
    Object.values(destinations).map(({ bucketName, objectKey }) => {
      const { path, packaging = "file" } = source;
      if (path === undefined) throw new UserError(`the asset ${displayName ?? id} of the stack ${stackName} is made by a command, which is not run here`);
      if (packaging !== "file" && packaging !== "zip") throw new UserError(`the asset ${displayName ?? id} of the stack ${stackName} is packed as "${packaging}", but must be file or zip`);
      return { name: displayName ?? id, path: within(root, resolve(folder, path)), packaging, bucket: filled(bucketName), key: filled(objectKey) };
    }),
  );
}

/**
 * The CDK lets a template check that its account was prepared by `cdk bootstrap`. Here nothing needs to be: assets are taken by whoever owns
 * this machine.
 */
function withoutBootstrapRule(body: string): string {
  const template = JSON.parse(body) as { Parameters?: Record<string, unknown>; Rules?: Record<string, unknown> };
  if (!template.Rules || !Object.hasOwn(template.Rules, "CheckBootstrapVersion")) return body;
  delete template.Rules["CheckBootstrapVersion"];
  if (Object.keys(template.Rules).length === 0) delete template.Rules;
  delete template.Parameters?.["BootstrapVersion"];
  if (template.Parameters && Object.keys(template.Parameters).length === 0) delete template.Parameters;
  return JSON.stringify(template, null, 1);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} can't be read: ${(error as Error).message}`);
  }
}

function readJson<T>(file: string): T {
  const text = readText(file);
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new UserError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
