/** Signatures of S3: AWS's own examples, URLs that botocore and the SDK made, and what a forger would change. */
import { AwsError } from "@hakoniwa/kernel";
import { describe, expect, it } from "vitest";
import type { Secret } from "./call.js";
import { authenticateS3 } from "./sigv4-s3.js";
import type { S3Access, S3AccessOptions } from "./sigv4-s3.js";
import type { SignedHead } from "./sigv4.js";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRETS: Readonly<Record<string, Secret>> = {
  [KEY]: { secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  test: { secret: "test" },
  ASIATEMPORARY: { secret: "temporary", sessionToken: "the-token" },
};
const MAY_24 = Date.UTC(2013, 4, 24);
const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

function authenticate(head: Partial<SignedHead>, options: Partial<S3AccessOptions> = {}): S3Access {
  return authenticateS3(
    { method: "GET", path: "/", search: "", headers: {}, ...head },
    { verify: "strict", secretOf: (id) => SECRETS[id], clocks: [MAY_24 + 1000], ...options },
  );
}

function refusal(head: Partial<SignedHead>, options: Partial<S3AccessOptions> = {}): AwsError {
  try {
    authenticate(head, options);
  } catch (error) {
    expect(error).toBeInstanceOf(AwsError);
    return error as AwsError;
  }
  throw new Error("the request was accepted");
}

const headersOf = (pairs: Record<string, string>): SignedHead["headers"] => Object.fromEntries(Object.entries(pairs).map(([name, value]) => [name, [value]]));

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object" */
const GET_HEADERS = {
  host: "examplebucket.s3.amazonaws.com",
  range: "bytes=0-9",
  "x-amz-content-sha256": NOTHING,
  "x-amz-date": "20130524T000000Z",
  authorization:
    `AWS4-HMAC-SHA256 Credential=${KEY}/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,` +
    "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
};
const get = (change: Record<string, string> = {}): Partial<SignedHead> => ({ path: "/test.txt", headers: headersOf({ ...GET_HEADERS, ...change }) });
const authorization = (from: string, to: string): Record<string, string> => ({ authorization: GET_HEADERS.authorization.replace(from, to) });

describe("a signature in the header", () => {
  it("is good as AWS's documentation makes it", () => {
    expect(authenticate(get())).toMatchObject({ accessKeyId: KEY, region: "us-east-1", payload: { kind: "hash", sha256: NOTHING } });
  });

  it("covers a path that is escaped once, however it was sent", () => {
    const sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    const headers = headersOf({
      date: "Fri, 24 May 2013 00:00:00 GMT",
      host: "examplebucket.s3.amazonaws.com",
      "x-amz-content-sha256": sha256,
      "x-amz-date": "20130524T000000Z",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      authorization:
        `AWS4-HMAC-SHA256 Credential=${KEY}/20130524/us-east-1/s3/aws4_request,SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,` +
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    });
    for (const path of ["/test$file.text", "/test%24file.text"]) {
      expect(authenticate({ method: "PUT", path, headers }).payload).toEqual({ kind: "hash", sha256 });
    }
  });

  it("that doesn't match is told with what should have been signed", () => {
    const error = refusal(get({ range: "bytes=0-10" }));
    expect(error).toMatchObject({ code: "SignatureDoesNotMatch", status: 403 });
    expect(error.message).toBe("The request signature we calculated does not match the signature you provided. Check your key and signing method.");
    expect(error.fields).toMatchObject({ AWSAccessKeyId: KEY, SignatureProvided: expect.stringMatching(/^f0e8/), CanonicalRequest: expect.stringContaining("range:bytes=0-10\n") });
    expect(error.fields["StringToSignBytes"]).toMatch(/^41 57 53 34 /);
  });

  it.each<[string, Record<string, string>, string, string?]>([
    ["an unknown key", authorization(KEY, "AKIANOBODY"), "InvalidAccessKeyId"],
    ["a temporary key without its token", authorization(KEY, "ASIATEMPORARY"), "InvalidAccessKeyId"],
    ["another service", authorization("/s3/", "/sts/"), "AuthorizationHeaderMalformed", 'incorrect service "sts". This endpoint belongs to "s3".'],
    ["half a credential", authorization("/s3/aws4_request", ""), "AuthorizationHeaderMalformed"],
    ["version 2", { authorization: `AWS ${KEY}:x` }, "InvalidRequest", "Please use AWS4-HMAC-SHA256."],
    ["another scheme", { authorization: "Basic x" }, "InvalidArgument", "Unsupported Authorization Type"],
    ["a payload of no known form", { "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD" }, "SignatureDoesNotMatch"],
    ["a header more", { "x-amz-acl": "public-read" }, "AccessDenied", "There were headers present in the request which were not signed"],
  ])("with %s is refused", (_what, change, code, message = "") => {
    const error = refusal(get(change));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("needs its payload hash and its date", () => {
    const without = (name: string): Partial<SignedHead> => ({ path: "/test.txt", headers: headersOf(Object.fromEntries(Object.entries(GET_HEADERS).filter(([key]) => key !== name))) });
    expect(refusal(without("x-amz-content-sha256"))).toMatchObject({ code: "InvalidRequest", message: "Missing required header for this request: x-amz-content-sha256" });
    expect(refusal(without("x-amz-date"))).toMatchObject({ code: "AccessDenied", message: "AWS authentication requires a valid Date or x-amz-date header" });
  });

  it("may be fifteen minutes off one of the clocks", () => {
    const minutes = (count: number): Partial<S3AccessOptions> => ({ clocks: [MAY_24 + count * 60_000] });
    authenticate(get(), minutes(14));
    authenticate(get(), minutes(-14));
    authenticate(get(), { clocks: [0, MAY_24] });
    const error = refusal(get(), minutes(16));
    expect(error).toMatchObject({ code: "RequestTimeTooSkewed", status: 403 });
    expect(error.fields).toEqual({ RequestTime: "20130524T000000Z", ServerTime: "2013-05-24T00:16:00Z", MaxAllowedSkewMilliseconds: "900000" });
    expect(refusal(get(), minutes(-16)).code).toBe("RequestTimeTooSkewed");
  });

  it("is not looked at by an open endpoint, nor needed by an anonymous one", () => {
    expect(authenticate(get({ range: "bytes=5-" }), { verify: "open" })).toMatchObject({ accessKeyId: KEY, region: "us-east-1" });
    expect(authenticate({})).toMatchObject({ accessKeyId: "", payload: { kind: "unsigned" } });
  });
});

describe("a presigned URL", () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const search =
    `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z` +
    "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  const url = (from = "", to = ""): Partial<SignedHead> => ({ path: "/test.txt", search: search.replace(from, to), headers: headersOf({ host: "examplebucket.s3.amazonaws.com" }) });

  it("is good as AWS's documentation makes it, and its payload is not signed", () => {
    expect(authenticate(url())).toMatchObject({ accessKeyId: KEY, payload: { kind: "unsigned" } });
  });

  it("lives as long as it says and no longer", () => {
    authenticate(url(), { clocks: [MAY_24 + 86_399_000] });
    const error = refusal(url(), { clocks: [MAY_24 + 86_401_000] });
    expect(error).toMatchObject({ code: "AccessDenied", message: "Request has expired", status: 403 });
    expect(error.fields).toEqual({ "X-Amz-Expires": "86400", Expires: "2013-05-25T00:00:00Z", ServerTime: "2013-05-25T00:00:01Z" });
    expect(refusal(url(), { clocks: [MAY_24 - 3_600_000] })).toMatchObject({ code: "AccessDenied", message: "Request is not valid yet" });
  });

  it.each([
    ["X-Amz-Expires=86400", "X-Amz-Expires=604801", "AuthorizationQueryParametersError", "must be less than a week"],
    ["X-Amz-Expires=86400", "X-Amz-Expires=undefined", "AuthorizationQueryParametersError", "X-Amz-Expires should be a number"],
    ["X-Amz-Expires=86400", "X-Amz-Expires=-1", "AuthorizationQueryParametersError", "must be non-negative"],
    ["&X-Amz-Expires=86400", "", "AuthorizationQueryParametersError", "Query-string authentication version 4 requires"],
    ["&X-Amz-Date", "&X-Amz-Date=1&X-Amz-Date", "AuthorizationQueryParametersError", "Query-string authentication version 4 requires"],
    ["AWS4-HMAC-SHA256", "AWS4", "AuthorizationQueryParametersError", "X-Amz-Algorithm only supports"],
    ["20130524T000000Z", "today", "AuthorizationQueryParametersError", "ISO8601 Long Format"],
    ["%2Fs3%2F", "%2Fec2%2F", "AuthorizationQueryParametersError", 'incorrect service "ec2"'],
    ["X-Amz-Expires=86400", "X-Amz-Expires=86401", "SignatureDoesNotMatch", ""],
    ["X-Amz-SignedHeaders", "versionId=1&X-Amz-SignedHeaders", "SignatureDoesNotMatch", ""],
  ])("with %s changed to %s is refused", (from, to, code, message) => {
    const error = refusal(url(from, to));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it("hands its x-amz- parameters on as headers, but no checksum of a body that wasn't there", () => {
    const { headers } = authenticate(url("X-Amz-SignedHeaders", "x-amz-meta-a=1&X-Amz-Acl=private&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32&X-Amz-SignedHeaders"), { verify: "open" });
    expect(headers["x-amz-meta-a"]).toEqual(["1"]);
    expect(headers["x-amz-acl"]).toEqual(["private"]);
    expect(Object.keys(headers).filter((name) => name.includes("checksum") || name.includes("credential"))).toEqual([]);
  });
});

describe("a URL presigned by version 2", () => {
  const at = 1_175_139_620_000;
  // Made by botocore.
  const search = "response-content-type=text%2Fplain&AWSAccessKeyId=test&Signature=AU%2B7cg5uTPvtOsaKB6wmY1e5U6I%3D&Expires=1175139660";
  const url = (from = "", to = ""): Partial<SignedHead> => ({ path: "/b/a%20b/%C3%A9%2Bc", search: search.replace(from, to), headers: headersOf({ host: "127.0.0.1:4566" }) });

  it("is good as botocore makes it", () => {
    expect(authenticate(url(), { clocks: [at] })).toMatchObject({ accessKeyId: "test", payload: { kind: "unsigned" } });
    const parts = "uploadId=u%2F1&AWSAccessKeyId=test&Signature=Y%2BGDLPrU0Z%2B6z3rUkVZRSYYsAaw%3D&Expires=1175143200";
    expect(authenticate({ path: "/b/k", search: parts }, { clocks: [at] }).accessKeyId).toBe("test");
  });

  it("carries a session token, a content type and metadata in its query", () => {
    const put = "AWSAccessKeyId=ASIATEMPORARY&Signature=tauuFtLTd2Fcy8ZJ2yTPHi588OY%3D&x-amz-meta-a=1&content-type=text%2Fx&x-amz-security-token=the-token&Expires=1175139660";
    const access = authenticate({ method: "PUT", path: "/b/k", search: put }, { clocks: [at] });
    expect(access).toMatchObject({ accessKeyId: "ASIATEMPORARY", sessionToken: "the-token" });
    expect(access.headers["x-amz-meta-a"]).toEqual(["1"]);
    expect(refusal({ method: "PUT", path: "/b/k", search: put.replace("the-token", "other") }, { clocks: [at] }).code).toBe("SignatureDoesNotMatch");
    expect(refusal({ method: "PUT", path: "/b/k", search: put.replace("&x-amz-security-token=the-token", "") }, { clocks: [at] }).code).toBe("InvalidAccessKeyId");
  });

  it("signs the bucket that the host names, as AWS's documentation has it", () => {
    const documented = `AWSAccessKeyId=${KEY}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620`;
    expect(authenticate({ path: "/photos/puppy.jpg", search: documented }, { clocks: [at], hostBucket: "johnsmith" }).accessKeyId).toBe(KEY);
  });

  it("lives until it says", () => {
    const error = refusal(url(), { clocks: [1_175_139_661_000] });
    expect(error).toMatchObject({ code: "AccessDenied", message: "Request has expired", fields: { Expires: "2007-03-29T03:41:00Z", ServerTime: "2007-03-29T03:41:01Z" } });
  });

  it.each([
    ["text%2Fplain", "text%2Fhtml", "SignatureDoesNotMatch"],
    ["Expires=1175139660", "Expires=1175139661", "SignatureDoesNotMatch"],
    ["Expires=1175139660", "Expires=later", "AccessDenied"],
    ["&Expires=1175139660", "", "AccessDenied"],
    ["AWSAccessKeyId=test", "AWSAccessKeyId=nobody", "InvalidAccessKeyId"],
    ["Signature=AU", "Signature=", "SignatureDoesNotMatch"],
    ["Signature=", "versionId=1&Signature=", "SignatureDoesNotMatch"],
  ])("with %s changed to %s is refused", (from, to, code) => {
    expect(refusal(url(from, to), { clocks: [at] }).code).toBe(code);
  });
});

it("a payload hash of no known form is refused by its name", () => {
  const error = refusal({ headers: headersOf({ "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD" }) });
  expect(error).toMatchObject({ code: "InvalidArgument", fields: { ArgumentName: "x-amz-content-sha256", ArgumentValue: "STREAMING-UNSIGNED-PAYLOAD" } });
});
