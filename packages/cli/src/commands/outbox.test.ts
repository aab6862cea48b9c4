import { describe, expect, it } from "vitest";
import { linesOf } from "./outbox.js";

const letter = { id: "1", at: Date.UTC(2026, 0, 2, 3, 4, 5), protocol: "email", to: "ops@example.com", subject: "Hello", body: "one\n\ntwo\n" };
const API = "http://127.0.0.1:4566";

describe("a letter of the outbox", () => {
  it("is shown as a mail program does", () => {
    expect(linesOf(letter, API)).toEqual(["2026-01-02 03:04:05  email to ops@example.com", "  Subject: Hello", "  one", "", "  two", ""]);
    expect(linesOf({ ...letter, protocol: "sms", to: "+81", body: "up" }, API)).toEqual(["2026-01-02 03:04:05  sms to +81", "  up", ""]);
  });

  it("has links that lead to this cloud", () => {
    const body = "https://sns.ap-northeast-1.amazonaws.com/?Action=ConfirmSubscription&Token=1 https://acm.us-east-1.amazonaws.com/approvals?code=2 https://evil.example/sns.x.amazonaws.com/";
    expect(linesOf({ ...letter, body }, API)[2]).toBe(`  ${API}/?Action=ConfirmSubscription&Token=1 ${API}/approvals?code=2 https://evil.example/sns.x.amazonaws.com/`);
  });

  it("can't command the terminal", () => {
    expect(linesOf({ ...letter, subject: "a\u001b[2Jb", body: "x\u0007y\rz" }, API).slice(1, 4)).toEqual(["  Subject: a\uFFFD[2Jb", "  x\uFFFDy", "  z"]);
  });
});
