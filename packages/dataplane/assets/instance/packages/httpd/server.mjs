// Hakoniwa's httpd: static files below DocumentRoot with Apache's answers, for hosts that have no Apache to lend.
import { closeSync, createReadStream, createWriteStream, openSync, readFileSync, writeSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { pipeline } from "node:stream";

const CONFIGURATION = "/etc/httpd/conf/httpd.conf";
const SERVER = "Hakoniwa httpd/2.4";
const TYPES = {
  ".css": "text/css",
  ".gif": "image/gif",
  ".htm": "text/html; charset=UTF-8",
  ".html": "text/html; charset=UTF-8",
  ".ico": "image/vnd.microsoft.icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=UTF-8",
  ".xml": "text/xml",
};
const REASONS = {
  400: ["Bad Request", "Your browser sent a request that this server could not understand."],
  403: ["Forbidden", "You don't have permission to access this resource."],
  404: ["Not Found", "The requested URL was not found on this server."],
  405: ["Method Not Allowed", "The requested method is not allowed for this URL."],
  500: ["Internal Server Error", "The server encountered an internal error."],
};

/** The directives we honour; any other one stops the server, rather than being ignored in silence. */
function readConfiguration(text) {
  /** @type {{ host: string, port: number }[]} */
  const Listen = [];
  const found = { Listen, User: "root", Group: "root", DocumentRoot: undefined, DirectoryIndex: ["index.html"], CustomLog: undefined };
  text.split("\n").forEach((line, index) => {
    const words = line.trim().match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
    const [name, ...values] = words;
    if (name === undefined || name.startsWith("#")) {
      return;
    }
    switch (name.toLowerCase()) {
      case "listen":
        found.Listen.push(parseListen(values[0], index + 1));
        break;
      case "documentroot":
        found.DocumentRoot = values[0];
        break;
      case "directoryindex":
        found.DirectoryIndex = values;
        break;
      case "customlog":
        found.CustomLog = resolve("/etc/httpd", values[0]);
        break;
      case "user":
        found.User = values[0];
        break;
      case "group":
        found.Group = values[0];
        break;
      case "serverroot":
      case "servername":
      case "serveradmin":
        break;
      default:
        stop(`Syntax error on line ${index + 1} of ${CONFIGURATION}: Invalid command '${name}': Hakoniwa's httpd does not have it`);
    }
  });
  if (found.Listen.length === 0) {
    stop("no listening sockets available: Listen is missing");
  }
  if (found.DocumentRoot === undefined) {
    stop("DocumentRoot is missing");
  }
  return found;
}

function parseListen(value, line) {
  const match = /^(?:(.+):)?(\d+)$/.exec(value ?? "");
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65535) {
    stop(`Syntax error on line ${line} of ${CONFIGURATION}: Listen '${value}' is not [ADDRESS:]PORT`);
  }
  return { host: match[1] ?? "0.0.0.0", port };
}

function stop(message) {
  console.error(`httpd: ${message}`);
  process.exit(1);
}

