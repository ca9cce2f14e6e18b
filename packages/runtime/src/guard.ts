import { ProclawError } from "@proclaw/core";
import { waitFor } from "./bounded.ts";
import type { HostCapabilities, PolicyMode, ToolCall } from "@proclaw/core";
import { Authorization } from "./authorize.ts";
import { DeniedError, ToolFailedError, WithheldError } from "./call-errors.ts";
import type { ContextSource } from "./call-context.ts";
import { callMeta } from "./call-meta.ts";
import { lateResultEvent, outcomeEvent } from "./call-records.ts";
import { guardParts } from "./guard-options.ts";
import type { GuardOptions, GuardParts } from "./guard-options.ts";
import { GUARD_EXECUTES } from "./obligations.ts";
import { ABANDONED_MESSAGE, deadlineMessage, PendingCall } from "./pending-call.ts";
import { runTool } from "./run-tool.ts";
import type { Execute } from "./run-tool.ts";
import { readOutcome, settleCall } from "./settle.ts";
import { Takes } from "./takes.ts";
import type { CallMeta, Denial, Permit, Settlement, ToolOutcome, Verdict } from "./verdict.ts";
import { wrapTools } from "./wrap.ts";
import type { ToolMap, WrappedTools } from "./wrap.ts";

export interface CallOptions {
  /** Ends the waiting, and asks the tool to stop. */
  readonly signal?: AbortSignal;
  /** Who makes this call, where one guard serves many sessions. Owned by the host, never by the model. */
  readonly context?: ContextSource;
}

/** The policy enforcement point. */
export interface Guard {
  /**
   * Decides a call and records the decision. Never rejects because of the call, the policy or the
   * trail: whatever fails is a denial. Every permit must be settled, once.
   *
   * @throws ProclawError `invalid_option` if `options.signal` is no AbortSignal; nothing was decided
   */
  authorize(call: ToolCall, options?: CallOptions): Promise<Verdict>;
  /**
   * Records what became of a permitted call, and says what may be handed on.
   *
   * @throws ProclawError `invalid_option` if the permit is not an open one of this guard (settled
   *   before, recorded as `unobserved`, forged), or the outcome's status is unknown
   */
  settle(permit: Permit, outcome: ToolOutcome): Promise<Settlement>;
  /**
   * Authorizes, executes with exactly the decided arguments, settles.
   *
   * @throws DeniedError if the call was denied; nothing ran
   * @throws ToolFailedError (`tool_failed`) with the tool's own error as `cause`
   * @throws WithheldError `deadline_exceeded`, `outcome_unrecorded` or `output_withheld`
   * @throws the reason of `options.signal`, if that ended a running tool
   */
  call<T>(
    call: ToolCall,
    execute: Execute<T>,
    options?: CallOptions,
  ): Promise<{ readonly value: T; readonly meta: CallMeta }>;
  /**
   * The same tools, guarded: each takes the same arguments and returns or throws what the tool
   * itself returns or throws. Whoever holds the original functions is not held by the guard.
   */
  wrap<T extends ToolMap>(tools: T): WrappedTools<T>;
  /**
   * Denies from now on, records open permits as `unobserved`, and waits (one step's time limit, no
   * longer) for the calls that are being decided. Leaves the trail to its owner.
   */
  close(): Promise<void>;
}

/** @throws ProclawError `incompatible_contract` or `invalid_option` */
export function createGuard(options: GuardOptions): Guard {
  const guard = new PolicyGuard(guardParts(options));
  return Object.freeze({
    authorize: (call, callOptions) => guard.authorize(call, callOptions),
    settle: (permit, outcome) => guard.settle(permit, outcome),
    call: (call, execute, callOptions) => guard.call(call, execute, callOptions),
    wrap: (tools) => wrapTools(guard, tools),
    close: () => guard.close(),
  } satisfies Guard);
}

