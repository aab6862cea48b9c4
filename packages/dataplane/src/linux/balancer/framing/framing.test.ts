import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BodyReader } from "./body-reader.js";
import { FramingError } from "./errors.js";
import { HeadScanner, HEAD_LIMIT, LINE_LIMIT } from "./head-scanner.js";
import type { BodyFraming } from "./headers.js";
import { parseRequestHead } from "./request-head.js";
import { parseResponseHead } from "./response-head.js";

function request(text: string): ReturnType<typeof parseRequestHead> {
  const scanned = new HeadScanner().push(Buffer.from(text, "latin1"));
  if (scanned === undefined) {
    throw new Error("the head is not complete");
  }
  return parseRequestHead(scanned.lines);
}

const REFUSED: readonly (readonly [what: string, text: string])[] = [
  ["conflicting lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"],
  ["equal lengths given twice", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"],
  ["a list of lengths", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n"],
  ["a signed length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n"],
  ["a negative length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n"],
  ["a hexadecimal length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n"],
  ["a huge length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n"],
  ["an empty length", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n"],
  ["a length and chunked", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["chunked and a length", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"],
  ["an unknown coding", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n"],
  ["two codings", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"],
  ["chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["chunked with a vertical tab", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n"],
  ["chunked with a no-break space", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \xa0chunked\r\n\r\n"],
  ["chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"],
  ["white space before the colon", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n"],
  ["a folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n"],
  ["a folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"],
  ["a bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"],
  ["a bare LF after a header", "GET / HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"],
  ["a bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n"],
  ["a bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rContent-Length: 5\r\n\r\n"],
  ["a NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"],
  ["a header without a colon", "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"],
  ["an empty header name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"],
  ["two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
  ["no host", "GET / HTTP/1.1\r\nX: 1\r\n\r\n"],
  ["a space in the URL", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a tab instead of a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["no version", "GET /\r\nHost: a\r\n\r\n"],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\n"],
  ["a version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n"],
  ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"],
  ["a line over the limit", `GET /${"a".repeat(LINE_LIMIT)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ["a head over the limit", `GET / HTTP/1.1\r\nHost: a\r\n${"X: y\r\n".repeat(HEAD_LIMIT / 6)}\r\n`],
];

describe("a request's head", () => {
  it.each(REFUSED)("is refused for %s", (_what, text) => {
    expect(() => request(text)).toThrow(FramingError);
  });

  it("is refused with 405 when the method is longer than 127 characters", () => {
    expect(() => request(`${"A".repeat(128)} / HTTP/1.1\r\nHost: a\r\n\r\n`)).toThrow(expect.objectContaining({ status: 405 }));
    expect(request(`${"A".repeat(127)} / HTTP/1.1\r\nHost: a\r\n\r\n`).method).toHaveLength(127);
  });

  it("may be preceded by one empty line, as old clients send it after a body", () => {
    expect(request("\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n").target).toBe("/x");
  });

  it("tells the body's framing and whether the connection stays", () => {
    expect(request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n").body).toEqual({ kind: "length", length: 5 });
    expect(request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n").body).toEqual({ kind: "chunked" });
    expect(request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").body).toEqual({ kind: "none" });
    expect(request("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keepAlive).toBe(true);
    expect(request("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").keepAlive).toBe(false);
    expect(request("GET / HTTP/1.0\r\n\r\n").keepAlive).toBe(false);
    expect(request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keepAlive).toBe(true);
  });

  it("reads the same, wherever the bytes are cut", () => {
    const name = fc.stringMatching(/^[A-Za-z-]{1,12}$/).map((text) => `X-${text}`);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 8 }), fc.array(fc.nat(400), { maxLength: 12 }), (headers, cuts) => {
        const lines = headers.map(([key, content]) => `${key}: ${content}`);
        const text = `GET /a?b HTTP/1.1\r\nHost: h\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\nBODY`;
        const scanner = new HeadScanner();
        let found;
        let rest = "";
        for (const piece of cut(Buffer.from(text, "latin1"), cuts)) {
          if (found === undefined) {
            found = scanner.push(piece);
            rest = found?.rest.toString("latin1") ?? "";
          } else {
            rest += piece.toString("latin1");
          }
        }
        expect(found?.lines).toEqual(["GET /a?b HTTP/1.1", "Host: h", ...lines]);
        expect(rest).toBe("BODY");
      }),
    );
  });
});

describe("a response's head", () => {
  function response(text: string, method = "GET"): ReturnType<typeof parseResponseHead> {
    return parseResponseHead(text.split("\r\n"), method);
  }

  it("has a body by its length, by chunks or until the connection closes", () => {
    expect(response("HTTP/1.1 200 OK\r\nContent-Length: 3").body).toEqual({ kind: "length", length: 3 });
    expect(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked").body).toEqual({ kind: "chunked" });
    expect(response("HTTP/1.1 200 OK")).toMatchObject({ body: { kind: "until-close" }, keepAlive: false });
  });

  it("has no body for HEAD, 1xx, 204 and 304, whatever its length says", () => {
    expect(response("HTTP/1.1 200 OK\r\nContent-Length: 3", "HEAD").body.kind).toBe("none");
    for (const status of [100, 103, 204, 304]) {
      expect(response(`HTTP/1.1 ${status} X\r\nContent-Length: 3`).body.kind).toBe("none");
    }
  });

  it.each(["HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/2 200 OK", "200 OK", "", "HTTP/1.1 200 O\0K"])("is refused when it begins %j", (line) => {
    expect(() => response(line)).toThrow(FramingError);
  });

  it("is refused when its lengths contradict each other", () => {
    expect(() => response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4")).toThrow(FramingError);
    expect(() => response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked")).toThrow(FramingError);
  });
});

const BAD_CHUNKS: readonly (readonly [what: string, text: string])[] = [
  ["no size", "\r\nabc\r\n"],
  ["a size that is no number", "g\r\n"],
  ["a prefixed size", "0x3\r\nabc\r\n0\r\n\r\n"],
  ["a signed size", "+3\r\nabc\r\n0\r\n\r\n"],
  ["a blank before the size", " 3\r\nabc\r\n0\r\n\r\n"],
  ["a blank after the size", "3 \r\nabc\r\n0\r\n\r\n"],
  ["a size beyond all sizes", "fffffffffffffffff\r\n"],
  ["a size line with a bare LF", "3\nabc\r\n0\r\n\r\n"],
  ["a bare CR in an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n"],
  ["an endless extension", `3;${"a".repeat(2000)}`],
  ["more data than it said", "3\r\nabcd\r\n0\r\n\r\n"],
  ["a bare LF after the data", "3\r\nabc\n0\r\n\r\n"],
  ["a bare LF at the end", "3\r\nabc\r\n0\r\n\n"],
  ["a folded trailer", "0\r\nX: 1\r\n 2\r\n\r\n"],
  ["a trailer that is no header", "0\r\nGET / HTTP/1.1\r\n\r\n"],
  ["a trailer that frames", "0\r\nContent-Length: 5\r\n\r\n"],
];

describe("a chunked body", () => {
  it.each(BAD_CHUNKS)("is refused for %s, whole or byte by byte", (_what, text) => {
    expect(() => consume({ kind: "chunked" }, [Buffer.from(text, "latin1")])).toThrow(FramingError);
    expect(() => consume({ kind: "chunked" }, Array.from(Buffer.from(text, "latin1"), (byte) => Buffer.of(byte)))).toThrow(FramingError);
  });

  it("ends where it says and has the content it carries, wherever the bytes are cut", () => {
    const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes));
    const extension = fc.constantFrom("", ";a", ";a=b");
    const trailers = fc.constantFrom("", "X-Sum: 1\r\n", "A: 1\r\nB: 2\r\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(chunk, extension)), trailers, fc.array(fc.nat(600), { maxLength: 20 }), (chunks, trailer, cuts) => {
        const coded = Buffer.concat([
          ...chunks.flatMap(([bytes, ext]) => [Buffer.from(`${bytes.length.toString(16)}${ext}\r\n`), bytes, Buffer.from("\r\n")]),
          Buffer.from(`0\r\n${trailer}\r\n`),
        ]);
        const result = consume({ kind: "chunked" }, cut(Buffer.concat([coded, Buffer.from("NEXT")]), cuts));
        expect(result).toEqual({ done: true, raw: coded.toString("latin1"), payload: Buffer.concat(chunks.map(([bytes]) => bytes)).toString("latin1"), rest: "NEXT" });
      }),
    );
  });
});

describe("a body of a given length", () => {
  it("ends there, wherever the bytes are cut", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.array(fc.nat(250), { maxLength: 10 }), (bytes, cuts) => {
        const body = Buffer.from(bytes);
        const result = consume({ kind: "length", length: body.length }, cut(Buffer.concat([body, Buffer.from("NEXT")]), cuts));
        expect(result).toEqual({ done: true, raw: body.toString("latin1"), payload: body.toString("latin1"), rest: "NEXT" });
      }),
    );
  });
});

function consume(framing: BodyFraming, pieces: readonly Buffer[]): { done: boolean; raw: string; payload: string; rest: string } {
  let payload = "";
  let raw = "";
  let rest = "";
  const reader = new BodyReader(framing, (bytes) => {
    payload += bytes.toString("latin1");
  });
  for (const piece of pieces) {
    const end = reader.read(piece, 0);
    raw += piece.toString("latin1", 0, end);
    rest += piece.toString("latin1", end);
  }
  return { done: reader.done, raw, payload, rest };
}

/** The same bytes in pieces. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => Math.min(place, bytes.length)))].sort((a, b) => a - b);
  const edges = [0, ...places, bytes.length];
  return edges.slice(1).map((end, i) => bytes.subarray(edges[i] ?? 0, end));
}
