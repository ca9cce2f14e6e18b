import assert from "node:assert/strict";
import { canonicalJson } from "@proclaw/core";
import type { EventFields } from "@proclaw/core";

/** One run of a tool. */
export interface Run {
  readonly tool: string;
  /** What it was started with: canonical JSON, or why it is none. */
  readonly args: string;
}

/** What happened, in order: records that became durable, tools that started and ended. */
export type TimelineEntry =
  | { readonly type: "record"; readonly event: EventFields }
  | { readonly type: "start" | "end"; readonly run: Run };

/** Canonical text of `value`; for what is no plain JSON a text that equals no canonical one. */
export function textOfArgs(value: unknown): string {
  try {
    return canonicalJson(value);
  } catch (error) {
    return `not plain JSON: ${error instanceof Error ? error.message : "?"}`;
  }
}

export function runsOf(timeline: readonly TimelineEntry[]): Run[] {
  return timeline.flatMap((entry) => (entry.type === "start" ? [entry.run] : []));
}

export function recordsOf(timeline: readonly TimelineEntry[]): EventFields[] {
  return timeline.flatMap((entry) => (entry.type === "record" ? [entry.event] : []));
}

/**
 * What holds of every case: each run has a decision of its own before it, an allow of that tool
 * with those arguments, and an outcome after it; each allow has exactly one outcome.
 *
 * @param allOutcomes false where the case itself lost some
 */
export function checkTimeline(timeline: readonly TimelineEntry[], allOutcomes: boolean): void {
  const used = new Set<EventFields>();
  for (const [at, entry] of timeline.entries()) {
    if (entry.type !== "start") continue;
    const { run } = entry;
    const decision = recordsOf(timeline.slice(0, at)).find(
      (event) => !used.has(event) && allows(event) && isDecisionOf(event, run),
    );
    assert.ok(decision, `\`${run.tool}\` ran without a durable decision that allowed exactly this call`);
    used.add(decision);
    const ended = timeline.findIndex((other) => other.type === "end" && other.run === run);
    const outcomeAt = timeline.findIndex((other) => other.type === "record" && isOutcomeOf(other.event, decision));
    if (outcomeAt === -1) continue;
    const outcome = timeline[outcomeAt] as TimelineEntry & { readonly type: "record" };
    const sawTheEnd = ["success", "error"].includes(outcome.event.execution_status ?? "");
    assert.ok(outcomeAt > at, `the outcome of \`${run.tool}\` was recorded before it started`);
    assert.ok(
      !sawTheEnd || (ended !== -1 && outcomeAt > ended),
      `the outcome of \`${run.tool}\` was recorded before it ended`,
    );
    assert.notEqual(
      outcome.event.execution_status,
      "not_executed",
      `\`${run.tool}\` ran, and the trail says it did not`,
    );
  }
  const records = recordsOf(timeline);
  for (const decision of records.filter(allows)) {
    const outcomes = records.filter((event) => isOutcomeOf(event, decision));
    assert.ok(outcomes.length <= 1, "an allowed call has more than one outcome in the trail");
    if (allOutcomes) assert.equal(outcomes.length, 1, "an allowed call has no outcome in the trail");
    if (!used.has(decision) && outcomes[0] !== undefined) {
      const claimed = outcomes[0].execution_status;
      assert.ok(claimed !== "success" && claimed !== "error", `the trail says \`${claimed}\` of a call that never ran`);
    }
  }
}

export function allows(event: EventFields): boolean {
  return event.kind === "decision" && event.policy_decision?.effect === "allow" && event.execution_status === "pending";
}

function isDecisionOf(decision: EventFields, run: Run): boolean {
  if (decision.tool_name !== run.tool) return false;
  const input = decision.input_payload;
  // What is too large for a record, or had something taken out, cannot be compared here.
  if (input?.mode !== "inline" || input.redaction_count > 0) return true;
  return textOfArgs(input.value) === run.args;
}

function isOutcomeOf(event: EventFields, decision: EventFields): boolean {
  return event.kind === "outcome" && event.call_id === decision.call_id;
}
