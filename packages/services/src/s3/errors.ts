/** What S3 answers to mistakes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
import { AwsError } from "@hakoniwa/kernel";
import { notYetIn } from "../not-implemented.js";

type Fields = Readonly<Record<string, unknown>>;

const error = (code: string, status: number, message: string, fields: Fields = {}, headers: Readonly<Record<string, string>> = {}): AwsError =>
  new AwsError(code, message, { status, fields, headers });

export const notYet = notYetIn("s3");

export const accessDenied = (message = "Access Denied"): AwsError => error("AccessDenied", 403, message);
export const noSuchBucket = (name: string): AwsError => error("NoSuchBucket", 404, "The specified bucket does not exist", { BucketName: name });
const NO_SUCH_KEY = "The specified key does not exist.";
export const noSuchKey = (key: string): AwsError => error("NoSuchKey", 404, NO_SUCH_KEY, { Key: key });
/** The newest version of the key is a delete marker. */
export const deleted = (key: string, versionId: string): AwsError =>
  error("NoSuchKey", 404, NO_SUCH_KEY, { Key: key }, { "x-amz-delete-marker": "true", "x-amz-version-id": versionId });
export const noSuchVersion = (key: string, versionId: string): AwsError =>
  error("NoSuchVersion", 404, "The specified version does not exist.", { Key: key, VersionId: versionId });
export const noSuchUpload = (uploadId: string): AwsError =>
  error("NoSuchUpload", 404, "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.", { UploadId: uploadId });

/** What a bucket was never given, e.g. `NoSuchTagSet`. */
export const noSuchSetting = (code: string, message: string, bucket: string): AwsError => error(code, 404, message, { BucketName: bucket });

export const invalidBucketName = (name: string): AwsError => error("InvalidBucketName", 400, "The specified bucket is not valid.", { BucketName: name });
export const bucketAlreadyExists = (name: string): AwsError =>
  error("BucketAlreadyExists", 409, "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", { BucketName: name });
export const bucketAlreadyOwnedByYou = (name: string): AwsError =>
  error("BucketAlreadyOwnedByYou", 409, "Your previous request to create the named bucket succeeded and you already own it.", { BucketName: name });
export const bucketNotEmpty = (name: string, versions: boolean): AwsError =>
  error("BucketNotEmpty", 409, `The bucket you tried to delete is not empty${versions ? ". You must delete all versions in the bucket." : ""}`, { BucketName: name });
export const illegalLocation = (constraint: string, region: string): AwsError =>
  error(
    "IllegalLocationConstraintException",
    400,
    constraint === ""
      ? "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to."
      : `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    { Region: region },
  );
export const invalidLocation = (constraint: string): AwsError =>
  error("InvalidLocationConstraint", 400, "The specified location-constraint is not valid", { LocationConstraint: constraint });
/** Where a request was signed for another region than the bucket's: clients sign again for the one that it names. */
export const wrongRegion = (given: string, expected: string): AwsError =>
  error("AuthorizationHeaderMalformed", 400, `The authorization header is malformed; the region '${given}' is wrong; expecting '${expected}'`, { Region: expected }, { "x-amz-bucket-region": expected });

export const invalidArgument = (name: string, value: string, message: string): AwsError =>
  error("InvalidArgument", 400, message, { ArgumentName: name, ArgumentValue: value });
export const invalidRequest = (message: string): AwsError => error("InvalidRequest", 400, message);
export const malformedXml = (): AwsError => error("MalformedXML", 400, "The XML you provided was not well-formed or did not validate against our published schema");
export const malformedPolicy = (message: string): AwsError => error("MalformedPolicy", 400, message);
export const invalidTag = (message: string, key?: string): AwsError => error("InvalidTag", 400, message, key === undefined ? {} : { TagKey: key });
export const tooManyTags = (most: number): AwsError => error("BadRequest", 400, `Object tags cannot be greater than ${most}`);
export const invalidStorageClass = (name: string): AwsError =>
  error("InvalidStorageClass", 400, "The storage class you specified is not valid", { StorageClassRequested: name });
export const aclsNotSupported = (): AwsError => error("AccessControlListNotSupported", 400, "The bucket does not allow ACLs");
export const keyTooLong = (size: number): AwsError => error("KeyTooLongError", 400, "Your key is too long", { Size: size, MaxSizeAllowed: 1024 });
export const metadataTooLarge = (size: number): AwsError =>
  error("MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size", { Size: size, MaxSizeAllowed: 2048 });
export const entityTooLarge = (size: number, most: number): AwsError =>
  error("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size", { ProposedSize: size, MaxSizeAllowed: most });
export const badDigest = (algorithm: string): AwsError =>
  error(
    "BadDigest",
    400,
    algorithm === "Content-MD5" ? "The Content-MD5 you specified did not match what we received." : `The ${algorithm} you specified did not match the calculated checksum.`,
  );

export const preconditionFailed = (condition: string): AwsError =>
  error("PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", { Condition: condition });
/** https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5: caches learn from it how long what they have may be used. */
export const notModified = (etag: string, modified: number): AwsError =>
  error("NotModified", 304, "Not Modified", {}, { etag: `"${etag}"`, "last-modified": new Date(modified).toUTCString() });
export const notSatisfiable = (range: string, size: number): AwsError =>
  error("InvalidRange", 416, "The requested range is not satisfiable", { RangeRequested: range, ActualObjectSize: size });
export const invalidPartNumber = (asked: number, parts: number): AwsError =>
  error("InvalidPartNumber", 416, "The requested partnumber is not satisfiable", { PartNumberRequested: asked, ActualPartCount: parts });
export const headerNotImplemented = (header: string): AwsError =>
  error("NotImplemented", 501, "A header you provided implies functionality that is not implemented", { Header: header });
export const deleteMarkerNotAllowed = (key: string, versionId: string, modified: number): AwsError =>
  error("MethodNotAllowed", 405, "The specified method is not allowed against this resource.", { Method: "GET", ResourceType: "DeleteMarker", Key: key }, {
    allow: "DELETE",
    "x-amz-delete-marker": "true",
    "x-amz-version-id": versionId,
    "last-modified": new Date(modified).toUTCString(),
  });
export const invalidObjectState = (storageClass: string): AwsError =>
  error("InvalidObjectState", 403, "The operation is not valid for the object's storage class", { StorageClass: storageClass });

export const invalidPart = (uploadId: string, number: number, etag: string): AwsError =>
  error("InvalidPart", 400, "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.", {
    UploadId: uploadId,
    PartNumber: number,
    ETag: etag,
  });
export const invalidPartOrder = (uploadId: string): AwsError =>
  error("InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts must be ordered by part number.", { UploadId: uploadId });
export const entityTooSmall = (number: number, size: number, etag: string): AwsError =>
  error("EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed size", { ProposedSize: size, MinSizeAllowed: 5 * 1024 * 1024, PartNumber: number, ETag: etag });
