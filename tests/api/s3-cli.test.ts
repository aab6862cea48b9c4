/** `aws s3` as it is installed, where it is: trees of files, there and back. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAwsCliInstalled, useAwsCli } from "./aws-cli.js";
import { useCloud } from "./cloud.js";

describe.skipIf(!isAwsCliInstalled())("aws s3", { timeout: 120_000 }, () => {
  const cloud = useCloud();
  const cli = useAwsCli(cloud);

  /** @returns what it wrote */
  const aws = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli.run(...args);
    if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
    return stdout;
  };

  const write = (name: string, content: string | Uint8Array): void => {
    mkdirSync(dirname(join(cli.folder, name)), { recursive: true });
    writeFileSync(join(cli.folder, name), content);
  };
  const tree = (name: string): Readonly<Record<string, string>> => {
    const files = readdirSync(join(cli.folder, name), { recursive: true }).map(String).filter((file) => statSync(join(cli.folder, name, file)).isFile());
    return Object.fromEntries(files.sort().map((file) => [file, readFileSync(join(cli.folder, name, file), "utf8")]));
  };

  it("makes a bucket, copies a tree in and back, syncs what changed, and removes it all", async () => {
    for (let i = 0; i < 30; i++) write(`site/part ${i % 3}/página-${i}.html`, `page ${i}`);
    await aws("s3", "mb", "s3://site");
    expect(await aws("s3", "sync", join(cli.folder, "site"), "s3://site/www", "--no-progress")).toMatch(/(upload: .*\n){30}/);
    expect(await aws("s3", "sync", join(cli.folder, "site"), "s3://site/www", "--no-progress")).toBe("");
    await aws("s3", "cp", "s3://site/www", join(cli.folder, "back"), "--recursive", "--quiet");
    expect(tree("back")).toEqual(tree("site"));

    unlinkSync(join(cli.folder, "site/part 0/página-0.html"));
    write("site/part 1/página-1.html", "page one, changed");
    const changed = await aws("s3", "sync", join(cli.folder, "site"), "s3://site/www", "--delete", "--no-progress");
    expect(changed.trim().split("\n").map((line) => line.slice(0, line.indexOf(":"))).sort()).toEqual(["delete", "upload"]);
    await aws("s3", "mv", "s3://site/www/", "s3://site/moved/", "--recursive", "--quiet");
    expect(await aws("s3", "ls", "s3://site/")).toMatch(/^\s+PRE moved\/\n$/);
    expect((await aws("s3", "ls", "s3://site/moved", "--recursive")).trim().split("\n")).toHaveLength(29);
    await aws("s3", "rb", "s3://site", "--force");
    expect(await aws("s3", "ls")).toBe("");
  });

  it("copies a large file in parts, there, inside and back", async () => {
    await aws("s3", "mb", "s3://large");
    const content = randomBytes(20 * 1024 * 1024);
    write("large.bin", content);
    await aws("s3", "cp", join(cli.folder, "large.bin"), "s3://large/a", "--quiet");
    await aws("s3", "cp", "s3://large/a", "s3://large/b", "--quiet");
    await aws("s3", "cp", "s3://large/b", join(cli.folder, "back.bin"), "--quiet");
    expect(readFileSync(join(cli.folder, "back.bin")).equals(content)).toBe(true);
    const head = JSON.parse(await aws("s3api", "head-object", "--bucket", "large", "--key", "b")) as Record<string, unknown>;
    expect(head).toMatchObject({ ContentLength: content.length, ETag: expect.stringMatching(/-3"$/) });
    const presigned = (await aws("s3", "presign", "s3://large/a")).trim();
    const signed = await fetch(presigned, { headers: { range: "bytes=0-9" } });
    expect([signed.status, Buffer.from(await signed.arrayBuffer())]).toEqual([206, content.subarray(0, 10)]);
    await aws("s3", "rb", "s3://large", "--force");
  });

  it.each(["CRC32", "SHA256", "CRC32C", "CRC64NVME"])("uploads with a %s, whole and in parts, or says itself that it can't compute one", { timeout: 60_000 }, async (algorithm) => {
    const bucket = `sums-${algorithm.toLowerCase()}`;
    await aws("s3", "mb", `s3://${bucket}`);
    write("small.bin", randomBytes(3_000));
    write("big.bin", randomBytes(12 * 1024 * 1024));
    for (const name of ["small.bin", "big.bin"]) {
      const sent = aws("s3", "cp", join(cli.folder, name), `s3://${bucket}/${name}`, "--checksum-algorithm", algorithm, "--no-progress");
      // A CLI without the AWS Common Runtime has no CRC32C and CRC64NVME: it stops before it sends anything.
      const refusal = await sent.then(() => undefined, (error: Error) => error.message);
      if (refusal !== undefined) {
        expect(refusal).toContain(`Missing Dependency: Using ${algorithm} requires an additional dependency.`);
        expect(["CRC32C", "CRC64NVME"]).toContain(algorithm);
        continue;
      }
      const head = JSON.parse(await aws("s3api", "head-object", "--bucket", bucket, "--key", name, "--checksum-mode", "ENABLED", "--output", "json")) as Record<string, unknown>;
      expect(head[`Checksum${algorithm}`]).toEqual(expect.any(String));
      await aws("s3", "cp", `s3://${bucket}/${name}`, join(cli.folder, `back-${name}`), "--quiet", "--checksum-mode", "ENABLED");
      expect(readFileSync(join(cli.folder, `back-${name}`)).equals(readFileSync(join(cli.folder, name)))).toBe(true);
    }
    await aws("s3", "rb", `s3://${bucket}`, "--force");
  });

  it.each([
    ["CRC32C", "--checksum-crc32-c", "4waSgw=="],
    ["CRC64NVME", "--checksum-crc64-nvme", "rosUhgp5mIg="],
  ])("uploads with a %s that it was given", async (algorithm, option, sum) => {
    const bucket = `given-${algorithm.toLowerCase()}`;
    await aws("s3", "mb", `s3://${bucket}`);
    write("digits", "123456789");
    const put = (value: string): Promise<string> => aws("s3api", "put-object", "--bucket", bucket, "--key", "digits", "--body", join(cli.folder, "digits"), option, value, "--output", "json");
    await expect(put(Buffer.alloc(Buffer.from(sum, "base64").length).toString("base64"))).rejects.toThrow("BadDigest");
    expect(await aws("s3", "ls", `s3://${bucket}`)).toBe("");
    expect(JSON.parse(await put(sum))).toMatchObject({ [`Checksum${algorithm}`]: sum });
    await aws("s3", "rb", `s3://${bucket}`, "--force");
  });
});
