/** Counts keys, as many as `capacity`; beyond it the oldest are forgotten. */
export class KeyCounter {
  readonly #counts = new Map<string, number>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(key: string): void {
    const count = this.#counts.get(key) ?? 0;
    // Put at the end, so that the oldest stands first.
    this.#counts.delete(key);
    this.#counts.set(key, count + 1);
    if (this.#counts.size <= this.#capacity) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      return;
    }
  }

  /** @returns false: the key is not counted */
  take(key: string): boolean {
    const count = this.#counts.get(key);
    if (count === undefined) return false;
    if (count === 1) this.#counts.delete(key);
    else this.#counts.set(key, count - 1);
    return true;
  }
}
