import type { EventFields } from "@proclaw/core";

/** A decision that no outcome has followed yet. */
export interface OpenDecision {
  readonly event_id: string;
  readonly event: Pick<EventFields, "call_id" | "agent_id" | "session_id" | "tool_name">;
  readonly allowed: boolean;
}

/**
 * Keeps the decisions that wait for an outcome, as records go by. A decision with the status
 * `not_executed` says itself how it ended; one that is `pending` waits.
 */
export class OpenDecisions {
  readonly #byCall = new Map<string, OpenDecision[]>();

  /** Takes note of a durable record. An outcome that is `pending` says that the call still goes on. */
  observe(eventId: string, event: EventFields): void {
    const { call_id: call, kind } = event;
    if (typeof call !== "string") return;
    if (kind === "decision" && event.execution_status === "pending") {
      const decision = {
        event_id: eventId,
        event: {
          call_id: call,
          agent_id: event.agent_id,
          session_id: event.session_id,
          tool_name: event.tool_name,
        },
        // Audit mode lets everything pass.
        allowed: event.policy_decision?.effect === "allow" || event.policy_decision?.mode === "audit",
      };
      const open = this.#byCall.get(call);
      if (open === undefined) this.#byCall.set(call, [decision]);
      else open.push(decision);
    } else if ((kind === "outcome" && event.execution_status !== "pending") || kind === "recovery") {
      const decided = event.body?.["decision"];
      this.#settle(call, typeof decided === "string" ? decided : null);
    }
  }

  /** Decisions still open, oldest first within a call. */
  all(): OpenDecision[] {
    return [...this.#byCall.values()].flat();
  }

  of(call: string): readonly OpenDecision[] {
    return this.#byCall.get(call) ?? [];
  }

  /**
   * An outcome ends the oldest allowed decision of its call, and every one that still waited for
   * approval; a recovery record names the decision it ends.
   */
  #settle(call: string, decision: string | null): void {
    const open = this.#byCall.get(call) ?? [];
    const ended = decision ?? open.find((one) => one.allowed)?.event_id;
    const left = open.filter((one) => one.event_id !== ended && (decision !== null || one.allowed));
    if (left.length > 0) this.#byCall.set(call, left);
    else this.#byCall.delete(call);
  }
}
