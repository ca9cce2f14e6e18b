import { clonePlainObject } from "@proclaw/core";
import type {
  AppendReceipt,
  CallContext,
  Decision,
  FactRequirements,
  Facts,
  HostCapabilities,
  JsonObject,
  Payload,
  PolicyIdentity,
  ReasonCode,
  ToolCall,
} from "@proclaw/core";
import { waitFor } from "./bounded.ts";
import { parseTime, snapshotContext } from "./call-context.ts";
import type { ContextSource } from "./call-context.ts";
import { decisionEvent, decisionRecord, outcomeEvent } from "./call-records.ts";
import type { CallSubject } from "./call-records.ts";
import { callMeta } from "./call-meta.ts";
import { checkDecision, guardDenial, overrule } from "./decision-check.ts";
import { pathsToResolve, sameFacts } from "./facts.ts";
import type { GuardParts } from "./guard-options.ts";
import { planDuties } from "./obligations.ts";
import type { Duties } from "./obligations.ts";
import { omitted, payloadOf } from "./payload.ts";
import { readCall } from "./read-call.ts";
import type { ReadCall } from "./read-call.ts";
import type { Takes } from "./takes.ts";
import type { Denial } from "./verdict.ts";

/** A permitted call, before it becomes a permit. */
export interface Grant {
  readonly kind: "grant";
  readonly subject: CallSubject & { readonly tool: string };
  readonly args: JsonObject;
  readonly decision: Decision;
  readonly receipt: AppendReceipt;
  readonly duties: Duties;
  /** What was taken from the limits; null: nothing. */
  readonly takeId: string | null;
}

export interface AuthorizeRequest {
  readonly call: ToolCall;
  readonly host: HostCapabilities;
  readonly context: ContextSource;
  readonly signal: AbortSignal | undefined;
}

const UNKNOWN_IDENTITY: PolicyIdentity = {
  policy_id: null,
  policy_version: 0,
  policy_sha256: "",
  plan_sha256: "",
  mode: "enforce",
};

/** The first half of a call: everything that happens before a tool may run. One instance a call. */
export class Authorization {
  readonly #parts: GuardParts;
  readonly #takes: Takes;
  readonly #host: HostCapabilities;
  readonly #contextSource: ContextSource;
  readonly #signal: AbortSignal | undefined;
  readonly #call: ReadCall;
  #context: CallContext | null = null;
  #identity = UNKNOWN_IDENTITY;
  #evalUs = 0;

  /** Reads the call; from here on the caller may do with its object what it likes. */
  constructor(parts: GuardParts, takes: Takes, request: AuthorizeRequest) {
    this.#parts = parts;
    this.#takes = takes;
    this.#host = request.host;
    this.#contextSource = request.context;
    this.#signal = request.signal;
    this.#call = readCall(request.call);
  }

  /** Decides, and records the decision. Never rejects: a fault of ours, or of a part, is a denial. */
  async run(): Promise<Grant | Denial> {
    try {
      return await this.#run();
    } catch {
      return this.#deny("internal_error", "the guard failed").catch(() => this.unrecorded("the guard failed"));
    }
  }

  async #run(): Promise<Grant | Denial> {
    const { recorder, decisionPoint, tools, logger } = this.#parts;
    const { tool, args, problem } = this.#call;
    try {
      this.#identity = clonePlainObject(decisionPoint.identity) as unknown as PolicyIdentity;
    } catch {
      return await this.#deny("internal_error", "the decision point does not say who it is");
    }
    if (recorder.blocked) {
      const back = await waitFor(() => recorder.recovered(), this.#parts.stepTimeoutMs, this.#signal);
      if (!back.ok || !back.value) return this.unrecorded("the audit trail lost an outcome and is not back yet");
    }

    const contextProblem = await this.#takeContext();
    if (problem !== null || tool === null || args === null) {
      return this.#deny(problem?.code ?? "invalid_call", problem?.reason ?? "the call cannot be read");
    }
    const context = this.#context;
    if (context === null) return this.#deny("context_unavailable", contextProblem);

    let requirements: FactRequirements;
    let facts: Facts;
    let decision: Decision | null;
    try {
      requirements = decisionPoint.requirements(tool);
      facts = await this.#fetchFacts(requirements, args, context);
      if (this.#signal?.aborted === true) return this.#deny("deadline_exceeded", "the host gave up waiting");
      decision = this.#decide(tool, args, context, facts);
    } catch {
      logger.error(`the decision point failed on a call of \`${tool}\``);
      return this.#deny("internal_error", "the decision point failed");
    }
    if (decision === null) {
      logger.error(`the decision point gave no usable answer on a call of \`${tool}\``);
      return this.#deny("internal_error", "the decision point gave no usable answer");
    }
    if (decision.effect !== "allow") return this.#recordDenial(decision);

    const plan = planDuties(decision, tools.get(tool), this.#host, this.#parts.defaultTimeoutMs);
    if (!plan.ok) {
      const reason = `the host cannot keep the obligation \`${plan.unsupported}\``;
      return this.#recordDenial(overrule(decision, "obligation_unsupported", reason));
    }
    // A policy in audit mode waives approvals and limits as it waives its verdict.
    if (plan.duties.approval && decision.mode !== "audit") {
      return this.#recordDenial({
        ...overrule(decision, "approval_required", "the call needs an approval, and nobody can give one here"),
        effect: "require_approval",
      });
    }
    const taken = await this.#takeLimits(decision, plan.duties);
    if (!taken.ok) return this.#recordDenial(taken.decision);
    return this.#permit(tool, args, context, requirements, facts, taken.decision, plan.duties, taken.takeId);
  }

