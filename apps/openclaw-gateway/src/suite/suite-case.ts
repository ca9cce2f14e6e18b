import type { Check } from "../cases/case.ts";

/** A call of a tool; `MARKER` in its arguments becomes the file that shows that the case's effect took place. */
export interface CaseCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Something that must, or must not, take place. The same case runs on two gateways that differ in
 * ProClaw alone, so that each `false` stands beside a `true` (or says that OpenClaw itself stops it).
 */
export interface SuiteCase {
  /** Letters and hyphens: also the last part of the session key, and the name of its row. */
  readonly id: string;
  /** What happens, in one line, for people. */
  readonly what: string;
  /** A turn of the agent whose model makes these calls, all in one answer, or one HTTP request. */
  readonly drive:
    | { readonly kind: "turn"; readonly calls: readonly CaseCall[]; readonly child?: readonly CaseCall[] }
    | { readonly kind: "invoke"; readonly call: CaseCall };
  /** `marker`: a file appears. `told`: this text reaches the model. */
  readonly effect: { readonly kind: "marker" } | { readonly kind: "told"; readonly text: string };
  /** Whether the effect takes place. */
  readonly takesPlace: { readonly without: boolean; readonly with: boolean };
  /** The records of the case in order: `tool effect` or `tool status`. */
  readonly trail: readonly string[];
  /** Words that the model, or who asked over HTTP, was told with ProClaw: says who stopped the call. */
  readonly told?: string;
  /** For the table: what happened to the effect, where yes or no says too little. */
  readonly remark?: string;
}

/** A row of the table in docs/openclaw.md. */
export interface CaseRow {
  readonly id: string;
  readonly what: string;
  readonly without: string;
  readonly with: string;
  readonly trail: string;
}

export interface CaseResult {
  readonly row: CaseRow;
  readonly checks: readonly Check[];
}
