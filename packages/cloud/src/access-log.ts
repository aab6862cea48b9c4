/** One line for each request, in words that can be searched: who, what, how it ended, how long it took. */
import type { LogEntry } from "@hakoniwa/wire";

/** E.g. `127.0.0.1 test ec2:DescribeVpcs 200 0.8 ms 3f0c…`, or `127.0.0.1 - s3:GetObject 403 AccessDenied 1.2 ms 9b1e…`. */
export function accessLine({ sourceIp, accessKeyId, service, operation, status, code, milliseconds, requestId }: LogEntry): string {
  const what = `${service ?? "-"}:${operation ?? "-"}`;
  const words = [sourceIp || "-", printable(accessKeyId ?? "") || "-", what, String(status), code, `${milliseconds.toFixed(1)} ms`, requestId];
  return words.filter((word) => word !== undefined).join(" ");
}

/** What a client wrote must not look like another line, or another word. */
function printable(text: string): string {
  return text.slice(0, 128).replace(/[^\x21-\x7e]/g, "?");
}
