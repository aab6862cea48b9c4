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
const residents = {
  region: "ap-northeast-1",
  holders: { "10.0.0.5": "i-5", "10.0.0.6": "i-6" },
  behind: { "198.51.100.6": "10.0.0.6" },
};
const inVpc: Asker = { kind: "vpc", vpc: "vpc-1", residents: { region: "ap-northeast-1", holders: {}, behind: {} } };
const amongResidents: Asker = { kind: "vpc", vpc: "vpc-1", residents };

/** The library's types leave the code out that it decodes. */
type Answer = DecodedPacket & { readonly rcode: string };

function ask(name: string, asker: Asker, type: RecordType = "A"): Answer {
  const answer = answerDns(encode({ type: "query", id: 77, flags: 0x100, questions: [{ type, name }] }), names, asker);
  return decode(Buffer.from(answer ?? [])) as Answer;
}

describe("the resolver", () => {
  it("answers with every address, in whatever case the name is asked, echoing the question", () => {
    const packet = ask("WEB.Example.com", inVpc);
    expect(packet).toMatchObject({ id: 77, rcode: "NOERROR", flag_rd: true, flag_ra: true, questions: [{ name: "WEB.Example.com" }] });
    expect(packet.answers?.map((one) => "data" in one && one.data)).toEqual(["198.51.100.1", "198.51.100.2"]);
  });

  it("gives the addresses in another order each time, so that every zone's node gets its share", () => {
    const first = [0, 1, 2].map((turn) => {
      const answer = answerDns(encode({ type: "query", id: 1, questions: [{ type: "A", name: "web.example.com" }] }), names, inVpc, turn);
      return decode(Buffer.from(answer ?? [])).answers?.map((one) => "data" in one && one.data);
    });
    expect(first).toEqual([["198.51.100.1", "198.51.100.2"], ["198.51.100.2", "198.51.100.1"], ["198.51.100.1", "198.51.100.2"]]);
  });

  it("keeps a VPC's names inside of it", () => {
    expect(ask("db.internal", inVpc).rcode).toBe("NOERROR");
    expect(ask("db.internal", { kind: "vpc", vpc: "vpc-2", residents: undefined }).rcode).toBe("NXDOMAIN");
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

  it("gives every resident of the VPC a private name, both ways, and nobody else (S2-22)", () => {
    const name = "ip-10-0-0-5.ap-northeast-1.compute.internal";
    expect(ask(name.toUpperCase(), amongResidents).answers).toMatchObject([{ type: "A", data: "10.0.0.5" }]);
    expect(ask(name, amongResidents, "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
    expect(ask("5.0.0.10.in-addr.arpa", amongResidents, "PTR").answers).toMatchObject([{ type: "PTR", data: name }]);
    for (const other of ["ip-10-0-0-7.ap-northeast-1.compute.internal", "ip-10-0-0-5.us-west-2.compute.internal", "ip-10-0-0-5.ec2.internal", "ip-10-0-0-05.ap-northeast-1.compute.internal"]) {
      expect(ask(other, amongResidents).rcode).toBe("NXDOMAIN");
    }
    expect(ask(name, { kind: "internet" }).rcode).toBe("NXDOMAIN");
    const inVirginia: Asker = { kind: "vpc", vpc: "vpc-1", residents: { ...residents, region: "us-east-1" } };
    expect(ask("ip-10-0-0-5.ec2.internal", inVirginia).answers).toMatchObject([{ data: "10.0.0.5" }]);
  });

  it("leads a resident's public name to its private address from inside, and to its public one from outside", () => {
    const name = "ec2-198-51-100-6.ap-northeast-1.compute.amazonaws.com";
    const given = new Map<string, NameRecord>([[name, { addresses: ["198.51.100.6"], scope: { kind: "internet" }, site: false }]]);
    const data = (known: ReadonlyMap<string, NameRecord>, asker: Asker) =>
      decode(Buffer.from(answerDns(encode({ type: "query", id: 1, questions: [{ type: "A", name }] }), known, asker) ?? [])).answers?.map((one) => "data" in one && one.data);
    expect(data(given, amongResidents)).toEqual(["10.0.0.6"]);
    expect(data(given, { kind: "internet" })).toEqual(["198.51.100.6"]);
    expect(data(given, inVpc)).toEqual(["198.51.100.6"]);
    // A VPC without DNS hostnames gives none.
    expect(data(new Map(), amongResidents)).toEqual([]);
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
