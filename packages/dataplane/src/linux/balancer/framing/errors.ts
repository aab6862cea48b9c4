/** A message that breaks HTTP's framing rules; its sender is answered once and the connection closed. */
export class FramingError extends Error {
  /** What a client is told; Classic knows 400 and 405 only. */
  readonly status: 400 | 405 | 414 | 501;

  constructor(message: string, status: FramingError["status"] = 400) {
    super(message);
    this.name = "FramingError";
    this.status = status;
  }
}
