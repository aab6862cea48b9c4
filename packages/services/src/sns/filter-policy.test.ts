import { describe, expect, it } from "vitest";
import { checkFilterPolicy, passes } from "./filter-policy.js";

const attributes = { store: { type: "String", value: "example_corp" }, price: { type: "Number", value: "100.5" }, tags: { type: "String.Array", value: '["red","blue",7]' }, from: { type: "String", value: "10.0.1.7" } };

describe("by message attributes", () => {
  it.each([
    [{ store: ["example_corp"] }, true],
    [{ store: ["other"] }, false],
    [{ store: ["other", { prefix: "exam" }] }, true],
    [{ store: [{ suffix: "corp" }] }, true],
    [{ store: [{ "equals-ignore-case": "EXAMPLE_CORP" }] }, true],
    [{ store: [{ "anything-but": ["example_corp"] }] }, false],
    [{ store: [{ "anything-but": "x" }] }, true],
    [{ store: [{ "anything-but": { prefix: "exam" } }] }, false],
    [{ price: [100.5] }, true],
    [{ price: [{ numeric: [">", 100, "<=", 100.5] }] }, true],
    [{ price: [{ numeric: ["=", 100] }] }, false],
    [{ tags: ["blue"] }, true],
    [{ tags: [7] }, true],
    [{ tags: [{ "anything-but": ["blue"] }] }, false],
    [{ colour: [{ exists: false }] }, true],
    [{ store: [{ exists: false }] }, false],
    [{ store: [{ exists: true }] }, true],
    [{ colour: [{ "anything-but": "x" }] }, false],
    [{ from: [{ cidr: "10.0.0.0/16" }] }, true],
    [{ from: [{ cidr: "10.0.0.0/24" }] }, false],
    [{ store: ["example_corp"], price: [1] }, false],
    [{ $or: [{ price: [1] }, { store: ["example_corp"] }] }, true],
    [{ $or: [{ price: [1] }, { store: ["x"] }] }, false],
  ])("%j → %s", (policy, expected) => {
    const text = JSON.stringify(policy);
    checkFilterPolicy(text, "MessageAttributes");
    expect(passes(text, "MessageAttributes", attributes, "")).toBe(expected);
  });
});

describe("by the message's body", () => {
  const body = JSON.stringify({ order: { state: "paid", lines: [{ sku: "a" }, { sku: "b" }] }, total: 5, gift: null });
  it.each([
    [{ order: { state: ["paid"] } }, true],
    [{ order: { lines: { sku: ["b"] } } }, true],
    [{ order: { lines: { sku: ["c"] } } }, false],
    [{ total: [{ numeric: ["<", 6] }] }, true],
    [{ gift: [null] }, true],
    [{ order: { missing: [{ exists: false }] } }, true],
  ])("%j → %s", (policy, expected) => {
    const text = JSON.stringify(policy);
    checkFilterPolicy(text, "MessageBody");
    expect(passes(text, "MessageBody", {}, body)).toBe(expected);
  });

  it("what is no JSON object passes no policy", () => {
    expect(passes('{"a":[{"exists":false}]}', "MessageBody", {}, "hello")).toBe(false);
  });
});

it.each([
  ["[]", "JSON object"],
  ["{", "JSON"],
  ['{"a":"b"}', "must be an object or an array"],
  ['{"a":[]}', "must be an object or an array"],
  ['{"a":{"b":["c"]}}', "does not support nested"],
  ['{"a":[{"near":"x"}]}', "Unrecognized match type near"],
  ['{"a":[{"numeric":["~",1]}]}', "numeric"],
  ['{"a":[{"exists":"yes"}]}', "exists"],
  ['{"a":[{"cidr":"10.0.0.0/99"}]}', "CIDR"],
  ['{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}', "more than 5 keys"],
])("refuses %s", (policy, words) => {
  expect(() => checkFilterPolicy(policy, "MessageAttributes")).toThrow(words);
});
