import type { MessagePort } from "node:worker_threads";
import { nodeHasher } from "./node-hasher.ts";
import { LinesScanner, type ScannedLines } from "./scanned-lines.ts";
import type { ScannedLog, ScannedWindow, WindowHelper } from "./window-reader.ts";

/** A window on its way to another thread; its bytes are transferred, not copied. */
interface Request extends ScannedLog {
  readonly window: ArrayBuffer;
  readonly length: number;
}

interface Answer {
  readonly window: ArrayBuffer;
  readonly scanned: ScannedLines;
}

/** Scans the windows that come over `port`. */
export function serveWindows(port: MessagePort): void {
  let last: { readonly log: string; readonly strict: boolean; readonly scanner: LinesScanner } | null = null;
  port.on("message", ({ log, strict, window, length }: Request) => {
    if (last?.log !== log || last.strict !== strict) {
      last = { log, strict, scanner: new LinesScanner(log, { hasher: nodeHasher, strict }) };
    }
    const scanned = last.scanner.scan(Buffer.from(window, 0, length));
    port.postMessage({ window, scanned } satisfies Answer, [window, scanned.leaves.buffer, scanned.numbers.buffer]);
  });
}

/** A thread that runs {@link serveWindows} at the other end of a port. It answers in order. */
export class ThreadHelper implements WindowHelper {
  readonly #port: MessagePort;
  readonly #waiting: { readonly length: number; readonly resolve: (scanned: ScannedWindow) => void }[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", ({ window, scanned }: Answer) => {
      const asked = this.#waiting.shift();
      asked?.resolve({ window: Buffer.from(window, 0, asked.length), scanned });
    });
  }

  scan(window: Buffer, { log, strict }: ScannedLog): Promise<ScannedWindow> {
    const { promise, resolve } = Promise.withResolvers<ScannedWindow>();
    const { length } = window;
    this.#waiting.push({ length, resolve });
    const bytes = window.buffer as ArrayBuffer;
    this.#port.postMessage({ log, strict, window: bytes, length } satisfies Request, [bytes]);
    return promise;
  }
}
