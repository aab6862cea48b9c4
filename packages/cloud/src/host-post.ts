/** HTTP requests of the cloud to the host's loopback: the cloud's own network is the box's, so the host's process sends them. */
import type { OutgoingAnswer, OutgoingRequest } from "@hakoniwa/network";

/** Cloud to host. */
export interface PostAsked {
  readonly post: number;
  readonly request: OutgoingRequest;
}

/** Host to cloud. */
export interface PostAnswered {
  readonly posted: number;
  readonly answer: OutgoingAnswer | { readonly failed: string };
}

/** The cloud's side. */
export function postByHost(send: (message: PostAsked) => void): { post(request: OutgoingRequest): Promise<OutgoingAnswer>; answered(message: PostAnswered): void } {
  const waiting = new Map<number, (answer: PostAnswered["answer"]) => void>();
  let next = 0;
  return {
    async post(request) {
      const id = next++;
      const answer = await new Promise<PostAnswered["answer"]>((resolve) => {
        waiting.set(id, resolve);
        send({ post: id, request });
      });
      if ("failed" in answer) throw new Error(answer.failed);
      return answer;
    },
    answered({ posted, answer }) {
      waiting.get(posted)?.(answer);
      waiting.delete(posted);
    },
  };
}

/** The host's side. */
export async function carryOut({ post, request }: PostAsked, send: (request: OutgoingRequest) => Promise<OutgoingAnswer>): Promise<PostAnswered> {
  try {
    return { posted: post, answer: await send(request) };
  } catch (error) {
    return { posted: post, answer: { failed: error instanceof Error ? error.message : String(error) } };
  }
}
