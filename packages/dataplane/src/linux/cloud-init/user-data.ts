/**
 * User data as its parts: what cloud-init takes, by its first line or its MIME type. Pure.
 * https://cloudinit.readthedocs.io/en/latest/explanation/format.html
 */
import { gunzipSync } from "node:zlib";

export type Part =
  | { readonly kind: "script" | "boothook" | "config"; readonly name: string; readonly content: Buffer }
  /** What is not done, in words for the log. */
  | { readonly kind: "refused"; readonly reason: string };

/** Unpacked, so that some kilobytes of user data don't become gigabytes. */
const MOST_BYTES = 1024 * 1024;
const MOST_PARTS = 100;
const GZIP = Buffer.from([0x1f, 0x8b]);

type Kind = "script" | "boothook" | "config" | "include";
const BY_TYPE: Readonly<Record<string, Kind>> = {
  "text/x-shellscript": "script",
  "text/x-shellscript-per-instance": "script",
  "text/cloud-boothook": "boothook",
  "text/cloud-config": "config",
  "text/x-include-url": "include",
  "text/x-include-once-url": "include",
};
const BY_FIRST_LINE: readonly (readonly [start: string, kind: Kind])[] = [
  ["#!", "script"],
  ["#cloud-boothook", "boothook"],
  ["#include", "include"],
];

export function partsOf(userData: Uint8Array): readonly Part[] {
  let bytes: Buffer = Buffer.from(userData);
  if (bytes.subarray(0, 2).equals(GZIP)) {
    try {
      bytes = unpacked(bytes);
    } catch (error) {
      return [refused(`the compressed user data can't be unpacked: ${(error as Error).message}`)];
    }
  }
  if (bytes.length === 0) return [];
  const start = bytes.subarray(0, 200).toString("latin1").trimStart();
  return /^(content-type|mime-version):/i.test(start) ? multipart(bytes) : [partOf(bytes, undefined, "part-001")];
}

/** @throws Error when it is not gzip, or longer than a megabyte */
export function unpacked(bytes: Uint8Array): Buffer {
  return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
}

function partOf(content: Buffer, type: string | undefined, name: string): Part {
  const line = content.subarray(0, 100).toString("latin1").trimStart().split("\n", 1)[0]?.trimEnd() ?? "";
  const found = BY_TYPE[type ?? ""] ?? (line === "#cloud-config" ? "config" : BY_FIRST_LINE.find(([start]) => line.startsWith(start))?.[1]);
  switch (found) {
    case "script":
    case "config":
      return { kind: found, name, content };
    case "boothook":
      return { kind: "boothook", name, content: line.startsWith("#cloud-boothook") ? content.subarray(content.indexOf("\n") + 1 || content.length) : content };
    case "include":
      return refused(`${line} is not supported: nothing is fetched from the internet at boot. Put the scripts themselves into the user data`);
    default:
      return refused(
        type === undefined || type === "text/plain"
          ? `Unhandled non-multipart (text/x-not-multipart) userdata: '${line.slice(0, 80)}'. A script begins with #!, a configuration with #cloud-config`
          : `Unhandled content type ${type} of ${name}`,
      );
  }
}

function refused(reason: string): Part {
  return { kind: "refused", reason };
}

interface Entity {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** RFC 2046, as much of it as `cloud-init devel make-mime` and Terraform's cloudinit_config write. */
function multipart(bytes: Buffer): readonly Part[] {
  const whole = entityOf(bytes.toString("latin1"));
  const type = whole.headers.get("content-type") ?? "";
  if (!/^multipart\//i.test(type)) return [decoded(whole, 1)];
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1]?.trim();
  if (boundary === undefined) return [refused("the user data is multipart, but its Content-Type names no boundary")];
  const sections = `\n${whole.body.replaceAll("\r\n", "\n")}`.split(`\n--${boundary}`).slice(1);
  const end = sections.findIndex((section) => section.startsWith("--"));
  const inner = (end < 0 ? sections : sections.slice(0, end)).slice(0, MOST_PARTS);
  return inner.map((section, index) => decoded(entityOf(section.slice(section.indexOf("\n") + 1)), index + 1));
}

function decoded({ headers, body }: Entity, number: number): Part {
  const name = fileName(headers.get("content-disposition")) ?? `part-${String(number).padStart(3, "0")}`;
  const type = headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  const encoding = (headers.get("content-transfer-encoding") ?? "8bit").toLowerCase();
  switch (encoding) {
    case "7bit":
    case "8bit":
    case "binary":
      return partOf(Buffer.from(body, "latin1"), type, name);
    case "base64": {
      const content = Buffer.from(body, "base64");
      if (!content.subarray(0, 2).equals(GZIP)) return partOf(content, type, name);
      try {
        return partOf(unpacked(content), type, name);
      } catch (error) {
        return refused(`the compressed ${name} can't be unpacked: ${(error as Error).message}`);
      }
    }
    default:
      return refused(`Content-Transfer-Encoding ${encoding} of ${name} is not supported: use base64 or 8bit`);
  }
}

/** Splits headers, whose lines may be folded, from the body. */
function entityOf(text: string): Entity {
  const plain = text.replaceAll("\r\n", "\n").replace(/^\n+/, (lead) => (text.startsWith("\n") && lead.length === 1 ? "\n" : ""));
  const gap = plain.startsWith("\n") ? 0 : plain.indexOf("\n\n");
  const head = gap < 0 ? plain : plain.slice(0, gap);
  const headers = new Map<string, string>();
  for (const line of head.replace(/\n[ \t]+/g, " ").split("\n")) {
    const [, name, value] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) headers.set(name.toLowerCase(), value.trim());
  }
  return { headers, body: gap < 0 ? "" : plain.slice(plain.startsWith("\n") ? 1 : gap + 2) };
}

/** Becomes a file's name in the instance. */
function fileName(disposition: string | undefined): string | undefined {
  const name = /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1]?.trim();
  return name !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) ? name : undefined;
}
