/** Requests without a signature, which AWS takes for a few operations: the links of letters and notifications. */
import { formText } from "./form.js";
import { header } from "./protocols/protocol.js";
import type { WireRequest } from "./protocols/protocol.js";

/** What such a request is about, by its ARN, in the members of the operations that may go unsigned. */
const SUBJECTS = ["TopicArn", "SubscriptionArn"];

/** The region that a request without a signature is for: its host names it, else the ARN that it is about; undefined when neither does. */
export function regionNamedBy(request: WireRequest, isRegion: (name: string) => boolean): string | undefined {
  const labels = (header(request, "host") ?? "").toLowerCase().split(".");
  const arns = SUBJECTS.flatMap((member) => (request.form && formText(request.form, member)) ?? []);
  return [labels[1], ...arns.map((arn) => arn.split(":")[3])].find((name) => name !== undefined && isRegion(name));
}
