/** What a bucket's CORS rules answer a web page: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
import type { S3Types } from "@hakoniwa/wire";

export interface CorsQuestion {
  readonly bucket: string;
  readonly origin: string;
  readonly method: string;
  /** Of the headers that a preflight asks for, in lower case. */
  readonly headers: readonly string[];
  readonly preflight: boolean;
}

/** The headers of the first rule that matches. */
export function corsHeaders(rules: readonly S3Types.CORSRule[], { origin, method, headers, preflight }: CorsQuestion): Readonly<Record<string, string>> | undefined {
  for (const rule of rules) {
    const allowed = rule.AllowedOrigins.find((pattern) => fits(pattern, origin));
    const fitting = headers.every((name) => (rule.AllowedHeaders ?? []).some((pattern) => fits(pattern.toLowerCase(), name)));
    if (allowed === undefined || !rule.AllowedMethods.includes(method) || !fitting) continue;
    return {
      "access-control-allow-origin": allowed === "*" ? "*" : origin,
      "access-control-allow-methods": rule.AllowedMethods.join(", "),
      ...(allowed === "*" ? {} : { "access-control-allow-credentials": "true" }),
      ...(preflight && headers.length > 0 ? { "access-control-allow-headers": headers.join(", ") } : {}),
      ...((rule.ExposeHeaders ?? []).length > 0 ? { "access-control-expose-headers": rule.ExposeHeaders!.join(", ") } : {}),
      ...(rule.MaxAgeSeconds === undefined ? {} : { "access-control-max-age": String(rule.MaxAgeSeconds) }),
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    };
  }
  return undefined;
}

/** A pattern holds at most one wildcard. */
function fits(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === text;
  return text.length >= pattern.length - 1 && text.startsWith(pattern.slice(0, star)) && text.endsWith(pattern.slice(star + 1));
}