  /** A denial that stands in no record, because the trail takes none. */
  unrecorded(reason: string, was?: Decision): Denial {
    const detail = was === undefined ? undefined : { decided: was.reason_code };
    return this.#denial(guardDenial(this.#identity, "audit_unavailable", reason, detail), null);
  }

  async #takeContext(): Promise<string> {
    let said: unknown;
    try {
      said = this.#contextSource();
      if (typeof (said as { readonly then?: unknown } | null | undefined)?.then === "function") {
        const waited = await waitFor(() => said, this.#parts.stepTimeoutMs, this.#signal);
        if (!waited.ok) return "the host did not say in time who calls";
        said = waited.value;
      }
    } catch {
      return "the host could not say who calls";
    }
    const snapshot = snapshotContext(said);
    if (snapshot.ok) {
      this.#context = snapshot.context;
      return "";
    }
    return snapshot.member === null
      ? "the context is not a plain JSON object"
      : `the member \`${snapshot.member.slice(0, 64)}\` of the context is not as it must be`;
  }

  /** What cannot be found out is left out; the decision then denies with `missing_fact`. */
  async #fetchFacts(needs: FactRequirements, args: JsonObject, context: CallContext): Promise<Facts> {
    const paths = pathsToResolve(needs, args);
    if (paths === null || paths.length === 0) return {};
    const { facts, stepTimeoutMs } = this.#parts;
    const waited = await waitFor(() => facts.resolvePaths(paths, context), stepTimeoutMs, this.#signal);
    return waited.ok ? { paths: clonePlainObject(waited.value) as Readonly<Record<string, string>> } : {};
  }

