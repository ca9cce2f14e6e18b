import type { EventFields } from "@proclaw/core";
import type { Draft } from "./draft.ts";
import { settleDecision } from "./internal-events.ts";
import type { SettleReason } from "./internal-events.ts";
import { OpenDecisions } from "./open-decisions.ts";

/** Knows of every decision of a trail how it ended, or why no outcome will say so. */
export class Settlements {
  readonly #open = new OpenDecisions();
  /** Ids of decisions whose append was rejected. */
  readonly #notExecuted = new Set<string>();
  /** Calls whose decision is in a log that was given up; the log after it says so. */
  readonly #lostCalls = new Set<string>();
  /** Calls whose outcome was rejected. */
  readonly #unrecorded = new Set<string>();

  /** Takes note of durable records. */
  observe(drafts: readonly Draft[]): void {
    for (const { event_id, event } of drafts) this.#open.observe(event_id, event);
  }

  /** Who appended this record was told that it is not durable, and it is, or may be. */
  rejected(eventId: string): void {
    this.#notExecuted.add(eventId);
  }

  outcomeRejected(call: string): void {
    this.#unrecorded.add(call);
  }

  /** Whether this call's decision is in a log that was given up. Answers so once. */
  takeLost(call: string): boolean {
    return this.#lostCalls.delete(call);
  }

  /**
   * Records for the open decisions that no outcome will follow: those whose append was rejected
   * (nobody ran anything on their strength), and those whose outcome was rejected (the tool ran,
   * the result was withheld). With `others` also all the rest, for that reason.
   */
  due(others?: SettleReason): EventFields[] {
    const open = this.#open.all();
    // What is not open any more needs no memory.
    const ids = new Set(open.map(({ event_id }) => event_id));
    for (const id of this.#notExecuted) if (!ids.has(id)) this.#notExecuted.delete(id);
    for (const call of this.#unrecorded) if (this.#open.of(call).length === 0) this.#unrecorded.delete(call);
    return open.flatMap((decision) => {
      if (this.#notExecuted.has(decision.event_id)) return settleDecision(decision, "not_executed", "append_rejected");
      const status = decision.allowed ? "unknown" : "not_executed";
      const call = decision.event.call_id;
      if (call !== null && this.#unrecorded.has(call)) return settleDecision(decision, status, "outcome_rejected");
      return others === undefined ? [] : settleDecision(decision, status, others);
    });
  }

  /** Calls whose decisions are open now. */
  openCalls(): string[] {
    return this.#open.all().flatMap(({ event }) => event.call_id ?? []);
  }

  /** The log that held the decisions of these calls was given up. */
  lose(calls: readonly string[]): void {
    for (const call of calls) this.#lostCalls.add(call);
  }
}
