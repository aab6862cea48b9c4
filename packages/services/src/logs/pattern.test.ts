import { describe, expect, it } from "vitest";
import { compilePattern } from "./pattern.js";

const matches = (pattern: string, message: string): boolean => compilePattern(pattern)(message) !== undefined;

describe("patterns of terms", () => {
  it.each([
    ["", "anything", true],
    ["ERROR", "[ERROR 400] BAD REQUEST", true],
    ["ERROR", "error", false],
    ["ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", true],
    ["ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", false],
    ["?ERROR ?ARGUMENTS", "INVALID ARGUMENTS", true],
    ["?ERROR ?ARGUMENTS", "fine", false],
    ["?WARN ERROR", "ERROR alone: the question mark is ignored", true],
    ['"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", true],
    ['"INTERNAL SERVER ERROR"', "SERVER INTERNAL ERROR", false],
    ["ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", false],
    ["ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", true],
    ["%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true],
    [String.raw`%10\.0\.[0-9]+\.5%`, "to 10.0.12.5", true],
    [String.raw`%10\.0\.[0-9]+\.5%`, "to 10.0..5", false],
    ["%^a{2,3}b?c$%", "aaac", true],
    ["%^a{2,3}b?c$%", "aaaac", false],
    ["%gray|grey%", "a grey cat", true],
    [String.raw`"a \"b\" c"`, 'say a "b" c', true],
  ])("%s of %s: %s", (pattern, message, expected) => {
    expect(matches(pattern, message)).toBe(expected);
  });

  it("follow all possibilities at once: no pattern takes longer than the message is long", () => {
    const begun = performance.now();
    expect(matches(`%${"a*".repeat(40)}b%`, "a".repeat(50_000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe("patterns of JSON", () => {
  const event = JSON.stringify({
    eventType: "UpdateTrail", sourceIPAddress: "111.111.111.111", arrayKey: ["value", "another"], objectList: [{ name: "a", id: 1 }, { name: "b", id: 2 }],
    SomeObject: null, ThisFlag: true, size: 1.5e3, "a b": "spaced", user: { id: 1, email: "John.Stiles@example.com" },
  });
  it.each([
    ['{ $.eventType = "UpdateTrail" }', true],
    ["{ $.eventType = UpdateTrail }", true],
    ['{ $.sourceIPAddress != 123.123.* }', true],
    ['{ $.sourceIPAddress = "111.*.111" }', true],
    ['{ $.arrayKey[0] = "value" }', true],
    ['{ $.arrayKey[*] = "another" }', true],
    ["{ $.objectList[1].id = 2 }", true],
    ["{ $.objectList[1].id = 1 }", false],
    ["{ $.SomeObject IS NULL }", true],
    ["{ $.SomeOtherObject NOT EXISTS }", true],
    ["{ $.eventType NOT EXISTS }", false],
    ["{ $.ThisFlag IS TRUE }", true],
    ["{ $.size >= 1500 && $.size < 1.6e3 }", true],
    ['{ $.["a b"] = spaced }', true],
    ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', false],
    ['{ ($.user.id = 2 && $.size = 0) || $.user.email = "John.*" }', true],
    ['{ $.user.id = 2 && $.size = 0 || $.user.email = "John.*" }', true],
    ['{ $.user.id = 2 && ($.size = 0 || $.user.email = "John.*") }', false],
    ["{ $.eventType = %Trail$% }", true],
    ["{ $.missing != 1 }", false],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, event)).toBe(expected);
  });

  it("match no event that is no JSON, and tell the values", () => {
    expect(matches("{ $.a NOT EXISTS }", "not JSON")).toBe(false);
    expect(compilePattern('{ $.user.id = 1 && $.eventType = "*" }')(event)).toEqual({ "$.user.id": "1", "$.eventType": "UpdateTrail" });
  });
});

describe("patterns of fields", () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  it.each([
    ["[ip, user, username, timestamp, request, status_code, bytes]", true],
    ["[ip, user, username, timestamp, request, status_code]", false],
    ["[ip, user, username, timestamp, request = *.html*, status_code = 4*, bytes]", true],
    ["[..., status_code = 404 || status_code = 410, bytes > 1000]", true],
    ["[..., status_code = 404, bytes > 2000]", false],
    ["[ip, ..., bytes]", true],
    ["[ip = %127\\.0\\.0\\.[0-9]%, ...]", true],
    ["[ip, , username != frank, ...]", false],
    ["[ip != 10.*, user, username = frank && username = f*, ...]", true],
  ])("%s: %s", (pattern, expected) => {
    expect(matches(pattern, line)).toBe(expected);
  });

  it("tell the fields by name, and those without one by place", () => {
    expect(compilePattern("[ip, , user, ..., bytes]")(line)).toEqual({ $ip: "127.0.0.1", $2: "-", $user: "frank", $bytes: "1534" });
  });

  it("find rejected connections in flow logs (S3-43)", () => {
    const flow = "2 123456789012 eni-0123 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK";
    expect(matches("[version, account, eni, source, destination, srcport, destport=3389, protocol=6, packets, bytes, windowstart, windowend, action=REJECT, flowlogstatus]", flow)).toBe(true);
    expect(matches("[..., action=ACCEPT, flowlogstatus]", flow)).toBe(false);
  });
});

it.each(["{", "{ }", "{ $.a }", "{ $.a = 1 } x", "[a", "[a, ..., ...]", "[a = ]", '"open', "a:b", "%(a)%", "%a", "{ $.a > x }", "?", `{ ${"(".repeat(60)}$.a = 1${")".repeat(60)} }`])("%s is no pattern", (pattern) => {
  expect(() => compilePattern(pattern)).toThrow(expect.objectContaining({ code: "InvalidParameterException" }));
});
