import { setImmediate as turn } from "node:timers/promises";
import type { LineBatch, LineReader } from "./line-reader.ts";
import { LineSplitter } from "./line-splitter.ts";
import { nodeHasher } from "./node-hasher.ts";
import { LinesScanner, ScannedLine, type ScannedLines } from "./scanned-lines.ts";
import { WindowCutter } from "./window-cutter.ts";

/** A run of whole lines and what was scanned of them. */
export interface ScannedWindow {
  readonly window: Buffer;
  readonly scanned: ScannedLines;
}

/** Somebody who scans windows meanwhile. */
export interface WindowHelper {
  /** Takes the window away: only the answer has its bytes again. */
  scan(window: Buffer, log: ScannedLog): Promise<ScannedWindow>;
}

/** What a scanner must know of a log. */
export interface ScannedLog {
  readonly log: string;
  readonly strict: boolean;
}

/** A window on its way. */
interface Entry {
  window: Buffer;
  scanned: ScannedLines | null;
  /** Settles when a helper is done with it; null: nobody has it. */
  sent: Promise<void> | null;
}

/** Windows that one helper has at once: one that it scans, one that waits for it. */
const PER_HELPER = 2;

/**
 * Reads lines in windows that helpers scan meanwhile, and gives them in order. Where no helper is
 * done yet, it scans a window itself, so that the thread that judges works too.
 *
 * INVARIANT (one judge): what comes out are the same bytes in the same order; a helper says of a
 * line what the scanner would say here, and nothing is judged but here.
 */
export class WindowReader implements LineReader {
  readonly #log: ScannedLog;
  readonly #scanner: LinesScanner;
  readonly #helpers: readonly WindowHelper[];
  readonly #load = new Map<WindowHelper, number>();
  readonly #cutter: WindowCutter;

  /**
   * @param helpers may grow meanwhile; as long as it is empty, lines are read one by one
   * @param windowBytes about how many bytes go together
   */
  constructor({ log, strict }: ScannedLog, helpers: readonly WindowHelper[], windowBytes: number) {
    this.#log = { log, strict };
    this.#scanner = new LinesScanner(log, { hasher: nodeHasher, strict });
    this.#helpers = helpers;
    this.#cutter = new WindowCutter(windowBytes);
  }

  async *batches(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<LineBatch> {
    const queue: Entry[] = [];
    const windows = this.#cutter.windows(bytes);
    let failure: { readonly error: unknown } | null = null;
    let ended = false;
    try {
      for (;;) {
        while (!ended && queue.length <= PER_HELPER * this.#helpers.length) {
          // What was read before a failure is judged before it is told.
          const next = await windows.next().catch((error: unknown) => {
            failure = { error };
            return null;
          });
          ended = next === null || next.done === true;
          if (next?.done === false) queue.push({ window: next.value, scanned: null, sent: null });
          this.#share(queue);
        }
        const head = queue[0];
        if (head === undefined) break;
        yield await this.#batch(head, queue);
        this.#cutter.recycle(head.window);
        queue.shift();
      }
    } finally {
      await windows.return(undefined);
    }
    const failed = failure as { readonly error: unknown } | null;
    if (failed !== null) throw failed.error;
  }

  takeRest(): number {
    return this.#cutter.takeRest();
  }

  async #batch(head: Entry, queue: readonly Entry[]): Promise<LineBatch> {
    if (this.#helpers.length === 0) return unscanned(head.window);
    while (head.scanned === null) {
      const own = head.sent === null ? head : queue.findLast(({ sent, scanned }) => sent === null && scanned === null);
      if (own === undefined) await head.sent;
      else {
        own.scanned = this.#scanner.scan(own.window);
        // Lets helpers say that they are done, and gives them more.
        if (own !== head) await turn();
        this.#share(queue);
      }
    }
    const scanned = new ScannedLine(head.window, head.scanned);
    return { next: () => scanned.next(), scanned };
  }

  /** Gives windows that nobody has to helpers that have few. */
  #share(queue: readonly Entry[]): void {
    for (const entry of queue) {
      if (entry.sent !== null || entry.scanned !== null) continue;
      const helper = this.#helpers.find((one) => (this.#load.get(one) ?? 0) < PER_HELPER);
      if (helper === undefined) return;
      entry.sent = this.#send(entry, helper);
      // Whoever waits for the window gets the failure; nobody may come to wait.
      entry.sent.catch(() => undefined);
    }
  }

  async #send(entry: Entry, helper: WindowHelper): Promise<void> {
    this.#load.set(helper, (this.#load.get(helper) ?? 0) + 1);
    const { window, scanned } = await helper.scan(entry.window, this.#log);
    entry.window = window;
    entry.scanned = scanned;
    this.#load.set(helper, (this.#load.get(helper) ?? 0) - 1);
  }
}

/** The lines of a window of which nothing is known. */
function unscanned(window: Uint8Array): LineBatch {
  const splitter = new LineSplitter();
  splitter.feed(window);
  return { next: () => splitter.next(), scanned: null };
}
