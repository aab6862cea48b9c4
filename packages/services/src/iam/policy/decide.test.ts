import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contextOf } from "./context.js";
import { decide, type Policies, type Request } from "./decide.js";

const ACCOUNT = "123456789012";
const ANN: Request["requester"] = { type: "user", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ann`, id: "AIDAANN" };
const ROLE = `arn:aws:iam::${ACCOUNT}:role/web`;
const SESSION: Request["requester"] = { type: "assumed-role", account: ACCOUNT, arn: `arn:aws:sts::${ACCOUNT}:assumed-role/web/i-1`, id: "AROAWEB:i-1", roleArn: ROLE };
const ROOT: Request["requester"] = { type: "root", account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, id: ACCOUNT };
const NOBODY: Request["requester"] = { type: "anonymous", account: ACCOUNT, arn: "anonymous", id: "anonymous" };
const OBJECT = "arn:aws:s3:::site/index.html";

const policy = (...statements: readonly object[]): string => JSON.stringify({ Version: "2012-10-17", Statement: statements });
const allow = (more: object = {}): object => ({ Effect: "Allow", Action: "s3:*", Resource: "*", ...more });
const deny = (more: object = {}): object => ({ Effect: "Deny", Action: "s3:GetObject", Resource: "*", ...more });
const to = (AWS: string | readonly string[]): object => ({ Principal: { AWS } });
const request = (requester: Request["requester"], entries = {}): Request => ({ requester, action: "s3:GetObject", resource: OBJECT, context: contextOf(entries) });
const verdict = (requester: Request["requester"], policies: Partial<Policies>) => decide(request(requester), { identity: [], ...policies });
const no = (by: string, explicit = false) => ({ allowed: false, explicit, by });
const yes = { allowed: true };

describe("identity, boundary and session policies", () => {
  test("without an Allow a request is denied; a Deny anywhere wins", () => {
    expect(verdict(ANN, {})).toEqual(no("identity"));
    expect(verdict(ANN, { identity: [policy(allow())] })).toEqual(yes);
    expect(verdict(ANN, { identity: [policy(allow()), policy(deny())] })).toEqual(no("identity", true));
    expect(verdict(ANN, { identity: [policy(deny(), allow())] })).toEqual(no("identity", true));
  });

  test("a boundary and a session's policies only narrow", () => {
    const identity = [policy(allow())];
    const other = policy(allow({ Action: "ec2:*" }));
    expect(verdict(ANN, { identity, boundary: other })).toEqual(no("boundary"));
    expect(verdict(ANN, { identity: [], boundary: policy(allow()) })).toEqual(no("identity"));
    expect(verdict(SESSION, { identity, session: [other] })).toEqual(no("session"));
    expect(verdict(SESSION, { identity, session: [] })).toEqual(no("session"));
    expect(verdict(SESSION, { identity, session: [other, policy(allow())] })).toEqual(yes);
    expect(verdict(SESSION, { identity, session: [policy(allow(), deny())] })).toEqual(no("session", true));
  });

  test("NotAction and NotResource name all but some; case does not count in actions", () => {
    expect(verdict(ANN, { identity: [policy({ Effect: "Allow", NotAction: "iam:*", Resource: "*" })] })).toEqual(yes);
    expect(verdict(ANN, { identity: [policy({ Effect: "Allow", NotAction: "S3:get*", Resource: "*" })] })).toEqual(no("identity"));
    expect(verdict(ANN, { identity: [policy({ Effect: "Allow", Action: "S3:getobject", NotResource: "arn:aws:s3:::secret/*" })] })).toEqual(yes);
    expect(verdict(ANN, { identity: [policy({ Effect: "Allow", Action: "s3:*", NotResource: "arn:aws:s3:::site/*" })] })).toEqual(no("identity"));
  });
});

describe("a resource's policy", () => {
  test("that names a user needs nothing else; one that names the account leaves it to identities' policies", () => {
    expect(verdict(ANN, { resource: policy(allow(to(ANN.arn))) })).toEqual(yes);
    expect(verdict(ANN, { resource: policy(allow(to(ANN.arn))), boundary: policy(allow({ Action: "ec2:*" })) })).toEqual(yes);
    expect(verdict(ANN, { resource: policy(allow(to(ACCOUNT))) })).toEqual(no("identity"));
    expect(verdict(ANN, { resource: policy(allow(to(SESSION.arn))) })).toEqual(no("identity"));
  });

  test("that names a role is bound by its boundary and its session's policies; one that names the session is not", () => {
    const narrow = policy(allow({ Action: "ec2:*" }));
    expect(verdict(SESSION, { resource: policy(allow(to(ROLE))) })).toEqual(yes);
    expect(verdict(SESSION, { resource: policy(allow(to(ROLE))), session: [narrow] })).toEqual(no("session"));
    expect(verdict(SESSION, { resource: policy(allow(to(ROLE))), boundary: narrow })).toEqual(no("boundary"));
    expect(verdict(SESSION, { resource: policy(allow(to(SESSION.arn))), boundary: narrow, session: [narrow] })).toEqual(yes);
  });

  test("alone lets strangers and services in, and alone binds the root user (S3-08)", () => {
    expect(verdict(NOBODY, { identity: [policy(allow())] })).toEqual(no("resource"));
    expect(verdict(NOBODY, { resource: policy(allow({ Principal: "*" })) })).toEqual(yes);
    expect(verdict(NOBODY, { resource: policy(allow(to(ACCOUNT))) })).toEqual(no("resource"));
    const trail: Request["requester"] = { type: "service", account: ACCOUNT, arn: "cloudtrail.amazonaws.com", id: "cloudtrail.amazonaws.com" };
    expect(verdict(trail, { resource: policy(allow({ Principal: { Service: "cloudtrail.amazonaws.com" } })) })).toEqual(yes);
    expect(verdict(trail, { resource: policy(allow({ Principal: { Service: "logs.amazonaws.com" } })) })).toEqual(no("resource"));
    expect(verdict(ROOT, { identity: [policy(deny())] })).toEqual(yes);
    expect(verdict(ROOT, { resource: policy(deny({ Principal: "*" })) })).toEqual(no("resource", true));
  });

  test("that must allow too, as a trust policy must, is not replaced by an identity's", () => {
    const identity = [policy(allow())];
    expect(verdict(ANN, { identity, resource: policy(allow(to(SESSION.arn))), needsResource: true })).toEqual(no("resource"));
    expect(verdict(ANN, { identity, resource: policy(allow(to(ACCOUNT))), needsResource: true })).toEqual(yes);
    expect(verdict(ANN, { identity, needsResource: true })).toEqual(no("resource"));
  });

  test("NotPrincipal denies all but some, and allows nobody", () => {
    const spare = { NotPrincipal: { AWS: [ANN.arn, ACCOUNT] } };
    const identity = [policy(allow())];
    expect(verdict(ANN, { identity, resource: policy(deny(spare)) })).toEqual(yes);
    expect(verdict(SESSION, { identity, resource: policy(deny(spare)) })).toEqual(no("resource", true));
    expect(verdict(NOBODY, { resource: policy(allow(spare)) })).toEqual(no("resource"));
  });
});

const requester = fc.constantFrom(ANN, SESSION, NOBODY);
const statement = fc.record({
  Effect: fc.constantFrom("Allow", "Deny"),
  Action: fc.constantFrom("*", "s3:*", "s3:Get*", "s3:PutObject", "ec2:*"),
  Resource: fc.constantFrom("*", "arn:aws:s3:::site/*", "arn:aws:s3:::other/*", "arn:aws:s3:::${aws:username}/*"),
  Condition: fc.constantFrom({}, { Bool: { "aws:SecureTransport": "true" } }, { StringNotEquals: { "aws:username": "ann" } }, { StringEquals: { "x:unknown": "1" } }),
});
const named = fc.record({ base: statement, AWS: fc.constantFrom("*", ACCOUNT, ANN.arn, ROLE, SESSION.arn) }).map(({ base, AWS }) => ({ ...base, Principal: { AWS } }));
const documents = fc.array(fc.array(statement, { minLength: 1, maxLength: 4 }).map((all) => policy(...all)), { maxLength: 3 });
const set = fc.record({
  identity: documents,
  boundary: fc.option(fc.array(statement, { minLength: 1, maxLength: 3 }).map((all) => policy(...all)), { nil: undefined }),
  session: fc.option(documents, { nil: undefined }),
  resource: fc.option(fc.array(named, { minLength: 1, maxLength: 3 }).map((all) => policy(...all)), { nil: undefined }),
  needsResource: fc.boolean(),
});
const asked = requester.map((who) => request(who, { "aws:SecureTransport": "true", ...(who === ANN ? { "aws:username": "ann" } : {}) }));
const everywhere = policy({ Effect: "Deny", Action: "*", Resource: "*" });
const allowed = (what: Request, policies: Policies): boolean => decide(what, policies).allowed;

describe("for any policies", () => {
  const holds = (check: (what: Request, policies: Policies, added: object) => void): void => fc.assert(fc.property(asked, set, statement, check), { numRuns: 1500 });

  test("an explicit Deny wins, wherever it stands", () =>
    holds((what, policies) => {
      expect(allowed(what, { ...policies, identity: [...policies.identity, everywhere] })).toBe(false);
      expect(allowed(what, { ...policies, boundary: everywhere })).toBe(false);
      expect(allowed(what, { ...policies, session: [everywhere] })).toBe(false);
      expect(allowed(what, { ...policies, resource: policy({ Effect: "Deny", Principal: "*", Action: "*", Resource: "*" }) })).toBe(false);
    }));

  test("an Allow more never takes away, a Deny more never adds", () =>
    holds((what, policies, added) => {
      const more = allowed(what, { ...policies, identity: [...policies.identity, policy({ ...added, Effect: "Allow" })] });
      const less = allowed(what, { ...policies, identity: [...policies.identity, policy({ ...added, Effect: "Deny" })] });
      const now = allowed(what, policies);
      expect(!now || more).toBe(true);
      expect(now || !less).toBe(true);
    }));

  test("a boundary, and a session's policies, only narrow", () =>
    holds((what, policies) => {
      const free: Policies = { ...policies, boundary: undefined, session: undefined };
      expect(!allowed(what, policies) || allowed(what, free)).toBe(true);
    }));

  test("the order of policies and statements means nothing", () =>
    holds((what, policies) => {
      const turned = (document: string): string => policy(...(JSON.parse(document) as { Statement: object[] }).Statement.toReversed());
      const identity = policies.identity.map(turned).toReversed();
      expect(allowed(what, { ...policies, identity, resource: policies.resource && turned(policies.resource) })).toBe(allowed(what, policies));
    }));

  test("no identity's policy lets anybody past a resource's policy that must allow", () =>
    holds((what, policies) => {
      const { resource: _, ...without } = policies;
      expect(allowed(what, { ...without, needsResource: true })).toBe(false);
    }));
});
