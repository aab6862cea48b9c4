/** A message that breaks HTTP's framing rules; its sender is answered once and the connection closed. */
export class FramingError extends Error {
  /** What a client is told: Classic answers an over-long method with 405 and everything else malformed with 400. */
  readonly status: 400 | 405;

  constructor(message: string, status: 400 | 405 = 400) {
    super(message);
    this.name = "FramingError";
    this.status = status;
  }
}
