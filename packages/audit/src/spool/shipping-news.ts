import type { Logger, ProclawError } from "@proclaw/core";

/** How often a failure that goes on is logged again. */
const AGAIN_MS = 60_000;

/** What an operator should see of shipping: kept for `status`, and told to the logger without flooding it. */
export class ShippingNews {
  readonly #logger: Logger | undefined;
  readonly #failing: Set<string> = new Set();
  #toldAt = 0;
  lastShipped: { readonly at: string; readonly object: string | null } | null = null;
  lastError: { readonly at: string; readonly message: string; readonly attempts: number } | null = null;
  /** Whether the last append found no room. */
  refusing = false;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  shipped(log: string, object: string | null): void {
    this.lastShipped = { at: new Date().toISOString(), object: object ?? this.lastShipped?.object ?? null };
    this.refusing = false;
    if (!this.#failing.delete(log) || this.#failing.size > 0) return;
    this.lastError = null;
    this.#tell("info", "the spool is shipped again");
  }

  failed(log: string, error: ProclawError, attempts: number): void {
    // Somebody else ships this log, or did: no reason to wake anybody.
    if (error.code === "lease_held") return;
    const first = !this.#failing.has(log);
    this.#failing.add(log);
    this.lastError = { at: new Date().toISOString(), message: error.message, attempts };
    if (!first && Date.now() - this.#toldAt < AGAIN_MS) return;
    this.#toldAt = Date.now();
    this.#tell("error", `the spool is not shipped (attempt ${attempts}): ${error.message}`);
  }

  leftBehind(bytes: number): void {
    this.#tell("warn", `${bytes} bytes of records are not in the remote store yet: the next start ships them`);
  }

  /** A logger cannot break the spool. */
  #tell(level: "info" | "warn" | "error", message: string): void {
    try {
      this.#logger?.[level](message);
    } catch {
      // There is no one left to tell.
    }
  }
}
