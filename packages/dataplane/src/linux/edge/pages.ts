/** What the edge answers itself: plain text that says what is wrong and what to do. */
import type { Route, Sites } from "./route.js";

export interface Page {
  readonly status: string;
  readonly text: string;
}

/** The page for a request that leads to no site. */
export function pageFor(route: Exclude<Route, { kind: "site" }>, sites: Sites, port: number): Page {
  if (route.kind === "nothing-up") {
    return { status: "503 Service Unavailable", text: "No site is up yet.\n\nDeploy one:\n\n    ./hakoniwa up\n" };
  }
  if (route.kind === "foreign") {
    return {
      status: "403 Forbidden",
      text: `The Host ${quoted(route.host)} is not served here: only localhost and names that end in .localhost are.\n\n${listOf(sites, port)}`,
    };
  }
  if (route.kind === "no-default") {
    return { status: "404 Not Found", text: `There is no default site. ${listOf(sites, port)}` };
  }
  return { status: "404 Not Found", text: `No site is called ${quoted(route.name)}.\n\n${listOf(sites, port)}` };
}

/** The page for a site that could not be reached. */
export function unreachablePage(name: string, address: string, code: string): Page {
  const timedOut = code === "timeout" || code === "ETIMEDOUT";
  const cause = timedOut
    ? `${address} did not answer. A security group, a network ACL or a missing route may drop the packets.`
    : `${address} could not be reached: ${code}.`;
  return { status: timedOut ? "504 Gateway Timeout" : "502 Bad Gateway", text: `${name} does not answer.\n\n${cause}\n` };
}

export const BAD_REQUEST: Page = { status: "400 Bad Request", text: "This is no HTTP/1.1 request that can be read in one way only.\n" };
export const TOO_LARGE: Page = { status: "431 Request Header Fields Too Large", text: "The request's head is longer than 16 kB.\n" };
export const TOO_SLOW: Page = { status: "408 Request Timeout", text: "The request's head did not come in time.\n" };

/** The whole response; `head` leaves the body out. */
export function render(page: Page, head: boolean): string {
  const body = Buffer.from(page.text, "utf8").toString("latin1");
  const fields = [
    `HTTP/1.1 ${page.status}`,
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${body.length}`,
    "X-Content-Type-Options: nosniff",
    "Cache-Control: no-store",
    "Server: hakoniwa-edge",
    "Connection: close",
  ];
  return `${fields.join("\r\n")}\r\n\r\n${head ? "" : body}`;
}

function listOf({ sites }: Sites, port: number): string {
  const urls = [...sites.keys()].sort().map((name) => `    http://${name}.localhost:${port}/`);
  return urls.length === 0 ? "No site is up yet; deploy one: ./hakoniwa up\n" : `The sites that are up:\n\n${urls.join("\n")}\n`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 255));
}
