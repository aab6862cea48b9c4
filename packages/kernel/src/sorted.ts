/** Keys in order, kept in pieces, so that adding one among a million moves a few hundred. */

/** How many keys a piece holds before it is cut in two. */
const PIECE = 512;

export class SortedKeys<V> {
  readonly #pieces: { readonly keys: string[]; readonly values: V[] }[] = [];

  /** Replaces the value if the key is there. */
  set(key: string, value: V): void {
    if (this.#pieces.length === 0) this.#pieces.push({ keys: [], values: [] });
    const at = Math.max(0, this.#pieceOf(key));
    const piece = this.#pieces[at]!;
    const index = lowerBound(piece.keys, key);
    if (piece.keys[index] === key) {
      piece.values[index] = value;
      return;
    }
    piece.keys.splice(index, 0, key);
    piece.values.splice(index, 0, value);
    if (piece.keys.length <= PIECE) return;
    const half = PIECE >> 1;
    this.#pieces.splice(at + 1, 0, { keys: piece.keys.splice(half), values: piece.values.splice(half) });
  }

  delete(key: string): void {
    const at = this.#pieceOf(key);
    const piece = this.#pieces[at];
    if (!piece) return;
    const index = lowerBound(piece.keys, key);
    if (piece.keys[index] !== key) return;
    piece.keys.splice(index, 1);
    piece.values.splice(index, 1);
    if (piece.keys.length === 0) this.#pieces.splice(at, 1);
  }

  /** The values whose keys are at or after `from` and before `to`, in order. Nothing may change while they are read. */
  *range(from: string, to?: string): IterableIterator<V> {
    const first = Math.max(0, this.#pieceOf(from));
    for (let at = first; at < this.#pieces.length; at++) {
      const { keys, values } = this.#pieces[at]!;
      for (let index = at === first ? lowerBound(keys, from) : 0; index < keys.length; index++) {
        if (to !== undefined && keys[index]! >= to) return;
        yield values[index]!;
      }
    }
  }

  /** The last piece that begins at or before the key. */
  #pieceOf(key: string): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#pieces[middle]!.keys[0]! <= key) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
