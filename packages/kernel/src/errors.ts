/**
 * A caller's mistake, as AWS answers it. Made in a service's `errors.ts`; only `wire` serializes it. Anything else that
 * is thrown while a call is carried out is a bug of ours and becomes `InternalFailure`.
 */
export class AwsError extends Error {
  override readonly name = "AwsError";
  /** AWS's own code, e.g. `InvalidVpcID.NotFound`. */
  readonly code: string;
  /** The HTTP status; by default the model's, else 400. */
  readonly status: number | undefined;
  /** Further members of the modelled error shape. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Of the reply, by lower-case name; REST services (S3) tell some things there, such as the ETag of what was not modified. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: string,
    message: string,
    options: { readonly status?: number; readonly fields?: Readonly<Record<string, unknown>>; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status;
    this.fields = options.fields ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The answer to an operation of AWS's that we don't have: never a silent success. */
export function notImplemented(service: string, operation: string): AwsError {
  return new AwsError("NotImplemented", `Hakoniwa does not implement ${service}:${operation} yet. docs/coverage.md lists what it does.`, { status: 501 });
}
