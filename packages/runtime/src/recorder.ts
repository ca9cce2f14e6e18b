import type { AppendReceipt, AuditTrail, Clock, EventFields, Logger } from "@proclaw/core";
import { ProclawError } from "@proclaw/core";
import type { Sanitizer } from "@proclaw/redact";
import { waitFor } from "./bounded.ts";
import { probeEvent } from "./call-records.ts";

export type Recorded =
  | { readonly ok: true; readonly receipt: AppendReceipt }
  | { readonly ok: false; readonly why: "timeout" | "aborted" | "rejected" };

export interface AppendOptions {
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** The record stays wanted when the caller aborts: it is only not waited for. */
  readonly finishWhenAborted?: boolean;
  /** Called if the record becomes durable after it was given up. */
  readonly onLate?: () => void;
}

/** Shortest time between two tries to see whether the trail is back. */
const PROBE_INTERVAL_NS = 250_000_000n;

/** The guard's way to the trail: sanitizes, waits for durability but not for ever, and knows what was lost. */
export class Recorder {
  readonly #trail: AuditTrail;
  readonly #sanitizer: Sanitizer;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #deadlineMs: number;
  /** Outcomes lost since the trail was last seen to work. */
  #lost = 0;
  #lastProbe: bigint | null = null;
  #probe: Promise<void> | null = null;

  constructor(parts: {
    readonly trail: AuditTrail;
    readonly sanitizer: Sanitizer;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly deadlineMs: number;
  }) {
    this.#trail = parts.trail;
    this.#sanitizer = parts.sanitizer;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#deadlineMs = parts.deadlineMs;
  }

  /** An outcome was lost, and the trail has not been seen to work since. */
  get blocked(): boolean {
    return this.#lost > 0;
  }

  /**
   * Appends and waits until the record is durable, at most until the deadline or the caller's abort.
   * Never rejects.
   */
  async append(event: EventFields, options: AppendOptions = {}): Promise<Recorded> {
    const giveUp = new AbortController();
    let work: Promise<AppendReceipt> | undefined;
    const result = await waitFor(() => (work = this.#append(event, giveUp.signal)), this.#deadlineMs, options.signal);
    if (result.ok) return { ok: true, receipt: result.value };
    if (result.why === "aborted" && options.finishWhenAborted === true) {
      if (work === undefined) this.note(event);
    } else giveUp.abort();
    const { onLate } = options;
    // A late rejection is no news: the record counts as lost already.
    if (onLate !== undefined) void work?.then(onLate, () => {});
    if (result.why !== "aborted") {
      this.#logger.error(`the trail did not take a record of kind \`${event.kind}\` (${describe(result)})`);
    }
    return { ok: false, why: result.why };
  }

  async #append(event: EventFields, signal: AbortSignal): Promise<AppendReceipt> {
    const receipt = await this.#trail.append(this.#sanitizer.sanitizeEvent(event), { signal });
    // A trail of somebody else that resolves with nothing has not said that the record is durable.
    if (typeof receipt?.event_id !== "string") throw new ProclawError("store_failed", "the trail gave no receipt");
    return receipt;
  }

  /** Appends in the background: for what is worth knowing, and on which nothing depends. */
  note(event: EventFields): void {
    void this.append(event);
  }

  /**
   * An outcome is lost: the trail closes its decision as `unknown` when it recovers or closes.
   *
   * INVARIANT (everything denied until the trail recovered): from here on nothing is permitted until
   * {@link recovered} has seen the trail ready and a record durable.
   */
  lose(): void {
    this.#lost++;
  }

  /** Whether calls may be permitted; tries to recover if not. */
  async recovered(): Promise<boolean> {
    if (!this.blocked) return true;
    const now = this.#clock.monotonic();
    if (this.#probe === null && (this.#lastProbe === null || now - this.#lastProbe >= PROBE_INTERVAL_NS)) {
      this.#lastProbe = now;
      this.#probe = this.#recover().finally(() => {
        this.#probe = null;
      });
    }
    await this.#probe;
    return !this.blocked;
  }

  async #recover(): Promise<void> {
    if (this.#trail.state !== "ready") return;
    const lost = this.#lost;
    if (!(await this.append(probeEvent(lost))).ok) return;
    // What was lost while the probe was written needs a probe of its own.
    this.#lost -= lost;
    if (!this.blocked) this.#logger.warn("the trail takes records again; calls are decided again");
  }
}

function describe(failure: { readonly why: string; readonly error?: unknown }): string {
  // Codes only: messages of a foreign store may hold anything.
  return ProclawError.is(failure.error) ? failure.error.code : failure.why;
}
