import type { NameRecord } from "@hakoniwa/network";
import { decode, encode } from "dns-packet";
import type { DecodedPacket, RecordType } from "dns-packet";
import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { answerDns } from "./dns.js";
import type { Asker } from "./dns.js";

const names = new Map<string, NameRecord>([
  ["web.example.com", { addresses: ["198.51.100.1", "198.51.100.2"], scope: { kind: "internet" }, site: false }],
  ["db.internal", { addresses: ["10.0.0.5"], scope: { kind: "vpc", vpc: "vpc-1" }, site: false }],
]);
const inVpc: Asker = { kind: "vpc", vpc: "vpc-1" };

function ask(name: string, asker: Asker, type: RecordType = "A"): DecodedPacket {
  const answer = answerDns(encode({ type: "query", id: 77, flags: 0x100, questions: [{ type, name }] }), names, asker);
  return decode(Buffer.from(answer ?? []));
}

describe("the resolver", () => {
  it("answers with every address, in whatever case the name is asked, echoing the question", () => {
    const packet = ask("WEB.Example.com", inVpc);
    expect(packet).toMatchObject({ id: 77, rcode: "NOERROR", flag_rd: true, flag_ra: true, questions: [{ name: "WEB.Example.com" }] });
    expect(packet.answers?.map((one) => "data" in one && one.data)).toEqual(["198.51.100.1", "198.51.100.2"]);
  });

  it("keeps a VPC's names inside of it", () => {
    expect(ask("db.internal", inVpc).rcode).toBe("NOERROR");
    expect(ask("db.internal", { kind: "vpc", vpc: "vpc-2" }).rcode).toBe("NXDOMAIN");
    expect(ask("db.internal", { kind: "internet" }).rcode).toBe("NXDOMAIN");
  });

  it("has no IPv6 address for a name that exists, which is not the same as no such name", () => {
    expect(ask("web.example.com", inVpc, "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
    expect(ask("none.example.com", inVpc, "AAAA").rcode).toBe("NXDOMAIN");
  });

  it("names an address", () => {
    expect(ask("5.0.0.10.in-addr.arpa", inVpc, "PTR").answers).toMatchObject([{ type: "PTR", data: "db.internal" }]);
    expect(ask("5.0.0.10.in-addr.arpa", { kind: "internet" }, "PTR").rcode).toBe("NXDOMAIN");
  });

  it("never throws and never answers an answer, whatever bytes come", () => {
    assert(
      property(uint8Array({ maxLength: 600 }), (bytes) => {
        const answer = answerDns(bytes, names, inVpc);
        expect(answer === undefined || ((bytes[2] ?? 0) & 0x80) === 0).toBe(true);
      }),
    );
  });
});