  #decide(tool: string, args: JsonObject, context: CallContext, facts: Facts): Decision | null {
    const { clock, decisionPoint } = this.#parts;
    const { callId, parentCallId } = this.#call;
    const call = { tool, args, call_id: callId, ...(parentCallId === null ? {} : { parent_call_id: parentCallId }) };
    const now = this.#now(context);
    const started = clock.monotonic();
    const answer: unknown = decisionPoint.decide({ call, context, facts, now });
    this.#evalUs = Number((clock.monotonic() - started) / 1_000n);
    return checkDecision(answer);
  }

  #now(context: CallContext): number {
    return (context.now === undefined ? null : parseTime(context.now)) ?? this.#parts.clock.now();
  }

  async #takeLimits(
    decision: Decision,
    { rateLimits }: Duties,
  ): Promise<
    | { readonly ok: true; readonly decision: Decision; readonly takeId: string | null }
    | { readonly ok: false; readonly decision: Decision }
  > {
    if (rateLimits.length === 0) return { ok: true, decision, takeId: null };
    const { rateLimiter, clock, stepTimeoutMs, logger } = this.#parts;
    const takeId = this.#takes.claim(this.#call);
    const limits = rateLimits.toSorted((a, b) => (a.rule_id < b.rule_id ? -1 : a.rule_id > b.rule_id ? 1 : 0));
    const waited = await waitFor(
      async () => clonePlainObject(await rateLimiter.take({ callId: takeId, limits, now: clock.now() })),
      stepTimeoutMs,
      this.#signal,
    );
    const { granted, ruleId, retryAfterMs }: JsonObject = waited.ok ? waited.value : {};
    // Only the literal answer counts: an unknown one grants nothing.
    if (granted === true) return { ok: true, decision, takeId };
    let denied: Decision;
    if (granted === false) {
      const seconds = typeof retryAfterMs === "number" ? Math.max(1, Math.ceil(retryAfterMs / 1_000)) : null;
      const reason = `a rate limit is used up${seconds === null ? "" : `; it lets a call pass again in ${seconds} s`}`;
      denied = overrule(decision, "rate_limited", reason, typeof ruleId === "string" ? ruleId : undefined);
    } else {
      logger.error("the rate limiter gave no usable answer");
      this.#takes.giveBack(this.#call.callId, takeId);
      denied = overrule(decision, "rate_limited", "the rate limiter is not available");
    }
    if (decision.mode !== "audit") return { ok: false, decision: denied };
    const wouldHave = { effect: denied.effect, reason_code: denied.reason_code };
    return { ok: true, decision: { ...decision, reason_code: "audit_mode", would_have: wouldHave }, takeId: null };
  }

  async #permit(
    tool: string,
    args: JsonObject,
    context: CallContext,
    requirements: FactRequirements,
    facts: Facts,
    decision: Decision,
    duties: Duties,
    takeId: string | null,
  ): Promise<Grant | Denial> {
    const { recorder } = this.#parts;
    const subject = { ...this.#subject(), tool };
    const giveBack = (): void => {
      if (takeId !== null) this.#takes.giveBack(subject.callId, takeId);
    };
    const event = decisionEvent(subject, this.#inputPayload(args), this.#record(decision), "pending");
    // INVARIANT (decision durable before execution): a grant is made below this wait only, and only
    // if the trail said that the record is durable.
    const recorded = await recorder.append(event, {
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      onLate: () => recorder.note(outcomeEvent(subject, "not_executed", { error: GIVEN_UP })),
    });
    if (!recorded.ok) {
      giveBack();
      if (recorded.why === "aborted") return this.#deny("deadline_exceeded", "the host gave up waiting");
      return this.unrecorded("the decision could not be recorded", decision);
    }
    const late = await this.#lateObjection(decision, requirements, facts, args, context);
    if (late === null) return { kind: "grant", subject, args, decision, receipt: recorded.receipt, duties, takeId };
    giveBack();
    // Closes the allow that is already in the trail, and says why the tool did not run.
    const error = { type: late.reason_code, message: late.reason };
    const closing = outcomeEvent(subject, "not_executed", { error, decision: this.#record(late) });
    const closed = await recorder.append(closing, { ...this.#waiting(), finishWhenAborted: true });
    if (closed.ok) return this.#denial(late, closed.receipt);
    return closed.why === "aborted" ? this.#denial(late, null) : this.unrecorded(late.reason, late);
  }

  /** What may have changed while the decision was written. */
  async #lateObjection(
    decision: Decision,
    requirements: FactRequirements,
    facts: Facts,
    args: JsonObject,
    context: CallContext,
  ): Promise<Decision | null> {
    let same = true;
    // In audit mode the policy's verdict is waived, whatever the facts are.
    if (facts.paths !== undefined && decision.mode !== "audit") {
      try {
        same = sameFacts(facts, await this.#fetchFacts(requirements, args, context));
      } catch {
        // Facts that cannot be fetched again have changed, for all we know.
        same = false;
      }
    }
    if (this.#signal?.aborted === true) return overrule(decision, "deadline_exceeded", "the host gave up waiting");
    if (!same)
      return overrule(decision, "facts_changed", "what the decision rests on changed before the tool could run");
    return this.#parts.recorder.blocked
      ? overrule(decision, "audit_unavailable", "the audit trail lost an outcome and is not back yet")
      : null;
  }

  #deny(code: ReasonCode, reason: string): Promise<Denial> {
    return this.#recordDenial(guardDenial(this.#identity, code, reason));
  }

  /** INVARIANT (a denial never executes): it carries no arguments, and only a grant becomes a permit. */
  async #recordDenial(decision: Decision): Promise<Denial> {
    const { recorder } = this.#parts;
    const { args } = this.#call;
    const input = args === null ? omitted(undefined) : this.#inputPayload(args);
    const event = decisionEvent(this.#subject(), input, this.#record(decision), "not_executed");
    const recorded = await recorder.append(event, { ...this.#waiting(), finishWhenAborted: true });
    if (recorded.ok) return this.#denial(decision, recorded.receipt);
    // A host that stopped waiting is answered at once; the record follows in the background.
    if (recorded.why === "aborted") return this.#denial(decision, null);
    return this.unrecorded("the denial could not be recorded", decision);
  }

  #denial(decision: Decision, record: AppendReceipt | null): Denial {
    return {
      kind: "denial",
      call_id: this.#call.callId,
      decision,
      record,
      message: `denied, the tool did not run: ${decision.reason} (${decision.reason_code})`,
      meta: callMeta(this.#call.callId, decision, record, "not_executed"),
    };
  }

  #inputPayload(args: JsonObject): Payload {
    const { tool } = this.#call;
    const mode = tool === null ? undefined : this.#parts.tools.get(tool)?.payload;
    return mode === "omitted" ? omitted(args) : payloadOf(args);
  }

  #subject(): CallSubject {
    const { callId, parentCallId, tool } = this.#call;
    return { callId, parentCallId, tool, context: this.#context };
  }

  #record(decision: Decision): ReturnType<typeof decisionRecord> {
    return decisionRecord(decision, this.#identity, this.#evalUs);
  }

  #waiting(): { readonly signal?: AbortSignal } {
    return this.#signal === undefined ? {} : { signal: this.#signal };
  }
}

const GIVEN_UP = {
  type: "audit_unavailable",
  message: "the record became durable after the guard had given it up; the call was denied",
};
