/** Reads the server name that a TLS client asks for (RFC 8446, 4.1.2; RFC 6066, 3), so that TLS can be passed through unopened. */

export type ClientHello =
  | { readonly kind: "incomplete" }
  /** The name is undefined when the client named none, as for an IP address. */
  | { readonly kind: "hello"; readonly serverName: string | undefined }
  | { readonly kind: "invalid" };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const RECORD_HEADER = 5;
const RECORD_LIMIT = 16_384;

/** @param bytes everything the client has sent so far; a hello in more than one TLS record counts as invalid */
export function readClientHello(bytes: Buffer): ClientHello {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE) {
    return { kind: "invalid" };
  }
  if (bytes.length < RECORD_HEADER) {
    return { kind: "incomplete" };
  }
  const length = bytes.readUInt16BE(3);
  if (length > RECORD_LIMIT) {
    return { kind: "invalid" };
  }
  if (bytes.length < RECORD_HEADER + length) {
    return { kind: "incomplete" };
  }
  try {
    return readHello(new Reader(bytes.subarray(RECORD_HEADER, RECORD_HEADER + length)));
  } catch (error) {
    if (error instanceof RangeError) {
      return { kind: "invalid" };
    }
    throw error;
  }
}

function readHello(record: Reader): ClientHello {
  if (record.number(1) !== CLIENT_HELLO) {
    return { kind: "invalid" };
  }
  const hello = record.vector(3);
  hello.take(2 + 32);
  hello.vector(1);
  hello.vector(2);
  hello.vector(1);
  if (hello.empty) {
    return { kind: "hello", serverName: undefined };
  }
  const extensions = hello.vector(2);
  while (!extensions.empty) {
    const type = extensions.number(2);
    const body = extensions.vector(2);
    if (type === SERVER_NAME) {
      const names = body.vector(2);
      return names.number(1) === 0 ? { kind: "hello", serverName: names.vector(2).text() } : { kind: "invalid" };
    }
  }
  return { kind: "hello", serverName: undefined };
}

/** Takes bytes from the front; throws RangeError when there are too few. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get empty(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) {
      throw new RangeError("the hello is shorter than it says");
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  /** What follows its own length, which takes `size` bytes. */
  vector(size: number): Reader {
    return new Reader(this.take(this.number(size)));
  }

  text(): string {
    return this.#bytes.toString("latin1");
  }
}
