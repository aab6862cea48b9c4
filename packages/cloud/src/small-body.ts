/** The body of a request that is not the wire's, such as a wait condition's signal. */
import type { IncomingMessage } from "node:http";
import { AwsError } from "@hakoniwa/kernel";

const PATIENCE = 30_000;

/** @param most bytes @throws AwsError when there is more, or it does not come in time */
export async function readSmallBody(request: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => request.destroy(), PATIENCE);
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new AwsError("EntityTooLarge", `Your proposed upload exceeds the maximum allowed size of ${most} bytes`, { status: 400 });
      chunks.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks);
}
