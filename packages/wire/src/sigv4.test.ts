/** Signatures, as real signers make them and as a forger would change them. */
import { createHash, createHmac } from "node:crypto";
import { get, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SECRETS, startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import { isSigned, readSignature, verifySignature } from "./sigv4.js";
import type { Signed } from "./sigv4.js";

const MINUTE = 60_000;
let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.handle = () => ({});
});

interface Recipe {
  readonly service: string;
  readonly body?: string;
  readonly key?: string;
  readonly secret?: string;
  readonly token?: string;
  readonly at?: number;
  readonly region?: string;
  readonly headers?: Record<string, string>;
}

const stamp = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, "");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The signer of AWS's documentation, written down once more so that it shares nothing with what it tests. */
function sign(recipe: Recipe): { headers: Record<string, string>; body: string } {
  const { service, body = "", key = "test", secret = SECRETS[key]?.secret ?? "none", at = Date.now(), region = "ap-northeast-1" } = recipe;
  const date = stamp(at);
  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = { host: `127.0.0.1:${fixture.port}`, "x-amz-date": date, ...recipe.headers };
  if (recipe.token !== undefined) {
    headers["x-amz-security-token"] = recipe.token;
  }
  const names = Object.keys(headers).sort();
  const canonical = ["POST", "/", "", ...names.map((name) => `${name}:${headers[name]}`), "", names.join(";"), sha256(body)].join("\n");
  const day = hmac(`AWS4${secret}`, date.slice(0, 8));
  const signingKey = hmac(hmac(hmac(day, region), service), "aws4_request");
  const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${date}\n${scope}\n${sha256(canonical)}`).toString("hex");
  return {
    headers: { ...headers, authorization: `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}` },
    body,
  };
}

interface Reply {
  status: number;
  text: string;
}

function read(response: IncomingMessage): Promise<Reply> {
  return new Promise((resolve) => {
    let text = "";
    response.setEncoding("utf8").on("data", (part) => (text += part));
    response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
  });
}

/** By `node:http`, which sends what it is told, repeated headers included. */
function post(headers: Record<string, string | string[]>, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: fixture.port, method: "POST", path: "/", headers }, (response) => resolve(read(response)));
    request.on("error", reject);
    request.end(body);
  });
}

const FORM = { "content-type": "application/x-www-form-urlencoded" };
const whoAmI = { service: "sts", headers: FORM, body: "Action=GetCallerIdentity&Version=2011-06-15" };

async function send(recipe: Recipe, change: (signed: ReturnType<typeof sign>) => void = () => {}): Promise<Reply> {
  const signed = sign(recipe);
  change(signed);
  return post(signed.headers, signed.body);
}

describe("a signature in the Authorization header", () => {
  it("passes when it is right", async () => {
    expect((await send(whoAmI)).status).toBe(200);
    expect(fixture.calls).toMatchObject([{ accessKeyId: "test", region: "ap-northeast-1" }]);
  });

  it("reproduces the example of AWS's documentation (IAM ListUsers)", () => {
    const search = "Action=ListUsers&Version=2010-05-08";
    const headers = {
      host: ["iam.amazonaws.com"],
      "content-type": ["application/x-www-form-urlencoded; charset=utf-8"],
      "x-amz-date": ["20150830T123600Z"],
      authorization: [
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, " +
          "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
      ],
    };
    const secret = { secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
    const request = { method: "GET", path: "/", search, headers, body: new Uint8Array() };
    const signed = readSignature(request) as Signed;
    const at = Date.UTC(2015, 7, 30, 12, 36);
    expect(verifySignature(signed, secret, request, [at])).toBeUndefined();
    expect(verifySignature(signed, { secret: `${secret.secret}x` }, request, [at])).toEqual({ kind: "mismatch" });
    expect(verifySignature(signed, secret, { ...request, search: `${search}&x` }, [at])).toEqual({ kind: "mismatch" });
  });

  it.each([
    ["the body", (s: ReturnType<typeof sign>) => (s.body += "&RoleArn=x")],
    ["a signed header", (s: ReturnType<typeof sign>) => (s.headers["content-type"] += ";charset=utf-8")],
    ["the signature", (s: ReturnType<typeof sign>) => (s.headers["authorization"] = s.headers["authorization"]!.replace(/.$/, (c) => (c === "0" ? "1" : "0")))],
    ["the host", (s: ReturnType<typeof sign>) => (s.headers["host"] = "sts.amazonaws.com")],
    ["the scope's region", (s: ReturnType<typeof sign>) => (s.headers["authorization"] = s.headers["authorization"]!.replace("ap-northeast-1", "us-east-1"))],
  ])("fails when %s was changed", async (_what, change) => {
    const reply = await send(whoAmI, change);
    expect(reply.status).toBe(403);
    expect(reply.text).toContain("<Code>SignatureDoesNotMatch</Code>");
    expect(fixture.calls).toEqual([]);
  });

  it("fails when a signed header is missing or was sent twice", async () => {
    const recipe = { ...whoAmI, headers: { ...FORM, "x-extra": "1" } };
    expect((await send(recipe)).status).toBe(200);
    expect((await send(recipe, (s) => delete s.headers["x-extra"])).text).toContain("SignatureDoesNotMatch");
    const signed = sign(recipe);
    expect((await post({ ...signed.headers, "x-extra": ["1", "2"] }, signed.body)).text).toContain("SignatureDoesNotMatch");
    expect((await post({ ...signed.headers, "x-extra": ["1", "1"] }, signed.body)).text).toContain("SignatureDoesNotMatch");
  });

  it("fails unless the host is signed", async () => {
    const reply = await send(whoAmI, (s) => (s.headers["authorization"] = s.headers["authorization"]!.replace(";host;", ";")));
    expect(reply).toMatchObject({ status: 403 });
    expect(reply.text).toContain("<Code>IncompleteSignature</Code>");
  });

  it("fails with an unknown key, a wrong token, a token too many and none at all", async () => {
    expect((await send({ ...whoAmI, key: "AKIAUNKNOWN" })).text).toContain("<Code>InvalidClientTokenId</Code>");
    expect((await send({ ...whoAmI, key: "ASIATEMPORARY" })).text).toContain("<Code>InvalidClientTokenId</Code>");
    expect((await send({ ...whoAmI, key: "ASIATEMPORARY", token: "other" })).text).toContain("<Code>InvalidClientTokenId</Code>");
    expect((await send({ ...whoAmI, token: "surplus" })).text).toContain("<Code>InvalidClientTokenId</Code>");
    expect((await post(FORM, whoAmI.body)).text).toContain("<Code>MissingAuthenticationToken</Code>");
    expect(fixture.calls).toEqual([]);
  });

  it("hands a right session token on", async () => {
    expect((await send({ ...whoAmI, key: "ASIATEMPORARY", token: "the-token" })).status).toBe(200);
    expect(fixture.calls).toMatchObject([{ accessKeyId: "ASIATEMPORARY", sessionToken: "the-token" }]);
  });

  it("may be fifteen minutes off, either way", async () => {
    const now = Date.now();
    expect((await send({ ...whoAmI, at: now - 14 * MINUTE })).status).toBe(200);
    expect((await send({ ...whoAmI, at: now + 14 * MINUTE })).status).toBe(200);
    expect((await send({ ...whoAmI, at: now - 16 * MINUTE })).text).toMatch(/SignatureDoesNotMatch.*Signature expired/s);
    expect((await send({ ...whoAmI, at: now + 16 * MINUTE })).text).toMatch(/SignatureDoesNotMatch.*Signature not yet current/s);
  });

  it("is good by any one of several clocks", async () => {
    const virtual = Date.UTC(2031, 0, 1);
    const twoClocks = await startFixture({ now: () => [Date.now(), virtual] });
    const own = fixture;
    fixture = twoClocks;
    try {
      expect((await send({ ...whoAmI, at: virtual + MINUTE })).status).toBe(200);
      expect((await send(whoAmI)).status).toBe(200);
      expect((await send({ ...whoAmI, at: virtual - 60 * MINUTE })).status).toBe(403);
    } finally {
      fixture = own;
      await twoClocks.close();
    }
  });

  it("is good for the service it was made for only", async () => {
    const reply = await send({ service: "sts", headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter" }, body: '{"Name":"/x"}' });
    expect(reply).toMatchObject({ status: 400 });
    expect(JSON.parse(reply.text)).toEqual({ __type: "InvalidSignatureException", message: "Credential should be scoped to correct service: 'ssm'." });
  });

  it("is refused in each protocol's own words", async () => {
    const ec2 = await send({ service: "ec2", headers: FORM, body: "Action=DescribeVpcs&Version=2016-11-15", secret: "wrong" });
    expect(ec2).toMatchObject({ status: 401 });
    expect(ec2.text).toContain("<Code>AuthFailure</Code>");
    const ssm = await send({ service: "ssm", headers: { "x-amz-target": "AmazonSSM.GetParameter" }, body: "{}", key: "AKIAUNKNOWN" });
    expect(ssm).toMatchObject({ status: 400 });
    expect(JSON.parse(ssm.text)).toMatchObject({ __type: "UnrecognizedClientException" });
  });

  it.each([
    "AWS4-HMAC-SHA256",
    "AWS4-HMAC-SHA256 Credential=test",
    "AWS4-HMAC-SHA256 Credential=test/20260101/ap-northeast-1/sts/aws4_request, SignedHeaders=host, SignedHeaders=host, Signature=00",
    "AWS4-HMAC-SHA256 Credential=//////, SignedHeaders=host, Signature=00",
    "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host, Signature=00",
    "Basic dGVzdDp0ZXN0",
    "Bearer x",
  ])("is incomplete as %s", async (authorization) => {
    const reply = await post({ ...FORM, authorization, "x-amz-date": stamp(Date.now()) }, whoAmI.body);
    expect(reply.status).toBe(403);
    expect(reply.text).toContain("<Code>IncompleteSignature</Code>");
  });
});

describe("an open endpoint", () => {
  it("takes any key, and a request without a signature", async () => {
    const open = await startFixture({ verify: "open" });
    const own = fixture;
    fixture = open;
    try {
      expect((await send({ ...whoAmI, key: "whoever", region: "us-east-1" })).status).toBe(200);
      expect((await send({ ...whoAmI, key: "whoever", region: "no/../where" })).status).toBe(200);
      expect((await post(FORM, whoAmI.body)).status).toBe(200);
      expect(open.calls).toMatchObject([
        { accessKeyId: "whoever", region: "us-east-1" },
        { accessKeyId: "", region: "ap-northeast-1" },
        { accessKeyId: "", region: "ap-northeast-1" },
      ]);
    } finally {
      fixture = own;
      await open.close();
    }
  });
});

describe("a presigned URL", () => {
  function presign(options: { at?: number; expires?: number; key?: string; token?: string } = {}): string {
    const { at = Date.now(), expires = 60, key = "test" } = options;
    const date = stamp(at);
    const day = date.slice(0, 8);
    const parameters: Record<string, string> = {
      Action: "GetCallerIdentity",
      "Action-Extra": "sorts after Action",
      Version: "2011-06-15",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `${key}/${day}/us-east-1/sts/aws4_request`,
      "X-Amz-Date": date,
      "X-Amz-Expires": String(expires),
      "X-Amz-SignedHeaders": "host",
      ...(options.token === undefined ? {} : { "X-Amz-Security-Token": options.token }),
    };
    const query = Object.keys(parameters)
      .sort()
      .map((name) => `${encodeURIComponent(name)}=${encodeURIComponent(parameters[name]!)}`)
      .join("&");
    const canonical = `GET\n/\n${query}\nhost:127.0.0.1:${fixture.port}\n\nhost\n${sha256("")}`;
    const signingKey = hmac(hmac(hmac(hmac(`AWS4${SECRETS[key]!.secret}`, day), "us-east-1"), "sts"), "aws4_request");
    const signature = hmac(signingKey, `AWS4-HMAC-SHA256\n${date}\n${day}/us-east-1/sts/aws4_request\n${sha256(canonical)}`).toString("hex");
    return `${fixture.url}/?${query}&X-Amz-Signature=${signature}`;
  }

  const fetchUrl = (url: string): Promise<Reply> => new Promise((resolve, reject) => get(url, (response) => resolve(read(response))).on("error", reject));

  it("says who the caller is, as `aws eks get-token` relies on", async () => {
    fixture.handle = () => ({ Account: "123456789012" });
    const reply = await fetchUrl(presign());
    expect(reply).toMatchObject({ status: 200 });
    expect(reply.text).toContain("<Account>123456789012</Account>");
    expect(fixture.calls).toMatchObject([{ region: "us-east-1", accessKeyId: "test" }]);
  });

  it("carries a session token", async () => {
    expect((await fetchUrl(presign({ key: "ASIATEMPORARY", token: "the-token" }))).status).toBe(200);
    expect((await fetchUrl(presign({ key: "ASIATEMPORARY" }))).status).toBe(403);
  });

  it("lives as long as it says and no longer", async () => {
    expect((await fetchUrl(presign({ at: Date.now() - 50_000 }))).status).toBe(200);
    expect((await fetchUrl(presign({ at: Date.now() - 70_000 }))).text).toContain("Signature expired");
    expect((await fetchUrl(presign({ expires: 604_801 }))).text).toContain("IncompleteSignature");
  });

  it("fails when anything in it was changed", async () => {
    const url = presign();
    expect((await fetchUrl(url.replace("GetCallerIdentity", "GetSessionToken"))).text).toContain("SignatureDoesNotMatch");
    expect((await fetchUrl(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61"))).text).toContain("SignatureDoesNotMatch");
    expect((await fetchUrl(`${url}&X-Amz-Date=20300101T000000Z`)).text).toContain("MalformedQueryString");
    expect((await fetchUrl(`${url}&x=%ff`)).text).toContain("MalformedQueryString");
  });
});

it("reads no signature from a request that has none", () => {
  const nothing = readSignature({ headers: {}, search: "Action=x" });
  expect(isSigned(nothing)).toBe(false);
  expect(nothing).toEqual({ kind: "absent" });
});
