/** Time as the server sees it for retention and dates of objects; it can be moved ahead, not back. */
export class JumpingClock {
  #offset = 0;
  readonly #base: () => number;

  constructor(base: () => number = Date.now) {
    this.#base = base;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#base() + this.#offset;
  }

  /** @throws RangeError if that is no time ahead */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError("the clock moves ahead only");
    this.#offset += milliseconds;
  }
}