/** The file path below the root for a request's target; undefined when the target is malformed or leaves the root. */
function pathOf(target) {
  let path;
  try {
    path = decodeURIComponent(target.replace(/^http:\/\/[^/]*/i, "").split(/[?#]/, 1)[0]);
  } catch {
    return undefined;
  }
  if (!path.startsWith("/") || path.includes("\0") || path.split("/").includes("..")) {
    return undefined;
  }
  return path;
}

async function answer(configuration, request, response) {
  const path = pathOf(request.url);
  if (path === undefined) {
    return fail(response, 400);
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET,HEAD");
    return fail(response, 405);
  }
  let file = join(configuration.DocumentRoot, path);
  let found = await stat(file).catch((error) => error.code);
  if (typeof found !== "string" && found.isDirectory()) {
    if (!path.endsWith("/")) {
      response.setHeader("Location", `http://${request.headers.host ?? "localhost"}${encodeURI(path)}/`);
      response.writeHead(301);
      return response.end();
    }
    for (const name of configuration.DirectoryIndex) {
      found = await stat(join(file, name)).catch((error) => error.code);
      if (typeof found !== "string") {
        file = join(file, name);
        break;
      }
    }
    // A directory that has no index is not listed.
    if (typeof found === "string") {
      return fail(response, 403);
    }
  }
  if (typeof found === "string") {
    return fail(response, found === "EACCES" ? 403 : 404);
  }
  if (!found.isFile()) {
    return fail(response, 403);
  }
  return send(request, response, file);
}

async function send(request, response, file) {
  let handle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    return fail(response, error.code === "EACCES" ? 403 : 404);
  }
  const { size, mtime, mtimeMs } = await handle.stat();
  const etag = `"${size.toString(16)}-${Math.floor(mtimeMs * 1000).toString(16)}"`;
  response.setHeader("Last-Modified", mtime.toUTCString());
  response.setHeader("ETag", etag);
  if (request.headers["if-none-match"] === etag) {
    await handle.close();
    response.writeHead(304);
    return response.end();
  }
  response.setHeader("Content-Length", size);
  response.setHeader("Content-Type", TYPES[extname(file).toLowerCase()] ?? "application/octet-stream");
  response.writeHead(200);
  if (request.method === "HEAD" || size === 0) {
    await handle.close();
    return response.end();
  }
  // The length was promised: a file that grows meanwhile is cut there.
  pipeline(createReadStream("", { fd: handle, end: size - 1 }), response, () => {});
}

function fail(response, status) {
  const [title, text] = REASONS[status];
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body></html>\n`;
  response.setHeader("Content-Type", "text/html; charset=iso-8859-1");
  response.setHeader("Content-Length", Buffer.byteLength(body));
  response.writeHead(status);
  response.end(response.req.method === "HEAD" ? undefined : body);
}

function logTo(path) {
  if (path === undefined) {
    return () => {};
  }
  const stream = createWriteStream("", { fd: openSync(path, "a") });
  stream.on("error", (error) => console.error(`httpd: access log: ${error.message}`));
  return (request, response) => {
    const { remoteAddress } = request.socket;
    const line = `${request.method} ${request.url} HTTP/${request.httpVersion}`;
    const size = response.getHeader("content-length") ?? "-";
    const referer = safe(request.headers.referer);
    const agent = safe(request.headers["user-agent"]);
    stream.write(`${remoteAddress ?? "-"} - - [${timestamp()}] "${safe(line)}" ${response.statusCode} ${size} "${referer}" "${agent}"\n`);
  };
}

/** As Apache writes what a client sent: it must not be able to forge lines of the log. */
function safe(text = "-") {
  const escape = (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  return text.replace(/["\\\p{Cc}]/gu, escape);
}

/** Apache's %t in UTC, e.g. `10/Oct/2000:13:55:36 +0000`. */
function timestamp() {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date().toUTCString());
  return `${day}/${month}/${year}:${time} +0000`;
}

function uidOf(file, name) {
  const line = readFileSync(file, "utf8").split("\n").find((entry) => entry.startsWith(`${name}:`));
  return line === undefined ? stop(`bad user name ${name}`) : Number(line.split(":")[2]);
}

/** Gives root away, once the ports and logs are open. Where only root exists (one-uid mode) it says so and stays. */
function becomeUser(configuration) {
  const gid = uidOf("/etc/group", configuration.Group);
  const uid = uidOf("/etc/passwd", configuration.User);
  try {
    process.setgroups([gid]);
    process.setgid(gid);
    process.setuid(uid);
  } catch (error) {
    console.error(`httpd: staying root, because this instance has no other users (${error.message})`);
  }
}

function tellReady() {
  const descriptor = Number(process.env.NOTIFY_FD);
  if (descriptor > 2) {
    writeSync(descriptor, "ready\n");
    closeSync(descriptor);
  }
}

const flags = process.argv.slice(2);
if (flags.includes("-v") || flags.includes("-V")) {
  console.log(`Server version: ${SERVER} (Hakoniwa's own small server, not Apache; Node.js ${process.version})`);
  process.exit(0);
}
const configuration = readConfiguration(readFileSync(CONFIGURATION, "utf8"));
if (flags.includes("-t")) {
  console.error("Syntax OK");
  process.exit(0);
}
const log = logTo(configuration.CustomLog);
const handler = (request, response) => {
  response.setHeader("Server", SERVER);
  response.on("finish", () => log(request, response));
  request.resume();
  answer(configuration, request, response).catch((error) => {
    console.error(`httpd: ${request.url}: ${error.stack}`);
    if (response.headersSent) {
      response.destroy();
    } else {
      fail(response, 500);
    }
  });
};
let waiting = configuration.Listen.length;
for (const { host, port } of configuration.Listen) {
  const server = createServer({ keepAliveTimeout: 60_000 }, handler);
  server.on("error", (error) => stop(`could not bind to address ${host}:${port}: ${error.message}`));
  server.listen({ host, port, backlog: 511 }, () => {
    waiting -= 1;
    if (waiting === 0) {
      becomeUser(configuration);
      tellReady();
    }
  });
}
process.on("SIGTERM", () => process.exit(0));
