/**
 * Cookies that keep a client with a target, or with a target group. What they hold is nobody's business but ours, as on AWS.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#sticky-sessions
 */
import { createHash } from "node:crypto";
import type { Header } from "./framing/headers.js";

/** The names of cookies that a generation sets for duration-based stickiness, and for an application's cookie. */
export const COOKIES = {
  classic: { duration: ["AWSELB"], application: ["AWSELB"] },
  application: { duration: ["AWSALB", "AWSALBCORS"], application: ["AWSALBAPP-0"] },
  groups: ["AWSALBTG", "AWSALBTGCORS"],
} as const;

/** 400 days, the longest that browsers keep a cookie; AWS's longest stickiness is 7. */
const FOREVER = 400 * 24 * 3_600_000;

/** What stands for a target or group in a cookie: the same on every node of the balancer, and after a restart. */
export function markOf(id: string): string {
  return createHash("sha256").update(id).digest("base64url").slice(0, 22);
}

/** The value of a cookie for `mark` that holds until `expires`, in milliseconds since the epoch. */
export function sealed(mark: string, expires: number): string {
  return Buffer.from(`${mark}.${expires.toString(36)}`).toString("base64url");
}

/** The mark in a cookie of ours; undefined when it is none, or has expired. */
export function unsealed(value: string, now: number): string | undefined {
  const [mark = "", expires = ""] = Buffer.from(value, "base64url").toString("latin1").split(".");
  return mark.length === 22 && Number.parseInt(expires, 36) > now ? mark : undefined;
}

/** The first cookie of one of these names that a request brings. */
export function cookieOf(headers: readonly Header[], names: readonly string[]): string | undefined {
  for (const { key, value } of headers) {
    if (key !== "cookie") {
      continue;
    }
    for (const pair of value.split(";")) {
      const equals = pair.indexOf("=");
      if (equals > 0 && names.includes(pair.slice(0, equals).trim())) {
        return pair.slice(equals + 1).trim();
      }
    }
  }
  return undefined;
}

/** Whether a response sets a cookie of this name. */
export function setsCookie(headers: readonly Header[], name: string): boolean {
  return headers.some(({ key, value }) => key === "set-cookie" && value.slice(0, value.indexOf("=")).trim() === name);
}

export interface NewCookie {
  readonly names: readonly string[];
  readonly mark: string;
  /** Milliseconds; undefined for as long as the browser runs. */
  readonly duration: number | undefined;
  readonly generation: "classic" | "application";
  readonly secure: boolean;
}

/** The Set-Cookie header lines, each with its CRLF. */
export function setCookieLines({ names, mark, duration, generation, secure }: NewCookie, now: number): string {
  const value = sealed(mark, now + (duration ?? FOREVER));
  let lines = "";
  for (const name of names) {
    if (generation === "classic") {
      lines += `Set-Cookie: ${name}=${value};PATH=/${duration === undefined ? "" : `;MAX-AGE=${Math.floor(duration / 1000)}`}\r\n`;
    } else {
      const expires = duration === undefined ? "" : `; Expires=${new Date(now + duration).toUTCString()}`;
      const crossSite = name.endsWith("CORS") ? `; SameSite=None${secure ? "; Secure" : ""}` : "";
      lines += `Set-Cookie: ${name}=${value}${expires}; Path=/${crossSite}\r\n`;
    }
  }
  return lines;
}
