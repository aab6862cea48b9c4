import { describe, expect, it } from "vitest";
import { failuresIn } from "./ip-batch.js";
import { inNamespace } from "./namespaces.js";
import { refusalIn } from "./nft.js";

describe("what ip and nft answer", () => {
  it("is led back to the line that failed", () => {
    const output = 'Cannot find device "nope"\nCommand failed -:8\nRTNETLINK answers: File exists\nCommand failed -:9\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 \\';
    expect(failuresIn(output, 7, ["link set lo up", "link set nope up", "route add 1.2.3.4 dev lo"])).toEqual([
      { index: 1, line: "link set nope up", reason: 'Cannot find device "nope"' },
      { index: 2, line: "route add 1.2.3.4 dev lo", reason: "RTNETLINK answers: File exists" },
    ]);
  });

  it("names the statement of a transaction that the kernel refused, not all of it", () => {
    const output = "Error: Could not process rule: No such file or directory\nadd table ip vpc; add rule ip vpc nope accept; add table ip x\n                                     ^^^^\n";
    expect(refusalIn(output)).toBe("nft: Error: Could not process rule: No such file or directory in: add rule ip vpc nope accept");
    expect(refusalIn("")).toBeUndefined();
  });
});

describe("a command in a namespace", () => {
  it("goes by name or by process, and by nothing else", () => {
    expect(inNamespace({ name: "vpc-1" }, ["ip", "link"])).toEqual(["nsenter", "--net=/run/netns/vpc-1", "--", "ip", "link"]);
    expect(inNamespace({ pid: 42 }, ["ip"])).toEqual(["nsenter", "--net=/proc/42/ns/net", "--", "ip"]);
    expect(inNamespace(undefined, ["ip"])).toEqual(["ip"]);
    for (const name of ["", "../1", "a b", "12", "-x"]) expect(() => inNamespace({ name }, ["ip"])).toThrow("cannot be the name");
    expect(() => inNamespace({ pid: -1 }, ["ip"])).toThrow("not a process id");
  });
});