class PolicyGuard {
  readonly #parts: GuardParts;
  readonly #takes = new Takes();
  /** INVARIANT (one permit, one settlement): a permit is known by identity, and leaves the map when it is settled. */
  readonly #pending = new Map<Permit, PendingCall>();
  /** Calls that are being decided. */
  readonly #deciding = new Set<Promise<void>>();
  #closing: Promise<void> | null = null;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    if (modeOf(parts) === "audit") {
      parts.logger.warn("the policy is in audit mode: it is not enforced, calls that it denies will run");
    }
  }

  async authorize(call: ToolCall, options: CallOptions = {}): Promise<Verdict> {
    const granted = await this.#authorize(call, options, this.#parts.capabilities);
    if (granted.kind === "denial") return granted;
    granted.expireAfter(this.#parts.settleWithinMs, () => void this.#abandon(granted));
    return granted.permit;
  }

  async settle(permit: Permit, given: ToolOutcome): Promise<Settlement> {
    const outcome = readOutcome(given);
    const pending = this.#take(permit);
    if (pending === null) {
      throw new ProclawError("invalid_option", "the permit is not an open one of this guard, or was settled before");
    }
    return this.#settle(pending, outcome);
  }

  async call<T>(
    call: ToolCall,
    execute: Execute<T>,
    options: CallOptions = {},
  ): Promise<{ readonly value: T; readonly meta: CallMeta }> {
    const granted = await this.#authorize(call, options, GUARD_EXECUTES);
    if (granted.kind === "denial") throw new DeniedError(granted);
    const { permit, grant } = granted;
    const timeoutMs = permit.timeoutMs ?? this.#parts.defaultTimeoutMs;
    const { outcome, late } = await runTool(granted, timeoutMs, execute);
    if (this.#take(permit) === null) {
      // Closing the guard has recorded this call as `unobserved`.
      const meta = callMeta(permit.call_id, permit.decision, null, "unobserved");
      throw new WithheldError("outcome_unrecorded", ABANDONED_MESSAGE, meta);
    }
    const settlement = await this.#settle(granted, outcome);
    const { recorder } = this.#parts;
    void late?.then((status) => recorder.note(lateResultEvent(grant.subject, status, granted.elapsedUs())));
    const { meta } = settlement;
    if (settlement.kind === "withheld") throw new WithheldError(settlement.code, settlement.message, meta);
    switch (outcome.status) {
      case "success":
        return { value: settlement.output as T, meta };
      case "error":
        throw new ToolFailedError(permit.tool, meta, settlement.error);
      case "timeout":
        throw new WithheldError("deadline_exceeded", deadlineMessage(permit), meta);
      default:
        // Given up by the caller, who gets his own reason back, as from `fetch`.
        throw permit.signal.reason;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const abandoned = [...this.#pending.values()].map((pending) => this.#abandon(pending));
    // A decision that becomes durable now still has to be closed as `not_executed`.
    await waitFor(() => Promise.allSettled(this.#deciding), this.#parts.stepTimeoutMs);
    await Promise.all(abandoned);
  }

  async #authorize(call: ToolCall, options: CallOptions, host: HostCapabilities): Promise<PendingCall | Denial> {
    const decided = Promise.withResolvers<void>();
    // Before anything of the host runs, which may close the guard.
    this.#deciding.add(decided.promise);
    try {
      return await this.#decide(call, options, host);
    } finally {
      this.#deciding.delete(decided.promise);
      decided.resolve();
    }
  }

  async #decide(call: ToolCall, options: CallOptions, host: HostCapabilities): Promise<PendingCall | Denial> {
    const { context = this.#parts.context } = options;
    // Frameworks pass null for none.
    const signal = options.signal ?? undefined;
    if (signal !== undefined && !isAbortSignal(signal)) {
      throw new ProclawError("invalid_option", "`signal` is not an AbortSignal");
    }
    const authorization = new Authorization(this.#parts, this.#takes, { call, host, context, signal });
    if (this.#closing !== null) return authorization.unrecorded("the guard is closed");
    const verdict = await authorization.run();
    if (verdict.kind === "denial") return verdict;
    const pending = new PendingCall(verdict, this.#parts.clock, signal);
    if (this.#closing !== null) {
      await this.#settle(pending, { status: "not_executed" });
      return authorization.unrecorded("the guard is closed", verdict.decision);
    }
    this.#pending.set(pending.permit, pending);
    return pending;
  }

  /** The open call of a permit, which is no longer open afterwards; null if it is not open. */
  #take(permit: Permit): PendingCall | null {
    const pending = this.#pending.get(permit);
    if (pending === undefined) return null;
    this.#pending.delete(permit);
    return pending;
  }

  #settle(pending: PendingCall, outcome: ToolOutcome): Promise<Settlement> {
    const { subject, decision, duties, takeId } = pending.grant;
    const durationUs = pending.elapsedUs();
    pending.release();
    if (outcome.status === "not_executed" && takeId !== null) this.#takes.giveBack(subject.callId, takeId);
    return settleCall(this.#parts, { subject, decision, output: duties.output, durationUs }, outcome);
  }

  /** Nobody will say how this call ended. */
  async #abandon(pending: PendingCall): Promise<void> {
    if (this.#take(pending.permit) === null) return;
    const durationUs = pending.elapsedUs();
    pending.release();
    pending.giveUp("abandoned");
    const { recorder } = this.#parts;
    const recorded = await recorder.append(outcomeEvent(pending.grant.subject, "unobserved", { durationUs }));
    if (!recorded.ok) recorder.lose();
  }
}

/** By what it can do: another realm, or a polyfill, has a class of its own. */
function isAbortSignal(value: unknown): value is AbortSignal {
  if (typeof value !== "object" || value === null) return false;
  const { aborted, addEventListener, removeEventListener } = value as Readonly<Record<string, unknown>>;
  return [typeof aborted, typeof addEventListener, typeof removeEventListener].join() === "boolean,function,function";
}

function modeOf({ decisionPoint }: GuardParts): PolicyMode | null {
  try {
    return decisionPoint.identity.mode;
  } catch {
    // Every call will be denied for this.
    return null;
  }
}
