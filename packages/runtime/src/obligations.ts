import type { Decision, HostCapabilities, OutputObligation, RateLimitObligation, ToolFacts } from "@proclaw/core";
import { durationMs, MAX_DURATION_MS } from "./duration.ts";

/** What the guard has to do so that a call may run: every obligation of the decision and of the host's catalogue. */
export interface Duties {
  readonly rateLimits: readonly RateLimitObligation[];
  readonly approval: boolean;
  readonly timeoutMs: number | null;
  readonly output: OutputLimits | null;
}

export interface OutputLimits {
  readonly maxBytes: number | null;
  readonly keepFields: ReadonlySet<string> | null;
}

export type DutyPlan =
  | { readonly ok: true; readonly duties: Duties }
  | { readonly ok: false; readonly unsupported: string };

/** What a guard that runs the tool itself can do; it hands arguments over and the output back. */
export const GUARD_EXECUTES: HostCapabilities = {
  executes: "guard",
  abort: true,
  rewriteArgs: true,
  replaceOutput: true,
  identity: true,
};

/**
 * Puts the obligations of the policy and of the catalogue together; where both speak, the stricter
 * holds.
 *
 * INVARIANT (no obligation is dropped): one that this host cannot discharge, or of a type that this
 * version does not know, is `unsupported`, and the call is denied.
 */
export function planDuties(
  decision: Decision,
  tool: ToolFacts | undefined,
  host: HostCapabilities,
  defaultTimeoutMs: number,
): DutyPlan {
  const rateLimits: RateLimitObligation[] = [];
  const outputs: OutputObligation[] = tool?.output === undefined ? [] : [{ type: "output", ...tool.output }];
  let approval = false;
  let timeoutMs = tool?.timeout === undefined ? null : durationMs(tool.timeout, "tools");
  if (isConfined(tool?.sandbox)) return { ok: false, unsupported: "sandbox" };
  for (const obligation of decision.obligations) {
    switch (obligation.type) {
      case "rate_limit":
        rateLimits.push(obligation);
        break;
      case "approval":
        approval = true;
        break;
      case "time_limit":
        timeoutMs = Math.min(obligation.timeout_ms, timeoutMs ?? MAX_DURATION_MS);
        break;
      case "output":
        outputs.push(obligation);
        break;
      case "sandbox":
        if (isConfined(obligation.profile)) return { ok: false, unsupported: "sandbox" };
        break;
      default:
        return { ok: false, unsupported: (obligation satisfies never as { readonly type: string }).type };
    }
  }
  if (timeoutMs !== null && !host.abort) return { ok: false, unsupported: "time_limit" };
  if (timeoutMs === null && host.abort) timeoutMs = defaultTimeoutMs;
  const output = outputs.length === 0 ? null : strictest(outputs);
  if (output !== null && !host.replaceOutput) return { ok: false, unsupported: "output" };
  return { ok: true, duties: { rateLimits, approval, timeoutMs, output } };
}

/** `none` is the name of no confinement. */
function isConfined(profile: string | undefined): boolean {
  return profile !== undefined && profile !== "none";
}

function strictest(outputs: readonly OutputObligation[]): OutputLimits | null {
  const sizes = outputs.flatMap(({ max_bytes }) => max_bytes ?? []);
  const fields = outputs.flatMap(({ keep_fields }) => (keep_fields === undefined ? [] : [keep_fields]));
  if (sizes.length === 0 && fields.length === 0) return null;
  const common = fields.reduce((a, b) => a.filter((name) => b.includes(name)), fields[0] ?? []);
  return {
    maxBytes: sizes.length === 0 ? null : Math.min(...sizes),
    keepFields: fields.length === 0 ? null : new Set(common),
  };
}
