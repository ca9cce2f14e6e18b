import { ProclawError } from "@proclaw/core";
import type { AppendReceipt, Decision } from "@proclaw/core";
import type { CallMeta, Denial } from "./verdict.ts";

/** The call was decided and refused; nothing ran. Code `denied`. */
export class DeniedError extends ProclawError {
  readonly decision: Decision;
  /** Null if the trail could not take the record. */
  readonly record: AppendReceipt | null;
  readonly meta: CallMeta;

  constructor(denial: Denial) {
    super("denied", denial.message);
    this.decision = denial.decision;
    this.record = denial.record;
    this.meta = denial.meta;
  }
}

/** The tool itself failed; `cause` is what it threw, untouched. Code `tool_failed`. */
export class ToolFailedError extends ProclawError {
  readonly meta: CallMeta;

  constructor(tool: string, meta: CallMeta, cause: unknown) {
    super("tool_failed", `the tool \`${tool}\` failed`, { cause });
    this.meta = meta;
  }
}

/** The tool ran, but its result does not pass. Code `outcome_unrecorded`, `output_withheld` or `deadline_exceeded`. */
export class WithheldError extends ProclawError {
  readonly meta: CallMeta;

  constructor(code: "outcome_unrecorded" | "output_withheld" | "deadline_exceeded", message: string, meta: CallMeta) {
    super(code, message);
    this.meta = meta;
  }
}
