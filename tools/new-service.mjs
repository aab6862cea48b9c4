/**
 * Writes the folder of a new service, and registers it: `node tools/new-service.mjs sns topics`. The first is the id that AWS's model is
 * generated under (packages/wire/tools/generate.mjs), the second the noun that it begins with, in the plural. It compiles, passes the
 * shape test, and answers NotImplemented for everything: the guide docs/guides/add-an-operation.md goes on from there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const services = join(root, "packages/services/src");
const [id = "", noun = ""] = process.argv.slice(2);

const problem = check();
if (problem) {
  console.error(`new-service: ${problem}`);
  process.exit(1);
}
const { operations } = JSON.parse(readFileSync(join(root, `packages/wire/models/${id}.json`), "utf8"));
write();
register("index.ts", /^import \{ \w+ \} from "\.\/(\w+)\/index\.js";$/, `import { ${id} } from "./${id}/index.js";`);
replace("index.ts", /(const withResources: readonly HakoniwaService\[\] = \[[^\]]*)\]/, `$1, ${id}]`);
register("facts.ts", /^import type \{.*\} from "\.\/(\w+)\/facts\.js";$/, `import type { ${upper(id)}Facts } from "./${id}/facts.js";`);
replace("facts.ts", /(export interface Facts \{\n(?: {2}readonly .*\n)*)/, `$1  readonly ${id}: ${upper(id)}Facts;\n`);
console.log(`packages/services/src/${id} is written and registered. Next: docs/guides/add-an-operation.md`);

/** What is wrong with the arguments, in words. */
function check() {
  if (!/^[a-z][a-z0-9]*$/.test(id) || !/^[a-z][a-z-]*s$/.test(noun)) return `say the service's id and its first noun in the plural, as in \`node tools/new-service.mjs sns topics\`, not "${id} ${noun}"`;
  if (existsSync(join(services, id))) return `packages/services/src/${id} is there already`;
  if (!existsSync(join(root, `packages/wire/models/${id}.json`))) return `there is no model "${id}": add its SDK client to the list in packages/wire/tools/generate.mjs, and build`;
  return undefined;
}

function upper(name) {
  return name[0].toUpperCase() + name.slice(1);
}

/** `user-pools` → `userPools`. */
function camel(name) {
  return name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

function write() {
  const table = camel(noun);
  const one = camel(noun.slice(0, -1));
  const record = upper(one);
  const Model = upper(id);
  const first = Object.keys(operations)[0];
  const files = {
    "index.ts": `/** ${Model}: what it is here, and AWS's page for it. */
import { service } from "../define.js";
import { ${id}Facts } from "./facts.js";
import { ${one}Operations } from "./${noun}.js";
import { ${table} } from "./state.js";

export const ${id} = service({
  id: "${id}",
  tables: [${table}],
  operations: [${one}Operations],
  facts: ${id}Facts,
});
`,
    "state.ts": `/** ${Model}'s records and tables. */
import { table } from "@hakoniwa/kernel";

export interface ${record} {
  readonly name: string;
}

export const ${table} = table<${record}>()({ name: "${id}.${noun}", key: (${one}) => ${one}.name });
`,
    "facts.ts": `/** What other services may know of ${Model}. */
import type { Reader } from "@hakoniwa/kernel";
import { ${table}, type ${record} } from "./state.js";

export interface ${Model}Facts {
  ${one}(name: string): ${record} | undefined;
}

export function ${id}Facts(db: Reader): ${Model}Facts {
  return { ${one}: (name) => db(${table}).get(name) };
}
`,
    "errors.ts": `/** The errors that ${Model} returns, with AWS's codes. */
import { notYetIn } from "../not-implemented.js";

export const notYet = notYetIn("${id}");
`,
    [`${noun}.ts`]: `import { ${Model} } from "@hakoniwa/wire";
import { operations } from "../define.js";

export const ${one}Operations = operations(${Model}, {});
`,
    [`${id}.test.ts`]: `import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(() => cloud.close());

it("answers for what it lacks by name", async () => {
  await expect(cloud.aws.${id}.${first}({} as never)).rejects.toThrow("Hakoniwa does not implement ${id}:${first} yet");
});
`,
  };
  mkdirSync(join(services, id));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(services, id, name), text);
}

/** Adds an import where its folder's name belongs in the alphabet. */
function register(file, pattern, line) {
  const lines = readFileSync(join(services, file), "utf8").split("\n");
  const imports = lines.flatMap((text, at) => (pattern.test(text) ? [{ at, folder: pattern.exec(text)[1] }] : []));
  const before = imports.findLast(({ folder }) => folder < id);
  lines.splice(before ? before.at + 1 : imports[0].at, 0, line);
  writeFileSync(join(services, file), lines.join("\n"));
}

function replace(file, pattern, by) {
  const text = readFileSync(join(services, file), "utf8");
  if (!pattern.test(text)) throw new Error(`${file} is not as it was: the service must be registered there by hand`);
  writeFileSync(join(services, file), text.replace(pattern, by));
}
