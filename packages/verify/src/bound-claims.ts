/** Claims kept of all logs together, at about 50 bytes each. One writer makes one a minute. */
const MAX_CLAIMS = 1_048_576;

/** What one log of checkpoints says of one log: roots at sizes, in the order of its records. */
export class ClaimList {
  /** Name of the log of checkpoints. */
  readonly by: string;
  #sizes: number[] = [];
  /** Number of the record that says so. */
  #seqs: number[] = [];
  /** 32 bytes each. */
  #roots = new Uint8Array(32 * 4);

  constructor(by: string) {
    this.by = by;
  }

  get length(): number {
    return this.#sizes.length;
  }

  add(size: number, root: Uint8Array, seq: number): void {
    const at = 32 * this.#sizes.length;
    if (at === this.#roots.length) {
      const wider = new Uint8Array(2 * at);
      wider.set(this.#roots);
      this.#roots = wider;
    }
    this.#roots.set(root, at);
    this.#sizes.push(size);
    this.#seqs.push(seq);
  }

  sizes(): readonly number[] {
    return this.#sizes;
  }

  at(index: number): BoundClaim {
    return {
      by: this.by,
      seq: this.#seqs[index] as number,
      size: this.#sizes[index] as number,
      root: this.#roots.subarray(32 * index, 32 * index + 32),
    };
  }

  /** Drops every second one but the last; says how many. */
  thin(): number {
    if (this.length < 3) return 0;
    const last = this.length - 1;
    const kept = this.#sizes.flatMap((_size, index) => (index === last || index % 2 === 1 ? [index] : []));
    const roots = new Uint8Array(32 * Math.max(4, kept.length));
    for (const [to, from] of kept.entries()) roots.set(this.#roots.subarray(32 * from, 32 * from + 32), 32 * to);
    this.#sizes = kept.map((index) => this.#sizes[index] as number);
    this.#seqs = kept.map((index) => this.#seqs[index] as number);
    this.#roots = roots;
    return last + 1 - kept.length;
  }
}

/** A `checkpoint` record of a log of checkpoints says that a log had this root at this size. */
export interface BoundClaim {
  readonly by: string;
  readonly seq: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * All that the logs of checkpoints say, by the log they speak of. Memory is bounded: beyond a
 * million claims older ones are thinned out. The newest of each log is always kept, and it vouches
 * for the whole log up to its size, so nothing that was removed or changed goes unseen.
 */
export class BoundClaims {
  readonly #byLog = new Map<string, ClaimList[]>();
  #count = 0;
  #limit: number;

  constructor(limit: number = MAX_CLAIMS) {
    this.#limit = limit;
  }

  add(
    by: string,
    seq: number,
    claim: { readonly log: string; readonly size: number; readonly root: Uint8Array },
  ): void {
    const lists = this.#byLog.get(claim.log) ?? [];
    if (lists.length === 0) this.#byLog.set(claim.log, lists);
    let list = lists.at(-1);
    if (list?.by !== by) {
      list = new ClaimList(by);
      lists.push(list);
    }
    list.add(claim.size, claim.root, seq);
    if (++this.#count <= this.#limit) return;
    for (const each of [...this.#byLog.values()].flat()) this.#count -= each.thin();
    // So many logs that nothing can be thinned out: look again when there are twice as many.
    this.#limit = Math.max(this.#limit, 2 * this.#count);
  }

  /** Logs that are spoken of. */
  logs(): Iterable<string> {
    return this.#byLog.keys();
  }

  has(log: string): boolean {
    return this.#byLog.has(log);
  }

  /** What is said of a log, by size. */
  of(log: string): SortedClaims {
    return new SortedClaims(this.#byLog.get(log) ?? []);
  }
}

/** Claims of one log by size, made when they are asked for. */
export class SortedClaims {
  readonly #lists: readonly ClaimList[];
  /** Places in the lists laid end to end. */
  readonly #order: number[];

  constructor(lists: readonly ClaimList[]) {
    this.#lists = lists;
    const sizes = lists.flatMap((list) => list.sizes());
    this.#order = Array.from(sizes.keys());
    this.#order.sort((a, b) => (sizes[a] as number) - (sizes[b] as number));
  }

  get length(): number {
    return this.#order.length;
  }

  /** The claim at this place; null beyond the end. */
  at(place: number): BoundClaim | null {
    let index = this.#order[place];
    if (index === undefined) return null;
    for (const list of this.#lists) {
      if (index < list.length) return list.at(index);
      index -= list.length;
    }
    return null;
  }
}
