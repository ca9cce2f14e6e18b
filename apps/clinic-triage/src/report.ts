import type { JsonObject } from "@proclaw/core";

/** One thing that had to come out in a certain way, and whether it did. */
export interface Check {
  readonly title: string;
  readonly ok: boolean;
  /** What happened, in one line. */
  readonly happened: string;
}

export interface StepResult extends Check {
  readonly call_id: string;
  /** Wall clock of the clinic, RFC 3339. */
  readonly now: string;
  readonly tool: string;
  readonly args: JsonObject;
  readonly expected: string;
  readonly got: string;
  /** The rule that decided, or null. */
  readonly rule: string | null;
  /** `event_id` of the last record of the call, or null. */
  readonly record: string | null;
  /** Whether the tool really ran. */
  readonly ran: boolean;
}

export interface DemoReport {
  readonly v: 1;
  readonly ok: boolean;
  readonly steps: readonly StepResult[];
  readonly checks: readonly Check[];
  readonly trail: { readonly folder: string; readonly key: string; readonly records: number; readonly level: string };
  readonly seconds: number;
  /** Resident memory of this process, MB. */
  readonly rss_mb: number;
}
