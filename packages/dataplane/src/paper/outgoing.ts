/** What the cloud sends of itself on paper: kept to be looked at, and answered as a test says. */
import type { OutgoingAnswer, OutgoingRequest } from "@hakoniwa/network";

export type Post = (request: OutgoingRequest) => Promise<OutgoingAnswer>;

export class PaperOutgoing {
  readonly posted: OutgoingRequest[] = [];
  readonly #answers = new Map<string, number | undefined>();
  readonly #real: Post | undefined;

  constructor(real: Post | undefined) {
    this.#real = real;
  }

  answer(url: string, status: number | undefined): void {
    this.#answers.set(url, status);
  }

  async post(request: OutgoingRequest): Promise<OutgoingAnswer> {
    if (this.#real) return this.#real(request);
    this.posted.push(request);
    const status = this.#answers.has(request.url) ? this.#answers.get(request.url) : 200;
    if (status === undefined) throw new Error("connection refused");
    return { status };
  }
}
