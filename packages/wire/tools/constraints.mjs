/**
 * Extracts lengths, ranges, patterns and enums, which the SDK's schemas lack, from botocore's service models:
 *
 *   node packages/wire/tools/constraints.mjs <folder with botocore's data>
 *
 * Not a part of the build: the tables in packages/wire/constraints are committed, and this is how they were made.
 * A table holds the distinct rules, and by structure and member the number of its rule; `item`, `key` and `value` of a
 * rule are numbers of rules too. Only what an operation's input can reach is in it. S3 and EC2 word their checks otherwise.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { isFast, translate } from "./patterns.mjs";

const SERVICES = ["sts", "iam", "ssm", "elb", "elbv2", "autoscaling", "cloudformation", "cloudwatch", "logs", "sns", "acm"];
/** The longest text that reaches a pattern without a maximum of its own: the largest body of a request. */
const LARGEST_BODY = 1024 * 1024;
const target = fileURLToPath(new URL("../constraints", import.meta.url));

function readModel(folder, service) {
  const versions = readdirSync(join(folder, service)).sort();
  const file = join(folder, service, versions.at(-1), "service-2.json.gz");
  return JSON.parse(gunzipSync(readFileSync(file)));
}

function tableOf(service, { operations, shapes }) {
  const rules = [];
  const numbers = new Map();
  const skipped = [];

  const patternOf = (shape) => {
    const translated = translate(shape.pattern);
    if (!translated || !isFast(translated, shape.max ?? LARGEST_BODY)) {
      skipped.push(`${translated ? "slow" : "not JavaScript"}: ${shape.pattern}`);
      return {};
    }
    return { pattern: shape.pattern, test: translated.source, ...(translated.flags === "u" ? {} : { flags: translated.flags }) };
  };

  const ruleOf = (name) => {
    const shape = shapes[name];
    const inner = (key, reference) => {
      const number = reference ? ruleOf(reference.shape) : undefined;
      return number === undefined ? {} : { [key]: number };
    };
    const rule = {
      ...(shape.min === undefined ? {} : { min: shape.min }),
      ...(shape.max === undefined ? {} : { max: shape.max }),
      ...(shape.pattern === undefined ? {} : patternOf(shape)),
      ...(shape.enum === undefined ? {} : { enum: shape.enum }),
      ...(shape.type === "list" ? inner("item", shape.member) : {}),
      ...(shape.type === "map" ? { ...inner("key", shape.key), ...inner("value", shape.value) } : {}),
    };
    if (shape.type === "structure" || Object.keys(rule).length === 0) {
      return undefined;
    }
    const text = JSON.stringify(rule);
    if (!numbers.has(text)) {
      numbers.set(text, rules.push(rule) - 1);
    }
    return numbers.get(text);
  };

  const structures = {};
  const seen = new Set();
  const visit = (name) => {
    if (seen.has(name)) {
      return;
    }
    seen.add(name);
    const shape = shapes[name];
    for (const reference of [shape.member, shape.key, shape.value, ...Object.values(shape.members ?? {})]) {
      if (reference) {
        visit(reference.shape);
      }
    }
    if (shape.type === "structure") {
      const members = Object.entries(shape.members).map(([member, reference]) => [member, ruleOf(reference.shape)]);
      const ruled = members.filter(([, number]) => number !== undefined);
      if (ruled.length > 0) {
        structures[name] = Object.fromEntries(ruled);
      }
    }
  };
  for (const { input } of Object.values(operations)) {
    if (input) {
      visit(input.shape);
    }
  }
  for (const pattern of new Set(skipped)) {
    console.log(`${service}: skipped, ${pattern}`);
  }
  return { rules, structures };
}

function text({ rules, structures }) {
  const lines = (entries) => entries.join(",\n");
  const named = Object.entries(structures).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{"rules":[\n${lines(rules.map((rule) => JSON.stringify(rule)))}\n],"structures":{\n${lines(named.map(([name, members]) => `${JSON.stringify(name)}:${JSON.stringify(members)}`))}\n}}\n`;
}

const folder = process.argv[2];
if (folder === undefined) {
  console.error("usage: node packages/wire/tools/constraints.mjs <folder with botocore's data>");
  process.exit(2);
}
mkdirSync(target, { recursive: true });
for (const service of SERVICES) {
  const table = text(tableOf(service, readModel(folder, service)));
  writeFileSync(join(target, `${service}.json`), table);
  console.log(`${service}: ${table.length} bytes`);
}
