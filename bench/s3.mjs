/** A gigabyte into S3 and out again, beside a bare Node HTTP server that writes a file with the same hashes; and the API meanwhile. */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { load } from "./api.mjs";
import { at, median, print } from "./figures.mjs";
import { newGarden } from "./garden.mjs";

const BARE = fileURLToPath(new URL("bare-server.mjs", import.meta.url));
const SIZE = 1024 ** 3;
const PIECE = Buffer.alloc(1024 * 1024, "hakoniwa");

export async function s3() {
  const garden = await newGarden({ HAKONIWA_DATAPLANE: "paper" });
  const folder = mkdtempSync(join(tmpdir(), "bench-s3-"));
  const bare = await bareServer(join(folder, "object"));
  try {
    await garden.run("start");
    // Both servers get the same client, which neither signs nor hashes the body, as it would be what is measured.
    const clientOf = (endpoint) =>
      new S3Client({ endpoint, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, forcePathStyle: true, maxAttempts: 1, requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" });
    const ours = clientOf(garden.url);
    const theirs = clientOf(bare.url);
    await ours.send(new CreateBucketCommand({ Bucket: "bench", CreateBucketConfiguration: { LocationConstraint: "ap-northeast-1" } }));
    const times = { put: [[], []], get: [[], []] };
    for (let round = 0; round < 3; round++) {
      for (const [at, client] of [theirs, ours].entries()) {
        times.put[at].push(await seconds(() => put(client)));
        times.get[at].push(await seconds(() => take(client)));
      }
    }
    for (const [name, [their, our]] of Object.entries(times)) {
      const rate = (SIZE / 1e6 / median(our)).toFixed(0);
      print(`S3 ${name} of 1 GB, times a bare server's speed`, median(their) / median(our), 0.8, { unit: "×", atLeast: true, note: `${rate} MB/s, bare ${(SIZE / 1e6 / median(their)).toFixed(0)}` });
    }
    const alone = at((await load(garden.port, 1)).latencies, 0.99).toFixed(2);
    const [{ latencies }] = await Promise.all([load(garden.port, 1), put(ours)]);
    print("DescribeVpcs p99 while 1 GB is put", at(latencies, 0.99), 5, { note: `p50 ${at(latencies, 0.5).toFixed(2)} ms; p99 without it ${alone}` });
  } finally {
    bare.end();
    rmSync(folder, { recursive: true, force: true });
    await garden.end();
  }
}

function put(client) {
  const pieces = function* () {
    for (let sent = 0; sent < SIZE; sent += PIECE.length) yield PIECE;
  };
  return client.send(new PutObjectCommand({ Bucket: "bench", Key: "object", ContentLength: SIZE, Body: Readable.from(pieces()) }));
}

async function take(client) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: "bench", Key: "object" }));
  let got = 0;
  await pipeline(Body, new Writable({
    write(chunk, _encoding, done) {
      got += chunk.length;
      done();
    },
  }));
  if (got !== SIZE) throw new Error(`only ${got} bytes came back`);
}

async function seconds(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** A process of its own, as ours is. */
async function bareServer(path) {
  const child = fork(BARE, [path, String(SIZE)]);
  const port = await new Promise((resolve) => child.once("message", resolve));
  return { url: `http://127.0.0.1:${port}`, end: () => child.kill() };
}
