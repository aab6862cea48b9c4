/** Walks DER, which OpenSSL has accepted before: https://www.itu.int/rec/T-REC-X.690. What does not fit is not there. Pure. */

/** Where an element's contents are. */
export interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

/** Of a certificate of 32 kB nobody needs to see more. */
const MOST = 1_000;

/** The elements that another consists of. */
export function children(bytes: Uint8Array, { from, to }: Element): readonly Element[] {
  const found: Element[] = [];
  let at = from;
  while (at < to && found.length < MOST) {
    const element = elementAt(bytes, at, to);
    if (!element) break;
    found.push(element);
    at = element.to;
  }
  return found;
}

function elementAt(bytes: Uint8Array, at: number, end: number): Element | undefined {
  const [tag, first] = [bytes[at], bytes[at + 1]];
  if (tag === undefined || first === undefined) return undefined;
  const more = first < 0x80 ? 0 : first & 0x7f;
  if (more > 4) return undefined;
  let length = more === 0 ? first : 0;
  for (const byte of bytes.subarray(at + 2, at + 2 + more)) length = length * 256 + byte;
  const from = at + 2 + more;
  return from + length <= end ? { tag, from, to: from + length } : undefined;
}
