import { ProclawError } from "@proclaw/core";
import type { Decision, ExecutionStatus, Payload } from "@proclaw/core";
import { callMeta } from "./call-meta.ts";
import { outcomeEvent } from "./call-records.ts";
import type { CallSubject } from "./call-records.ts";
import type { GuardParts } from "./guard-options.ts";
import type { OutputLimits } from "./obligations.ts";
import { checkOutput } from "./payload.ts";
import { describeToolError, passableError } from "./tool-error.ts";
import type { Settlement, ToolOutcome } from "./verdict.ts";

/** A call that was permitted and has to be settled. */
export interface SettleRequest {
  readonly subject: CallSubject & { readonly tool: string };
  readonly decision: Decision;
  readonly output: OutputLimits | null;
  readonly durationUs: number;
}

interface Result {
  readonly value: unknown;
  /** What may be told of the tool's own error. */
  readonly passed: unknown;
  readonly withheldWhy: string | null;
  readonly payload: Payload | null;
  readonly error: { readonly type: string; readonly message: string } | null;
}

const NOTHING: Result = { value: undefined, passed: undefined, withheldWhy: null, payload: null, error: null };

/**
 * The outcome, read once, so that it cannot give a take back as `not_executed` and then be a success.
 *
 * @throws ProclawError `invalid_option` for an outcome outside the closed union
 */
export function readOutcome(given: ToolOutcome): ToolOutcome {
  const { status } = (given as ToolOutcome | null) ?? { status: null };
  switch (status) {
    case "success":
      return { status, output: (given as { readonly output: unknown }).output };
    case "error": {
      const { error, output } = given as { readonly error: unknown; readonly output?: unknown };
      return output === undefined ? { status, error } : { status, error, output };
    }
    case "not_executed": {
      const { reason } = given as { readonly reason?: unknown };
      return typeof reason === "string" ? { status, reason } : { status };
    }
    case "timeout":
    case "killed":
    case "unobserved":
      return { status };
    default:
      status satisfies null;
      throw new ProclawError("invalid_option", "an outcome of an unknown status cannot be settled");
  }
}

/**
 * The second half of a call: sanitizes and limits the output and records the outcome.
 *
 * INVARIANT (no result without its record): a result is released only after its outcome is durable.
 * If that fails, or sanitizing does, the result is withheld, nothing is tried again, and the guard
 * denies everything until the trail has recovered.
 */
export async function settleCall(parts: GuardParts, call: SettleRequest, outcome: ToolOutcome): Promise<Settlement> {
  const { recorder, logger } = parts;
  const { subject, durationUs } = call;
  let result: Result;
  try {
    result = readResult(parts, call, outcome);
  } catch {
    logger.error(`an outcome of \`${subject.tool}\` could not be sanitized; its result is withheld`);
    recorder.lose();
    return unrecorded(call);
  }
  const recorded = await recorder.append(
    outcomeEvent(subject, outcome.status, {
      ...(result.payload === null ? {} : { output: result.payload }),
      ...(result.error === null ? {} : { error: result.error }),
      ...(outcome.status === "not_executed" ? {} : { durationUs }),
    }),
  );
  if (!recorded.ok) {
    recorder.lose();
    return unrecorded(call);
  }
  const { receipt } = recorded;
  const meta = callMeta(subject.callId, call.decision, receipt, outcome.status);
  if (result.withheldWhy === null) {
    return { kind: "released", output: result.value, error: result.passed, record: receipt, meta };
  }
  const message = `the tool ran, but its output ${result.withheldWhy} and is withheld`;
  return { kind: "withheld", code: "output_withheld", message, record: receipt, meta };
}

function readResult(parts: GuardParts, { subject, output }: SettleRequest, outcome: ToolOutcome): Result {
  const keep = parts.tools.get(subject.tool)?.payload !== "omitted";
  switch (outcome.status) {
    case "error": {
      const error = describeToolError(outcome.error, keep);
      const passed = passableError(outcome.error, output !== null, parts);
      if (outcome.output === undefined) return { ...NOTHING, error, passed };
      return { ...readOutput(parts, outcome.output, output, keep), error, passed };
    }
    case "not_executed":
      return outcome.reason === undefined
        ? NOTHING
        : { ...NOTHING, error: { type: "refused_by_host", message: outcome.reason } };
    case "success":
      return readOutput(parts, outcome.output, output, keep);
    default:
      return NOTHING;
  }
}

function readOutput(parts: GuardParts, output: unknown, limits: OutputLimits | null, keep: boolean): Result {
  const checked = checkOutput(output, limits, parts.sanitizer, parts.returnOutput, keep);
  return checked.pass
    ? { ...NOTHING, value: checked.value, payload: checked.payload }
    : {
        ...NOTHING,
        withheldWhy: checked.why,
        payload: checked.payload,
        error: { type: "output_withheld", message: `the output ${checked.why}` },
      };
}

function unrecorded({ subject, decision }: SettleRequest): Settlement {
  return {
    kind: "withheld",
    code: "outcome_unrecorded",
    message: "the tool ran, but its outcome could not be recorded; the result is withheld",
    record: null,
    meta: callMeta(subject.callId, decision, null, "unknown" satisfies ExecutionStatus),
  };
}
