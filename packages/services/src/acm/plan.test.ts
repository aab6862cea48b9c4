import { describe, expect, it } from "vitest";
import * as fc from "fast-check";
import { LIFE, nextStep, statusOf, type Circumstances } from "./plan.js";
import type { Certificate, Details, Request } from "./state.js";

const DAY = 24 * 3_600_000;
const NOW = Date.UTC(2026, 0, 1);

const request = (over: Partial<Request> = {}): Request => ({
  key: "RSA_2048", method: "DNS", domains: [{ name: "www.example.com", validationDomain: "www.example.com", approved: false, code: undefined }], until: NOW + 3 * DAY,
  transparency: "ENABLED", export: "DISABLED", token: undefined, ...over,
});

const details = (notBefore: number, notAfter: number): Details => ({ serial: "01", subject: "", issuer: "", notBefore, notAfter, signatureAlgorithm: "", keyUsages: [], extendedKeyUsages: [] });

function certificate(over: Partial<Certificate> = {}): Certificate {
  return {
    arn: "arn", type: "AMAZON_ISSUED", domainName: "www.example.com", names: ["www.example.com"], keyAlgorithm: "RSA_2048", created: NOW, imported: undefined, status: "PENDING_VALIDATION",
    failure: undefined, request: request(), issued: undefined, exported: false, renewal: undefined, revoked: undefined, tags: {}, ...over,
  };
}

const issued = (over: Partial<Certificate> = {}, notAfter = NOW + LIFE): Certificate =>
  certificate({ status: "ISSUED", issued: { at: NOW, certificate: "", chain: undefined, privateKey: "", details: details(NOW, notAfter) }, ...over });

const at = (days: number, inUse = true): Circumstances => ({ inUse, now: NOW + days * DAY, peerNow: NOW + days * DAY });

describe("what a certificate needs next", () => {
  it("is nothing for what was imported, has failed or was revoked", () => {
    for (const one of [issued({ type: "IMPORTED", request: undefined }), certificate({ status: "FAILED" }), issued({ status: "REVOKED" }), certificate({ status: "VALIDATION_TIMED_OUT" })]) {
      expect(nextStep(one, at(197))).toEqual({ do: "wait" });
    }
  });

  it("is a renewal forty-five days before its end by real peers' clocks, whatever the cloud's own says", () => {
    expect(nextStep(issued(), at(152))).toEqual({ do: "wait", until: { clock: "peer", at: NOW + 153 * DAY } });
    expect(nextStep(issued(), at(153))).toEqual({ do: "issue" });
    expect(nextStep(issued(), { inUse: true, now: NOW + 10_000 * DAY, peerNow: NOW })).toMatchObject({ do: "wait" });
    expect(nextStep(issued(), at(153, false))).toEqual({ do: "wait" });
    expect(nextStep(issued({ exported: true }), at(153, false))).toEqual({ do: "issue" });
    expect(nextStep(issued(), at(199))).toEqual({ do: "wait" });
    expect(statusOf(issued(), at(199).peerNow)).toBe("EXPIRED");
  });

  it("is not one renewal after the other when its authority ends", () => {
    expect(nextStep(issued({}, NOW + 20 * DAY), at(1))).toMatchObject({ do: "wait", until: { clock: "peer", at: NOW + 30 * DAY } });
  });

  it("is approval first, where owners were asked", () => {
    const asked = request({ method: "EMAIL" });
    const approved = request({ method: "EMAIL", domains: asked.domains.map((domain) => ({ ...domain, approved: true })) });
    expect(nextStep(certificate({ request: asked }), at(1))).toEqual({ do: "wait", until: { clock: "cloud", at: NOW + 3 * DAY } });
    expect(nextStep(certificate({ request: approved }), at(1))).toEqual({ do: "issue" });
    expect(nextStep(certificate({ request: asked }), at(3))).toEqual({ do: "time-out" });
    expect(nextStep(issued({ request: approved }), at(153))).toEqual({ do: "ask" });
    expect(nextStep(issued({ request: asked, renewal: { status: "PENDING_VALIDATION", updated: NOW } }), at(154))).toEqual({ do: "wait" });
    expect(nextStep(issued({ request: approved, renewal: { status: "PENDING_VALIDATION", updated: NOW } }), at(154))).toEqual({ do: "issue" });
  });

  it("never is another one as soon as it was issued", () => {
    const renewals = fc.constantFrom(undefined, { status: "SUCCESS" as const, updated: NOW });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 1, max: 400 }), fc.boolean(), fc.boolean(), renewals, (day, life, inUse, exported, renewal) => {
        const from = NOW + day * DAY;
        const fresh = issued({ exported, renewal, issued: { at: from, certificate: "", chain: undefined, privateKey: "", details: details(from, from + life * DAY) } });
        expect(nextStep(fresh, { inUse, now: from, peerNow: from }).do).toBe("wait");
      }),
    );
  });
});
