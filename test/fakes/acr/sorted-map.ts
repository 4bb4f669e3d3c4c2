/** A map that knows its keys in order, so that a page of a long list costs no more than a page. */
export class SortedMap<V> extends Map<string, V> {
  #keys: readonly string[] | undefined;

  override set(key: string, value: V): this {
    if (!this.has(key)) this.#keys = undefined;
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    this.#keys = undefined;
    return super.delete(key);
  }

  /** The values whose keys come after `last`, in order. */
  *after(last: string): Generator<V> {
    this.#keys ??= [...this.keys()].toSorted((a, b) => (a < b ? -1 : 1));
    const keys = this.#keys;
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as string) > last) high = middle;
      else low = middle + 1;
    }
    for (; low < keys.length; low++) yield this.get(keys[low] as string) as V;
  }
}
