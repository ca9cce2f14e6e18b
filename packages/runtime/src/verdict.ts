import type {
  AppendReceipt,
  Decision,
  Effect,
  ExecutionStatus,
  JsonObject,
  PolicyMode,
  ReasonCode,
} from "@proclaw/core";

/** Decision metadata for the conversation: the adapter keeps it where the host keeps its history. */
export interface CallMeta {
  /** RFC 3339 time of the record named by `record`; null if nothing could be recorded. */
  readonly time: string | null;
  readonly call_id: string;
  readonly effect: Effect;
  readonly reason_code: ReasonCode;
  readonly mode: PolicyMode;
  /** Name of the determining rule. */
  readonly rule: string | null;
  /** `event_id` of the last record of this call; null if nothing could be recorded. */
  readonly record: string | null;
  readonly status: ExecutionStatus;
  readonly would_have?: { readonly effect: Effect; readonly reason_code: ReasonCode };
}

/** Leave to run one call once. Its decision is durable. Only the guard that made it can settle it. */
export interface Permit {
  readonly kind: "permit";
  readonly call_id: string;
  readonly tool: string;
  /** Frozen: exactly what was decided. */
  readonly args: JsonObject;
  readonly decision: Decision;
  readonly record: AppendReceipt;
  /** Null: the host cannot abort a tool, and nobody demanded a limit. */
  readonly timeoutMs: number | null;
  /** Aborted at the time limit, by the caller, or when the guard closes. */
  readonly signal: AbortSignal;
  readonly meta: CallMeta;
}

/** The call must not run. */
export interface Denial {
  readonly kind: "denial";
  readonly call_id: string;
  readonly decision: Decision;
  /** Null if the trail could not take the record. */
  readonly record: AppendReceipt | null;
  /** What the model is told: why, and that nothing ran. Holds no arguments. */
  readonly message: string;
  readonly meta: CallMeta;
}

export type Verdict = Permit | Denial;

/** What became of a permitted call. */
export type ToolOutcome =
  | { readonly status: "success"; readonly output: unknown }
  /** `output`: what the tool returned along with its failure; it is cleaned and limited like any other output. */
  | { readonly status: "error"; readonly error: unknown; readonly output?: unknown }
  /** Cut off at the time limit; in-process code may still run. */
  | { readonly status: "timeout" }
  /** Ended by force, and proven to be gone. */
  | { readonly status: "killed" }
  /** Nobody saw how it ended. */
  | { readonly status: "unobserved" }
  /** It did not run after all; the same call may be authorized again without taking from limits twice. */
  | {
      readonly status: "not_executed";
      /** Why the host did not run it, for the record: no arguments in it. */
      readonly reason?: string;
    };

/** What the host may hand on. */
export type Settlement =
  | {
      readonly kind: "released";
      /** For `success`, and `error` with an output: what may be returned; undefined for every other outcome. */
      readonly output: unknown;
      /** For `error`: what may be told of it, which is less than the error where outputs are limited or sanitized. */
      readonly error?: unknown;
      readonly record: AppendReceipt;
      readonly meta: CallMeta;
    }
  | {
      readonly kind: "withheld";
      readonly code: "outcome_unrecorded" | "output_withheld";
      /** What the model is told instead. */
      readonly message: string;
      readonly record: AppendReceipt | null;
      readonly meta: CallMeta;
    };

/** The second argument of a tool: what it may want to know of its run. */
export interface ToolRun {
  readonly call_id: string;
  /** Aborted at the time limit, by the caller, or when the guard closes. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}
