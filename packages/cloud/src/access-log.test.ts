import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { accessLine } from "./access-log.js";
import { rotate } from "./log-file.js";

const entry = { requestId: "3f0c", service: "ec2", operation: "DescribeVpcs", status: 200, code: undefined, accessKeyId: "test", sourceIp: "127.0.0.1", milliseconds: 0.82 } as const;

it("a request is one line: from where, by which key, what, how it ended, how long it took, and its id", () => {
  expect(accessLine(entry)).toBe("127.0.0.1 test ec2:DescribeVpcs 200 0.8 ms 3f0c");
  expect(accessLine({ ...entry, accessKeyId: undefined, service: undefined, operation: undefined, status: 403, code: "MissingAuthenticationToken" })).toBe("127.0.0.1 - -:- 403 MissingAuthenticationToken 0.8 ms 3f0c");
});

it("a key that was made to look like another line stays in its own", () => {
  expect(accessLine({ ...entry, accessKeyId: "x 200\n127.0.0.1 root" })).toBe("127.0.0.1 x?200?127.0.0.1?root ec2:DescribeVpcs 200 0.8 ms 3f0c");
});

it("a log that has grown too large begins anew, and the one before it is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "log-"));
  const path = join(folder, "hakoniwa.log");
  try {
    rotate(path, 10);
    writeFileSync(path, "short\n");
    rotate(path, 10);
    expect(readFileSync(path, "utf8")).toBe("short\n");
    writeFileSync(path, "a longer line\n");
    rotate(path, 10);
    expect([statSync(path).size, readFileSync(`${path}.1`, "utf8")]).toEqual([0, "a longer line\n"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
