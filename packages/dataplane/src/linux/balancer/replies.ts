/**
 * What Classic itself answers, word for word, with an empty body.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/classic/ts-elb-error-message.html
 */
export type OwnStatus = 400 | 405 | 408 | 502 | 503 | 504;

const REASONS: Readonly<Record<OwnStatus, string>> = {
  400: "BAD_REQUEST",
  405: "METHOD_NOT_ALLOWED",
  408: "REQUEST_TIMEOUT",
  502: "BAD_GATEWAY",
  503: "Service Unavailable: Back-end server is at capacity",
  504: "GATEWAY_TIMEOUT",
};

/** The whole reply, as latin1 text. */
export function ownReply(status: OwnStatus, keepAlive: boolean): string {
  const connection = keepAlive ? "keep-alive" : "Close";
  return `HTTP/1.1 ${status} ${REASONS[status]}\r\nContent-Length: 0\r\nConnection: ${connection}\r\n\r\n`;
}
