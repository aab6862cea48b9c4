/** Single values as text, both ways: for forms, XML and JSON. */
import type { Shape, TimestampFormat } from "./shape.js";

/** A value that the model can't take. The path grows from the inside out while the error leaves nested shapes. */
export class MalformedValue extends Error {
  override readonly name = "MalformedValue";
  readonly path: string[] = [];
}

/** Adds one step to the path of a malformed value; other errors pass unchanged. */
export function located(error: unknown, step: string | number): unknown {
  if (error instanceof MalformedValue) {
    error.path.unshift(String(step));
  }
  return error;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const SHOWN = 100;

/** The value as an error message may show it: short, and on one line. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, (_, own: unknown) => (typeof own === "bigint" ? String(own) : own)) ?? String(value));
  // oxlint-disable-next-line no-control-regex
  const line = text.replace(/[\u0000-\u001f\u007f]/g, "\ufffd");
  return line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
}

export function formatTime(date: Date, format: TimestampFormat): string | number {
  switch (format) {
    case "epoch-seconds":
      return date.getTime() / 1000;
    case "http-date":
      return date.toUTCString();
    case "date-time":
      return date.toISOString().replace(".000Z", "Z");
  }
}

/** Seconds since 1970, or a date in ISO 8601 or HTTP's form. Any of them, since clients differ in what they send. */
export function parseTime(value: unknown): Date {
  if (typeof value !== "number" && typeof value !== "string") {
    throw new MalformedValue(`${shown(value)} is not a timestamp`);
  }
  const date = typeof value === "number" || NUMBER.test(value) ? new Date(Number(value) * 1000) : new Date(value);
  if (Number.isNaN(date.getTime())) {
    throw new MalformedValue(`'${shown(value)}' is not a timestamp`);
  }
  return date;
}

/** Finite numbers only: nothing of AWS's means anything by NaN, and a handler should never meet it. */
export function parseNumber(text: string): number {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(number)) {
    throw new MalformedValue(`'${shown(text)}' is not a number`);
  }
  return number;
}

function parseBoolean(text: string): boolean {
  switch (text.toLowerCase()) {
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      throw new MalformedValue(`'${shown(text)}' is not a boolean`);
  }
}

export function parseBlob(text: string): Uint8Array {
  const packed = text.replace(/\s+/g, "");
  if (!BASE64.test(packed)) {
    throw new MalformedValue(`'${shown(text)}' is not base64`);
  }
  return Buffer.from(packed, "base64");
}

function parseBigint(text: string): bigint {
  if (!/^[+-]?\d{1,40}$/.test(text)) {
    throw new MalformedValue(`'${shown(text)}' is not an integer`);
  }
  return BigInt(text);
}

/** Text to a value of the shape's type; throws MalformedValue. */
export function parseText(shape: Shape, text: string): unknown {
  switch (shape.kind) {
    case "number":
      return parseNumber(text);
    case "boolean":
      return parseBoolean(text);
    case "timestamp":
      return parseTime(text);
    case "blob":
      return parseBlob(text);
    case "bigint":
      return parseBigint(text);
    default:
      return text;
  }
}

export function printBlob(value: Uint8Array | string): string {
  const bytes = typeof value === "string" ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return bytes.toString("base64");
}

/** A value to text, as XML writes it; timestamps in `format` unless the shape has its own. */
export function printText(shape: Shape, value: unknown, format: TimestampFormat): string {
  switch (shape.kind) {
    case "timestamp":
      return String(formatTime(value as Date, shape.format ?? format));
    case "blob":
      return printBlob(value as Uint8Array | string);
    default:
      return String(value);
  }
}
