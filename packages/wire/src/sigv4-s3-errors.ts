/**
 * What S3 answers to a request whose signature or body is wrong; `fields` are further elements of its `<Error>`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
import { AwsError } from "@hakoniwa/kernel";

type Fields = Readonly<Record<string, string>>;

const badRequest = (code: string, message: string, fields: Fields = {}): AwsError => new AwsError(code, message, { status: 400, fields });
const forbidden = (code: string, message: string, fields: Fields = {}): AwsError => new AwsError(code, message, { status: 403, fields });

export const accessDenied = (message: string, fields?: Fields): AwsError => forbidden("AccessDenied", message, fields);
export const invalidRequest = (message: string): AwsError => badRequest("InvalidRequest", message);
export const malformedHeader = (detail: string, fields?: Fields): AwsError =>
  badRequest("AuthorizationHeaderMalformed", `The authorization header is malformed; ${detail}`, fields);
export const malformedQuery = (message: string): AwsError => badRequest("AuthorizationQueryParametersError", message);

/** The signature is for another region than the bucket's. */
export const wrongRegion = (region: string, expecting: string): AwsError =>
  malformedHeader(`the region '${region}' is wrong; expecting '${expecting}'`, { Region: expecting });

export const unknownAccessKey = (accessKeyId: string): AwsError =>
  forbidden("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", { AWSAccessKeyId: accessKeyId });
export const invalidToken = (token: string): AwsError =>
  badRequest("InvalidToken", "The provided token is malformed or otherwise invalid.", { "Token-0": token.slice(0, 2000) });

/** `2026-01-31T23:59:59Z`. */
const seconds = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d{3}Z$/, "Z");

/** Times in milliseconds; `lifetime`, in seconds, is what a presigned URL of version 4 says. */
export const requestExpired = (expires: number, now: number, lifetime?: number): AwsError =>
  accessDenied("Request has expired", {
    ...(lifetime === undefined ? {} : { "X-Amz-Expires": String(lifetime) }),
    Expires: seconds(expires),
    ServerTime: seconds(now),
  });
export const notValidYet = (): AwsError => accessDenied("Request is not valid yet");
export const tooSkewed = (timestamp: string, now: number, allowed: number): AwsError =>
  forbidden("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", {
    RequestTime: timestamp,
    ServerTime: seconds(now),
    MaxAllowedSkewMilliseconds: String(allowed),
  });

const hexBytes = (text: string): string => (Buffer.from(text, "latin1").toString("hex").match(/../g) ?? []).join(" ");

/** Tells what was signed, as S3 does: it is the caller's own request, and holds no secret. */
export function signatureMismatch(claim: { accessKeyId: string; signature: string; stringToSign: string; canonicalRequest?: string }): AwsError {
  return forbidden("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", {
    AWSAccessKeyId: claim.accessKeyId,
    StringToSign: claim.stringToSign,
    SignatureProvided: claim.signature,
    StringToSignBytes: hexBytes(claim.stringToSign),
    ...(claim.canonicalRequest === undefined
      ? {}
      : { CanonicalRequest: claim.canonicalRequest, CanonicalRequestBytes: hexBytes(claim.canonicalRequest) }),
  });
}

export const contentHashMismatch = (claimed: string, computed: string): AwsError =>
  badRequest("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", {
    ClientComputedContentSHA256: claimed,
    S3ComputedContentSHA256: computed,
  });
export const invalidArgument = (message: string, name: string, value: string): AwsError =>
  badRequest("InvalidArgument", message, { ArgumentName: name, ArgumentValue: value.slice(0, 200) });

export const invalidMd5 = (value: string): AwsError =>
  badRequest("InvalidDigest", "The Content-MD5 you specified was invalid.", { "Content-MD5": value.slice(0, 200) });
export const wrongMd5 = (expected: string, calculated: string): AwsError =>
  badRequest("BadDigest", "The Content-MD5 you specified did not match what we received.", { ExpectedDigest: expected, CalculatedDigest: calculated });
export const wrongChecksum = (algorithm: string): AwsError =>
  badRequest("BadDigest", `The ${algorithm} you specified did not match the calculated checksum.`);

export const incompleteBody = (): AwsError =>
  badRequest("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header");
export const malformedTrailer = (): AwsError =>
  badRequest("MalformedTrailerError", "The request contained trailing data that was not well-formed or did not conform to our published schema.");
export const missingLength = (): AwsError => new AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", { status: 411 });
export const smallChunk = (chunk: number, size: number): AwsError =>
  badRequest("InvalidChunkSizeError", "Only the last chunk is allowed to have a size less than 8192 bytes", {
    Chunk: String(chunk),
    BadChunkSize: String(size),
  });
