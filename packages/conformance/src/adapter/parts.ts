import { clonePlainJson, eventFields, ProclawError, SPEC_VERSION } from "@proclaw/core";
import type {
  AppendReceipt,
  AuditTrail,
  Decision,
  DecisionRequest,
  Effect,
  EventFields,
  PolicyDecisionPoint,
  PolicyIdentity,
  ReasonCode,
  SpecVersion,
  TrailState,
} from "@proclaw/core";
import { textOfArgs } from "./timeline.ts";
import type { Run, TimelineEntry } from "./timeline.ts";
import type { KitTool } from "./options.ts";

const DIGEST = "0".repeat(64);
const IDENTITY: PolicyIdentity = {
  policy_id: "kit",
  policy_version: 1,
  policy_sha256: DIGEST,
  plan_sha256: DIGEST,
  mode: "enforce",
};
const REASONS: Readonly<Record<Effect, ReasonCode>> = {
  allow: "allowed_by_rule",
  deny: "denied_by_rule",
  require_approval: "approval_required",
};
/** What the policy of the kit gives as its reason. */
export const REASON = "the kit decided so";

/** What a tool says that fails. */
export const FAILURE = "the kit lets the tool fail";

export function decisionOf(effect: Effect, more: Partial<Decision> = {}): Decision {
  return {
    effect,
    reason_code: REASONS[effect],
    reason: REASON,
    rule_id: "kit-rule",
    rule_name: "kit rule",
    determining_rules: ["kit-rule"],
    obligations: [],
    policy_sha256: DIGEST,
    plan_sha256: DIGEST,
    mode: "enforce",
    ...more,
  };
}

/** A policy of one function, which may throw and answer anything. */
export class ScriptedDecisionPoint implements PolicyDecisionPoint {
  readonly specVersion: SpecVersion = SPEC_VERSION;
  readonly identity: PolicyIdentity = IDENTITY;
  readonly asked: (Run & { readonly request: DecisionRequest })[] = [];
  /** Default: everything is allowed but what says of itself that it is forbidden. */
  answer: (request: DecisionRequest) => unknown = ({ call }) =>
    decisionOf(call.args["forbidden"] === true ? "deny" : "allow");
  needs: () => { readonly paths: readonly string[] } = () => ({ paths: [] });

  requirements(): { readonly paths: readonly string[] } {
    return this.needs();
  }

  decide(request: DecisionRequest): Decision {
    this.asked.push({ tool: request.call.tool, args: textOfArgs(request.call.args), request });
    return this.answer(request) as Decision;
  }
}

/** A trail in memory. A record counts as durable at the moment it enters the timeline. */
export class ScriptedTrail implements AuditTrail {
  readonly specVersion: SpecVersion = SPEC_VERSION;
  state: TrailState = "ready";
  /** What happens to an event before it is durable: returns, waits, never ends, throws. */
  before: (event: EventFields, signal: AbortSignal | undefined) => Promise<void> = async () => {};
  /** Says of a durable record that it is. */
  receipt: (receipt: AppendReceipt) => AppendReceipt = (receipt) => receipt;
  readonly #timeline: TimelineEntry[];
  #count = 0;

  constructor(timeline: TimelineEntry[]) {
    this.#timeline = timeline;
  }

  async append(event: EventFields, options: { readonly signal?: AbortSignal } = {}): Promise<AppendReceipt> {
    const kept = eventFields(clonePlainJson(event) as unknown as EventFields);
    await this.before(kept, options.signal);
    const seq = this.#count++;
    this.#timeline.push({ type: "record", event: kept });
    const id = String(seq).padStart(12, "0");
    return this.receipt({
      log: "01990000-0000-7000-8000-000000000000",
      seq,
      event_id: `01990000-0000-7000-9000-${id}`,
      timestamp: new Date(1_700_000_000_000 + seq).toISOString(),
      leaf: DIGEST,
    });
  }

  async close(): Promise<void> {
    this.state = "closed";
  }
}

export function trailFailure(): ProclawError {
  return new ProclawError("store_failed", "the kit lets the trail fail");
}

/**
 * Tools whose runs stand in the timeline.
 *
 * @param never ends when the case does
 * @param started called when a tool has started
 */
export function kitTools(
  timeline: TimelineEntry[],
  never: Promise<void>,
  started: () => void,
): Readonly<Record<string, KitTool>> {
  const start = (tool: string, args: unknown): Run => {
    const run: Run = { tool, args: textOfArgs(args) };
    timeline.push({ type: "start", run });
    started();
    return run;
  };
  return {
    /** Returns `output of <id>`. */
    kit_write: async (args) => {
      const run = start("kit_write", args);
      await new Promise(setImmediate);
      // A tool that reads its arguments late must find the same ones.
      if (textOfArgs(args) !== run.args) start("kit_write", args);
      timeline.push({ type: "end", run });
      return outputOf(args["id"]);
    },
    kit_fail: async (args) => {
      const run = start("kit_fail", args);
      await new Promise(setImmediate);
      timeline.push({ type: "end", run });
      throw new Error(FAILURE);
    },
    /** Throws before it returns a promise. */
    kit_throw: (args) => {
      const run = start("kit_throw", args);
      timeline.push({ type: "end", run });
      throw new Error(FAILURE);
    },
    /** Does not end before the case does, and does not listen to its signal. */
    kit_hang: async (args) => {
      const run = start("kit_hang", args);
      await never;
      timeline.push({ type: "end", run });
      return outputOf(args["id"]);
    },
  };
}

/** What `kit_write` returns; a text that stands nowhere else. */
export function outputOf(id: unknown): string {
  return `output of ${String(id)}`;
}
