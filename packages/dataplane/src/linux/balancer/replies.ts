/**
 * What load balancers answer themselves, word for word.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/ts-elb-error-message.html and
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html#load-balancer-http-error-codes
 */
export type OwnStatus = 400 | 405 | 408 | 414 | 463 | 500 | 501 | 502 | 503 | 504;
export type Generation = "classic" | "application";

const CLASSIC: Readonly<Partial<Record<OwnStatus, string>>> = {
  400: "BAD_REQUEST",
  405: "METHOD_NOT_ALLOWED",
  408: "REQUEST_TIMEOUT",
  502: "BAD_GATEWAY",
  503: "Service Unavailable: Back-end server is at capacity",
  504: "GATEWAY_TIMEOUT",
};

const APPLICATION: Readonly<Record<OwnStatus, string>> = {
  400: "Bad Request",
  405: "Not Allowed",
  408: "Request Time-out",
  414: "Request-URI Too Large",
  463: "",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Temporarily Unavailable",
  504: "Gateway Time-out",
};

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  301: "Moved Permanently",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  410: "Gone",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** The whole reply, as latin1 text. Classic's has an empty body; an Application Load Balancer's is a small page. */
export function ownReply(generation: Generation, status: OwnStatus, keepAlive: boolean, now: number, withoutBody = false): string {
  if (generation === "classic") {
    // Classic has no words for what only the other generation tells apart.
    const told = CLASSIC[status] === undefined ? 400 : status;
    return `HTTP/1.1 ${told} ${CLASSIC[told]}\r\nContent-Length: 0\r\nConnection: ${keepAlive ? "keep-alive" : "Close"}\r\n\r\n`;
  }
  const title = `${status} ${APPLICATION[status]}`.trim();
  return page(title, "text/html", htmlOf(title), keepAlive, now, "", withoutBody);
}

/** A fixed response, or a redirect with its `Location`. */
export function actionReply(
  { status, contentType, body, location }: { status: number; contentType: string; body: string; location?: string | undefined },
  keepAlive: boolean,
  now: number,
  withoutBody: boolean,
): string {
  const title = `${status} ${REASONS[status] ?? ""}`.trim();
  const text = location === undefined ? Buffer.from(body, "utf8").toString("latin1") : htmlOf(title);
  const further = location === undefined ? "" : `Location: ${location}\r\n`;
  return page(title, location === undefined ? contentType : "text/html", text, keepAlive, now, further, withoutBody);
}

function htmlOf(title: string): string {
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
}

function page(status: string, contentType: string, body: string, keepAlive: boolean, now: number, further: string, withoutBody: boolean): string {
  const type = contentType === "" || body === "" ? "" : `Content-Type: ${contentType === "text/plain" ? "text/plain; charset=utf-8" : contentType}\r\n`;
  return (
    `HTTP/1.1 ${status.length === 3 ? `${status} ` : status}\r\nServer: awselb/2.0\r\nDate: ${new Date(now).toUTCString()}\r\n${type}` +
    `Content-Length: ${body.length}\r\n${further}Connection: ${keepAlive ? "keep-alive" : "close"}\r\n\r\n${withoutBody ? "" : body}`
  );
}
