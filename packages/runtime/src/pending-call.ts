import { ProclawError } from "@proclaw/core";
import type { Clock } from "@proclaw/core";
import type { Grant } from "./authorize.ts";
import { callMeta } from "./call-meta.ts";
import type { Permit } from "./verdict.ts";

/** Why a call was given up before the tool ended. */
export type GivenUp = "timeout" | "caller" | "abandoned";

/** A permitted call until it is settled: its permit, its time limit, its abort signal. */
export class PendingCall {
  readonly kind = "pending";
  readonly permit: Permit;
  readonly grant: Grant;
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #started: bigint;
  readonly #callerSignal: AbortSignal | undefined;
  readonly #limitTimer: NodeJS.Timeout | undefined;
  #expiryTimer: NodeJS.Timeout | undefined;
  #givenUp: GivenUp | null = null;

  constructor(grant: Grant, clock: Clock, callerSignal: AbortSignal | undefined) {
    const { subject, args, decision, receipt, duties } = grant;
    this.grant = grant;
    this.#clock = clock;
    this.#callerSignal = callerSignal;
    this.#started = clock.monotonic();
    this.permit = Object.freeze({
      kind: "permit",
      call_id: subject.callId,
      tool: subject.tool,
      args,
      decision,
      record: receipt,
      timeoutMs: duties.timeoutMs,
      signal: this.#controller.signal,
      meta: callMeta(subject.callId, decision, receipt, "pending"),
    });
    if (duties.timeoutMs !== null) {
      this.#limitTimer = setTimeout(() => this.giveUp("timeout"), duties.timeoutMs);
    }
    callerSignal?.addEventListener("abort", this.#onCallerAbort, { once: true });
    if (callerSignal?.aborted === true) this.giveUp("caller");
  }

  get givenUp(): GivenUp | null {
    return this.#givenUp;
  }

  elapsedUs(): number {
    return Number((this.#clock.monotonic() - this.#started) / 1_000n);
  }

  /** Calls back if nobody settles in time; does not keep the process alive. */
  expireAfter(ms: number, onExpiry: () => void): void {
    this.#expiryTimer = setTimeout(onExpiry, ms).unref();
    this.#limitTimer?.unref();
  }

  /** Aborts the permit's signal. The first reason stays. */
  giveUp(why: GivenUp): void {
    if (this.#givenUp !== null) return;
    this.#givenUp = why;
    this.#controller.abort(this.#reason(why));
  }

  /** Ends timers and listeners. */
  release(): void {
    clearTimeout(this.#limitTimer);
    clearTimeout(this.#expiryTimer);
    this.#callerSignal?.removeEventListener("abort", this.#onCallerAbort);
  }

  readonly #onCallerAbort = (): void => this.giveUp("caller");

  #reason(why: GivenUp): unknown {
    if (why === "caller") return this.#callerSignal?.reason;
    return why === "timeout"
      ? new ProclawError("deadline_exceeded", deadlineMessage(this.permit))
      : new ProclawError("outcome_unrecorded", ABANDONED_MESSAGE);
  }
}

export const ABANDONED_MESSAGE = "the guard was closed, or the call not settled in time; it stands as `unobserved`";

export function deadlineMessage(permit: Permit): string {
  return `the tool \`${permit.tool}\` did not end within ${permit.timeoutMs} ms; whatever it still returns is discarded`;
}
