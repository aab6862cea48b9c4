/**
 * Cuts what DescribeInstanceTypes answers down to the families that Hakoniwa offers, and writes `data/instance-types.json`. Run once by
 * hand, when families are added: `node packages/services/tools/instance-types.mjs ANSWER.json`, where the file holds AWS's
 * InstanceTypeInfo by name, or the whole answer of `aws ec2 describe-instance-types`. The file that is committed was cut from AWS's
 * answers in us-east-1 as moto 5.2.1 (Apache-2.0) carries them.
 *
 * What all sizes of a family have in common is written once.
 */
import { readFileSync, writeFileSync } from "node:fs";

const FAMILIES = [
  "t1", "t2", "t3", "t3a", "t4g",
  "m1", "m4", "m5", "m6i", "m6g", "m7i", "m7g",
  "c4", "c5", "c6i", "c6g", "c7i", "c7g",
  "r5", "r6i", "r6g", "r7i", "r7g",
];

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** The members that all have, with the same value. */
function common(all) {
  const [first, ...others] = all;
  const shared = {};
  for (const [name, value] of Object.entries(first)) {
    if (isObject(value) && others.every((other) => isObject(other[name]))) {
      const inner = common(all.map((each) => each[name]));
      if (Object.keys(inner).length > 0) shared[name] = inner;
    } else if (others.every((other) => same(other[name], value))) {
      shared[name] = value;
    }
  }
  return shared;
}

/** What `whole` has beyond `shared`. */
function beyond(whole, shared) {
  const rest = {};
  for (const [name, value] of Object.entries(whole)) {
    if (same(value, shared[name])) continue;
    const inner = isObject(value) && isObject(shared[name]) ? beyond(value, shared[name]) : value;
    rest[name] = inner;
  }
  return rest;
}

const answer = JSON.parse(readFileSync(process.argv[2], "utf8"));
const types = Array.isArray(answer.InstanceTypes) ? answer.InstanceTypes : Object.values(answer);
const families = {};
for (const family of FAMILIES) {
  const members = types.filter((type) => type.InstanceType.split(".")[0] === family && !type.BareMetal);
  if (members.length === 0) throw new Error(`there is no type of the family ${family}`);
  members.sort((a, b) => a.MemoryInfo.SizeInMiB - b.MemoryInfo.SizeInMiB);
  const infos = members.map(({ InstanceType: _name, ...info }) => info);
  const shared = common(infos);
  families[family] = { common: shared, sizes: Object.fromEntries(members.map((type, at) => [type.InstanceType.split(".")[1], beyond(infos[at], shared)])) };
}
const lines = Object.entries(families).map(([family, { common: shared, sizes }]) => {
  const rows = Object.entries(sizes).map(([size, rest]) => `      ${JSON.stringify(size)}: ${JSON.stringify(rest)}`);
  return `  ${JSON.stringify(family)}: {\n    "common": ${JSON.stringify(shared)},\n    "sizes": {\n${rows.join(",\n")}\n    }\n  }`;
});
writeFileSync(new URL("../data/instance-types.json", import.meta.url), `{\n${lines.join(",\n")}\n}\n`);
