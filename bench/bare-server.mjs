/** What any server of objects must do: hash what comes as S3 does (MD5 is the ETag, and S3 adds a CRC-64), and keep it in a file. Tells its parent its port. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { createServer } from "node:http";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { checksum } from "@hakoniwa/wire";

const [path, size] = process.argv.slice(2);
async function serve(request, response) {
  if (request.method === "GET") {
    response.writeHead(200, { "content-length": size });
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), response);
    return;
  }
  const md5 = createHash("md5");
  const crc = checksum("CRC64NVME");
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      md5.update(chunk);
      crc.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(request, hashing, createWriteStream(path));
  response.writeHead(200, { etag: `"${md5.digest("hex")}"`, "x-amz-checksum-crc64nvme": crc.digest().toString("base64"), "content-length": 0 }).end();
}

const server = createServer((request, response) => void serve(request, response));
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
